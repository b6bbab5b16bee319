//! Tests against real files and real validators: certificates by `openssl`, PDFs by hand and by `qpdf`, judged by
//! `pdfsig` (poppler), `qpdf` and pyHanko.

mod attacks;
mod certificates;
mod errors;
mod formats;
mod hostile;
mod levels;
mod many;
mod oracles;
mod proof;
mod reserve;
mod signing;
mod two_steps;
pub mod validators;
mod verifying;
mod visible;
