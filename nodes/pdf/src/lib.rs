//! Signing and verifying PDFs (PAdES), as a library of its own: bytes in, bytes out. Nothing here
//! knows of items, flows, files, clocks or the network.
//!
//! - [`sign`] appends a signature to a PDF. The input's bytes stay as they are, and every result has
//!   passed a check by reading it again before it is returned.
//! - [`prepare`] and [`Prepared::finish`] are the two halves of signing, for a key that is elsewhere
//!   and may answer days later, and for time stamps ([`StampRequest`]).
//! - [`Collector`] gathers proofs that certificates were not revoked, [`add_proofs`] puts them into
//!   the file (B-LT), and [`prepare_time_stamp`] stamps the whole of it (B-LTA). What is to be sent
//!   and what came back passes through the caller: nothing is sent from here.
//! - [`verify`] says about each signature what holds and what does not, and calls nothing valid
//!   that it does not understand. [`signed_by`] finds a certificate's signature over the document as it is.
//! - [`info`] tells what a PDF is; [`tools`] merge, split, read, fill and stamp.
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
mod dss;
mod error;
mod field;
mod identity;
mod increment;
mod info;
mod options;
mod page;
mod policy;
mod read;
mod revocation;
mod sign;
pub mod tools;
mod trust;
mod tsp;
mod verify;

#[cfg(any(test, feature = "testing"))]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use algorithm::{PublicKey, SignatureAlgorithm};
pub use certificate::{Certificate, CertificateSummary};
pub use dss::add_proofs;
pub use error::{Error, Lang, LevelError, TokenError};
pub use identity::{Certified, Identity, MAX_CERTIFICATE_FILE, RawSigner};
#[cfg(feature = "pkcs11")]
pub use identity::{Token, TokenOptions};
pub use info::{FieldInfo, Info, info};
pub use options::{Arrangement, Certify, Corner, Format, Lock, Page, Place, Reserve, Secret, SignOptions, Visible};
pub use policy::Policy;
pub use read::Limits;
pub use revocation::{Collector, Fetch, Proofs};
pub use sign::{Prepared, PreparedStamp, Signed, StampOptions, Warning, prepare, prepare_time_stamp, sign};
pub use trust::icp_brasil;
pub use tsp::{MAX_STAMP, STAMP_QUERY, STAMP_REPLY, Stamp, StampRequest};
pub use verify::{
    ChainLink, Changes, Coverage, Finding, Integrity, Level, NamedPolicy, Proof, Report, Revocation, RevocationKind,
    Severity, SignatureReport, Source, StampReport, Standing, Status, VerifyOptions, Wanted, certificates_in,
    signed_by, signed_revision, verify,
};
