//! Signing and verifying PDFs (PAdES), as a library of its own: bytes in, bytes out. Nothing here
//! knows of items, flows, files, clocks or the network.
//!
//! - [`sign`] appends a signature to a PDF. The input's bytes stay as they are, and every result has
//!   passed a check by reading it again before it is returned.
//! - [`verify`] says about each signature what holds and what does not, and calls nothing valid
//!   that it does not understand.
//! - [`info`] tells what a PDF is.
//! - [`Identity`] is a certificate with its key from a PKCS#12 file; [`RawSigner`] is the same for
//!   keys that live elsewhere.
//!
//! Any bytes may be passed anywhere: the answer is a result or an [`Error`] that tells a person what
//! to do. Sizes are bounded by [`Limits`].
//!
//! How the parts hang together: `read` gives the file and its objects, `field` the form, `page` and
//! `appearance` the visible box, `increment` the bytes of the update, `cms` the signature, `sign`
//! puts them in order; `verify` reads all of it back.

mod algorithm;
mod appearance;
mod asn1;
mod certificate;
mod cms;
mod error;
mod field;
mod identity;
mod increment;
mod info;
mod options;
mod page;
mod read;
mod sign;
mod verify;

#[cfg(any(test, feature = "testing"))]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use algorithm::{PublicKey, SignatureAlgorithm};
pub use certificate::{Certificate, CertificateSummary};
pub use error::{Error, Lang, TokenError};
pub use identity::{Identity, MAX_CERTIFICATE_FILE, RawSigner};
#[cfg(feature = "pkcs11")]
pub use identity::{Token, TokenOptions};
pub use info::{FieldInfo, Info, info};
pub use options::{Certify, Corner, Format, Page, Place, Secret, SignOptions, Visible};
pub use read::Limits;
pub use sign::{Signed, Warning, sign};
pub use verify::{Coverage, Finding, Integrity, Report, Severity, SignatureReport, Status, VerifyOptions, verify};
