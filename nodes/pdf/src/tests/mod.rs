//! Tests against real files and real validators: certificates by `openssl`, PDFs by hand and by `qpdf`, judged by
//! `pdfsig` (poppler), `qpdf` and pyHanko.

mod after;
mod again;
mod attacks;
mod baseline;
mod cases;
mod certificates;
mod corpus;
mod encrypted;
mod errors;
mod european;
mod findings;
mod formats;
mod hostile;
mod keystores;
mod levels;
mod many;
mod oracles;
mod pdfa;
mod proof;
mod reserve;
mod seeds;
mod signing;
mod times;
#[cfg(feature = "pkcs11")]
mod tokens;
mod two_steps;
pub mod validators;
mod verifying;
mod visible;
mod weak;
