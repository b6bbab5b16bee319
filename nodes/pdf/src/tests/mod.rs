//! Tests against real files and real validators: certificates by `openssl`, PDFs by hand and by `qpdf`, judged by
//! `pdfsig` (poppler), `qpdf` and pyHanko.

mod certificates;
mod errors;
mod hostile;
mod oracles;
mod reserve;
mod signing;
pub mod validators;
mod verifying;
mod visible;
