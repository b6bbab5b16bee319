//! What certificates say about themselves that revocation needs: addresses, purposes, kind.

use crate::asn1::{self, Tlv, oid};
use crate::certificate::Certificate;

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

/// A `GeneralName` that is an address.
const URI: u8 = 0x86;
/// More addresses of a kind than this are of no use.
const MOST: usize = 4;

pub fn is_authority(certificate: &Certificate<'_>) -> bool {
    let value = certificate.extension(BASIC_CONSTRAINTS).and_then(|value| Tlv::parse(value).ok());
    value.is_some_and(|value| value.children().next().is_some_and(|ca| ca.tag == asn1::BOOLEAN && ca.content != [0]))
}

/// Whether extendedKeyUsage names `purpose`.
pub fn has_purpose(certificate: &Certificate<'_>, purpose: &[u8]) -> bool {
    let value = certificate.extension(oid::EXTENDED_KEY_USAGE).and_then(|value| Tlv::parse(value).ok());
    value.is_some_and(|list| list.children().any(|kind| kind.content == purpose))
}

/// The addresses in a DistributionPointName.
pub fn full_names<'a>(name: Tlv<'a>) -> Vec<&'a [u8]> {
    name.children()
        .filter(|name| name.tag == 0xa0)
        .flat_map(|names| names.children())
        .filter(|name| name.tag == URI)
        .map(|name| name.content)
        .collect()
}

/// The addresses of the lists that the certificate would be on.
pub fn crl_points<'a>(certificate: &Certificate<'a>) -> Vec<&'a [u8]> {
    let value = certificate.extension(oid::CRL_DISTRIBUTION_POINTS).and_then(|value| Tlv::parse(value).ok());
    let points = value.into_iter().flat_map(|list| list.children());
    let names = points.filter_map(|point| point.children().optional(0xa0).ok().flatten());
    names.flat_map(full_names).collect()
}

pub fn crl(certificate: &Certificate<'_>) -> Vec<String> {
    urls(crl_points(certificate))
}

pub fn ocsp(certificate: &Certificate<'_>) -> Vec<String> {
    access(certificate, oid::ACCESS_OCSP)
}

/// Where the issuer's certificate is.
pub fn issuers(certificate: &Certificate<'_>) -> Vec<String> {
    access(certificate, oid::ACCESS_ISSUER)
}

fn access(certificate: &Certificate<'_>, method: &[u8]) -> Vec<String> {
    let value = certificate.extension(oid::AUTHORITY_INFORMATION).and_then(|value| Tlv::parse(value).ok());
    let entries = value.into_iter().flat_map(|list| list.children());
    let found = entries.filter_map(|entry| {
        let mut parts = entry.children();
        let kind = parts.expect(asn1::OID).ok()?.content;
        let place = parts.expect(URI).ok()?.content;
        (kind == method).then_some(place)
    });
    urls(found.collect())
}

fn urls(found: Vec<&[u8]>) -> Vec<String> {
    let text = found.into_iter().filter_map(|url| std::str::from_utf8(url).ok());
    text.filter(|url| url.len() <= 2000 && (url.starts_with("http://") || url.starts_with("https://")))
        .take(MOST)
        .map(str::to_owned)
        .collect()
}

/// Whether this is an OCSP responder that needs no check of its own (RFC 6960 4.2.2.2.1).
pub fn is_exempt_from_checks(certificate: &Certificate<'_>) -> bool {
    certificate.extension(oid::OCSP_NO_CHECK).is_some()
}
