//! Whether a root that is trusted vouches for the signer.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter};

use crate::asn1::oid;
use crate::certificate::Certificate;
use crate::revocation::links;

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

/// The way from a certificate to the root that vouches for it.
#[derive(Debug, Clone)]
pub struct Chain {
    /// From the signer's certificate to the one below the root.
    pub certificates: Vec<Vec<u8>>,
    pub root: Vec<u8>,
}

impl Chain {
    /// The root's name.
    pub fn anchor(&self) -> String {
        Certificate::parse(&self.root).map(|root| crate::certificate::holder(root.subject)).unwrap_or_default()
    }

    /// Each certificate below the root with its issuer.
    pub fn links(&self) -> impl Iterator<Item = (Certificate<'_>, Certificate<'_>)> {
        let issuers = self.certificates.iter().skip(1).chain([&self.root]);
        let pairs = self.certificates.iter().zip(issuers).filter(|(certificate, issuer)| certificate != issuer);
        pairs.filter_map(|(certificate, issuer)| {
            Some((Certificate::parse(certificate).ok()?, Certificate::parse(issuer).ok()?))
        })
    }
}

/// The chain from `signer` to one of `roots` that holds at the time `at`; none if there is none.
pub fn check(
    signer: &[u8],
    certificates: &[Vec<u8>],
    roots: &[Vec<u8>],
    at: Timestamp,
    time_stamp: bool,
) -> Option<Chain> {
    let own = Certificate::parse(signer).ok()?;
    // RFC 3161 2.3: an authority for time has to say so.
    if time_stamp && !links::has_purpose(&own, oid::PURPOSE_TIME_STAMPING) {
        return None;
    }
    // A certificate that was itself chosen as a root needs nobody above it.
    if roots.iter().any(|root| root == signer) {
        let holds = own.not_before <= at && at <= own.not_after;
        return holds.then(|| Chain { certificates: vec![signer.to_vec()], root: signer.to_vec() });
    }
    // webpki does not look at keyUsage. A signer's certificate that was chosen as a root vouches for itself alone.
    let may_issue = |der: &&Vec<u8>| Certificate::parse(der).is_ok_and(|root| root.may_issue());
    let root_ders: Vec<CertificateDer<'_>> = roots.iter().filter(may_issue).map(|der| der.as_slice().into()).collect();
    // Only those that could stand between the two: a file may bring thousands.
    let (root_ders, anchors): (Vec<_>, Vec<_>) =
        root_ders.iter().filter_map(|der| Some((der, webpki::anchor_from_trusted_cert(der).ok()?))).unzip();
    let between: Vec<CertificateDer<'_>> =
        between(&own, certificates).into_iter().map(|der| der.as_slice().into()).collect();
    let der = CertificateDer::from(signer);
    let end = EndEntityCert::try_from(&der).ok()?;
    let seconds = u64::try_from(at.as_second()).ok()?;
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
    // The anchor has no certificate of its own any more; its root is the one it was made from.
    let at = anchors.iter().position(|anchor| anchor == path.anchor())?;
    let root = root_ders.get(at)?;
    let mut all = vec![signer.to_vec()];
    all.extend(path.intermediate_certificates().map(|certificate| certificate.der().to_vec()));
    Some(Chain { certificates: all, root: root.to_vec() })
}

/// Whom `certificates` name above `signer`, step by step, each once, if they may issue certificates (RFC 5280 4.2.1.3).
fn between<'c>(signer: &Certificate<'_>, certificates: &'c [Vec<u8>]) -> Vec<&'c Vec<u8>> {
    const MOST: usize = 32;
    let parsed: Vec<_> = certificates.iter().filter_map(|der| Some((der, Certificate::parse(der).ok()?))).collect();
    let mut found: Vec<(&Vec<u8>, &Certificate<'_>)> = Vec::new();
    let mut at = 0;
    let mut below = Some(signer);
    while let Some(certificate) = below {
        for (der, above) in &parsed {
            let new = !found.iter().any(|(known, _)| known == der) && der.as_slice() != signer.der;
            let fits = certificate.names_issuer(above) && !above.is_self_issued() && above.may_issue();
            if found.len() < MOST && new && fits {
                found.push((der, above));
            }
        }
        below = found.get(at).map(|(_, certificate)| *certificate);
        at += 1;
    }
    found.into_iter().map(|(der, _)| der).collect()
}

/// Where the certificate of the next issuer may be, when none of `certificates` and `roots` is it.
pub fn missing(signer: &Certificate<'_>, certificates: &[Vec<u8>], roots: &[Vec<u8>]) -> Vec<String> {
    let above = between(signer, certificates);
    let tops = above.iter().filter_map(|der| Certificate::parse(der).ok());
    let known = |certificate: &Certificate<'_>| {
        let all = above.iter().copied().chain(roots);
        all.filter_map(|der| Certificate::parse(der).ok()).any(|other| certificate.names_issuer(&other))
    };
    let open = std::iter::once(signer.clone()).chain(tops).filter(|c| !c.is_self_issued() && !known(c));
    open.flat_map(|certificate| links::issuers(&certificate)).collect()
}
