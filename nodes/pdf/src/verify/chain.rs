//! Whether a root that is trusted vouches for the signer.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter};

/// Purposes (extendedKeyUsage) that signing documents is covered by, as OID content.
const SIGNING: [&[u8]; 7] = [
    &[0x55, 0x1d, 0x25, 0x00],                                     // any
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],             // client authentication (ICP-Brasil)
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04],             // email protection
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x24],             // document signing, RFC 9336
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 0x01, 0x01, 0x05],       // Adobe authentic documents
    &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x03, 0x0c], // Microsoft document signing
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03],             // code signing, seen in practice
];
const TIME_STAMPING: [&[u8]; 1] = [&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08]];

/// The certificate may say nothing about purposes, or has to say one of these.
struct Purposes(&'static [&'static [u8]]);

impl ExtendedKeyUsageValidator for Purposes {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let (mut any, mut fits) = (false, false);
        for purpose in purposes {
            let purpose = purpose?;
            any = true;
            fits |= self.0.iter().any(|accepted| purpose == KeyPurposeId::new(accepted));
        }
        if fits || !any { Ok(()) } else { Err(webpki::Error::InvalidCertValidity) }
    }
}

/// The name of the root that vouches for `signer` at `now`; none if none does.
pub fn check(
    signer: &[u8],
    certificates: &[Vec<u8>],
    roots: &[Vec<u8>],
    now: Timestamp,
    time_stamp: bool,
) -> Option<String> {
    // A certificate that was itself chosen as a root needs nobody above it.
    if roots.iter().any(|root| root == signer) {
        let own = super::Certificate::parse(signer).ok()?;
        return (own.not_before <= now && now <= own.not_after).then(|| own.summary().name);
    }
    let root_ders: Vec<CertificateDer<'_>> = roots.iter().map(|der| der.as_slice().into()).collect();
    let anchors: Vec<_> = root_ders.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let between: Vec<CertificateDer<'_>> =
        certificates.iter().filter(|der| *der != signer).map(|der| der.as_slice().into()).collect();
    let der = CertificateDer::from(signer);
    let end = EndEntityCert::try_from(&der).ok()?;
    let seconds = u64::try_from(now.as_second()).ok()?;
    let path = end
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &between,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            Purposes(if time_stamp { &TIME_STAMPING } else { &SIGNING }),
            None,
            None,
        )
        .ok()?;
    let key = path.anchor().subject_public_key_info.as_ref();
    let subject = path.anchor().subject.as_ref();
    // The anchor has no certificate of its own any more; its root is the one it was made from.
    roots
        .iter()
        .filter_map(|root| super::Certificate::parse(root).ok())
        .find(|root| root.subject.content == subject && root.der.windows(key.len()).any(|window| window == key))
        .map(|root| crate::certificate::holder(root.subject))
}
