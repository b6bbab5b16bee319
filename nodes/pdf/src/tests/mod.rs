//! Tests against real files and real validators: certificates by `openssl`, PDFs by hand and by `qpdf`, judged by
//! `pdfsig` (poppler), `qpdf` and pyHanko.

mod certificates;
mod corpus;
mod encrypted;
mod errors;
mod european;
mod hostile;
mod keystores;
mod oracles;
mod pdfa;
mod seeds;
mod signing;
#[cfg(feature = "pkcs11")]
mod tokens;
mod validators;
mod verifying;
mod visible;
