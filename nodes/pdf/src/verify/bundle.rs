//! Certificates as authorities publish them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

const MOST: usize = 64;

/// The certificates (DER) in what an authority's address gives: one certificate, or a PKCS#7 bundle
/// (`.p7b`, `.p7c`; RFC 5652 5), in DER or PEM. None in anything else.
pub fn certificates_in(bytes: &[u8]) -> Vec<Vec<u8>> {
    let der = pem(bytes, "CERTIFICATE").or_else(|| pem(bytes, "PKCS7"));
    let bytes = der.as_deref().unwrap_or(bytes);
    if Certificate::parse(bytes).is_ok() {
        return vec![bytes.to_vec()];
    }
    let Ok(der) = asn1::to_der(bytes) else { return Vec::new() };
    let Ok(found) = bundle(&der) else { return Vec::new() };
    found.into_iter().filter(|der| Certificate::parse(der).is_ok()).take(MOST).map(<[u8]>::to_vec).collect()
}

fn bundle(der: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut outer = Tlv::parse_prefix(der)?.expect(asn1::SEQUENCE)?.children();
    if outer.expect(asn1::OID)?.content != oid::SIGNED_DATA {
        return Err(Malformed);
    }
    let mut data = outer.expect(0xa0)?.children().expect(asn1::SEQUENCE)?.children();
    data.expect(asn1::INTEGER)?;
    data.expect(asn1::SET)?;
    data.expect(asn1::SEQUENCE)?;
    Ok(data.expect(0xa0)?.children().map(|certificate| certificate.raw).collect())
}

/// The first block of a PEM text with this label (RFC 7468).
pub(crate) fn pem(bytes: &[u8], label: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once("-----END ")?;
    let letters: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(letters).ok().filter(|der| Tlv::parse(der).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::material::{material, run};

    #[test]
    fn certificates_and_bundles() {
        let (root, authority) = (material().der("root"), material().der("authority"));
        assert_eq!(certificates_in(&root).as_slice(), std::slice::from_ref(&root));
        let (out, pem) = (material().scratch(), material().path("authority.pem"));
        let more = material().path("root.pem");
        let out = out.to_str().unwrap();
        let arguments = ["crl2pkcs7", "-nocrl", "-certfile", &pem, "-certfile", &more, "-outform", "DER", "-out", out];
        run("openssl", &arguments);
        let mut found = certificates_in(&std::fs::read(out).unwrap());
        found.sort();
        let mut expected = vec![root, authority];
        expected.sort();
        assert_eq!(found, expected);
        assert!(certificates_in(b"<html>not found</html>").is_empty());
    }
}
