//! What a certificate says about who issued it and where that can be asked.

use super::Certificate;
use crate::algorithm::Digest;
use crate::asn1::{self, Reader, Tlv, oid};

/// `uniformResourceIdentifier` of a GeneralName (RFC 5280 4.2.1.6).
const URI: u8 = 0x86;
/// Addresses of one kind that are followed; more are an attack.
const MAX_URLS: usize = 8;

impl<'a> Certificate<'a> {
    /// Whether the holder of `issuer` issued this one, by name and by signature.
    pub fn issued_by(&self, issuer: &Certificate<'_>) -> bool {
        let check = || {
            let mut outer = Tlv::parse(self.der).ok()?.children();
            let (signed, algorithm, signature) = (outer.one().ok()?, outer.one().ok()?, outer.one().ok()?);
            let signature = signature.bit_string().ok()?;
            // Every algorithm of certificates names its digest.
            issuer.key.verify(algorithm, Digest::Sha256, signed.raw, signature).ok()
        };
        self.names_issuer(issuer) && check().is_some()
    }

    /// Whether extendedKeyUsage names `purpose` (RFC 5280 4.2.1.12).
    pub fn has_purpose(&self, purpose: &[u8]) -> bool {
        let list = self.extension(oid::EXTENDED_KEY_USAGE).and_then(|value| Tlv::parse(value).ok());
        list.is_some_and(|list| list.children().any(|kind| kind.tag == asn1::OID && kind.content == purpose))
    }

    /// An OCSP responder that needs no check of its own (RFC 6960 4.2.2.2.1).
    pub fn is_exempt_from_checks(&self) -> bool {
        self.extension(oid::OCSP_NO_CHECK).is_some()
    }

    /// Where OCSP answers (RFC 5280 4.2.2.1).
    pub fn ocsp_urls(&self) -> Vec<String> {
        self.access(oid::ACCESS_OCSP)
    }

    /// Where the issuer's certificate is.
    pub fn issuer_urls(&self) -> Vec<String> {
        self.access(oid::ACCESS_ISSUER)
    }

    fn access(&self, method: &[u8]) -> Vec<String> {
        let list = self.extension(oid::AUTHORITY_INFORMATION).and_then(|value| Tlv::parse(value).ok());
        let places = list.into_iter().flat_map(Tlv::children).filter_map(|access| {
            let mut parts = access.children();
            (parts.expect(asn1::OID).ok()?.content == method).then_some(parts.one().ok()?)
        });
        web(places)
    }

    /// Where revocation lists are (RFC 5280 4.2.1.13).
    pub fn crl_urls(&self) -> Vec<String> {
        let list = self.extension(oid::CRL_DISTRIBUTION_POINTS).and_then(|value| Tlv::parse(value).ok());
        let names = list.into_iter().flat_map(Tlv::children).filter_map(|point| {
            let name = point.children().optional(0xa0).ok()??;
            name.children().optional(0xa0).ok()?
        });
        web(names.flat_map(|full| Reader(full.content)))
    }
}

/// The http and https addresses among the names; LDAP is not spoken.
fn web<'a>(names: impl Iterator<Item = Tlv<'a>>) -> Vec<String> {
    let urls = names.filter(|name| name.tag == URI).filter_map(|name| std::str::from_utf8(name.content).ok());
    let is_web = |url: &&str| {
        let scheme = url.split(':').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    };
    urls.filter(is_web).take(MAX_URLS).map(str::to_owned).collect()
}
