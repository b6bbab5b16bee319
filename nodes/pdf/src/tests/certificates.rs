//! Opening certificate files.

use crate::asn1::{self, Tlv};
use crate::testing::material::{PASSWORD, ana, material};
use crate::{Error, Identity, RawSigner};

#[track_caller]
fn opens(file: &[u8], password: &str) {
    let identity = Identity::from_pkcs12(file, password).unwrap();
    assert_eq!(identity.summary().name, "Ana Conceição");
    assert_eq!(identity.chain(), [material().der("authority"), material().der("root")]);
    assert_eq!(Identity::from_pkcs12(file, "errada").unwrap_err(), Error::WrongCertificatePassword);
}

/// What programs of different ages write.
const WAYS: &[&[&str]] = &[
    &[],
    &["-macalg", "sha1"],
    &["-macalg", "sha512"],
    &["-legacy"],
    &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE"],
    &["-keypbe", "AES-128-CBC", "-certpbe", "AES-256-CBC"],
    &["-nomac"],
    &["-nomac", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
];

#[test]
fn every_way_of_protecting_opens() {
    for way in WAYS {
        opens(&material().pkcs12("ana", way), PASSWORD);
    }
}

#[test]
fn empty_and_accented_passwords_open() {
    for password in ["", "çãé ü", "пароль"] {
        opens(&material().pkcs12_with("ana", password, &[]), password);
        opens(&material().pkcs12_with("ana", password, &["-legacy"]), password);
    }
}

/// Old programs took the UTF-8 bytes of a password for letters.
#[test]
fn a_password_spelled_by_its_bytes_opens() {
    let bytes_as_letters: String = "ação".bytes().map(char::from).collect();
    let file = material().pkcs12_with("ana", &bytes_as_letters, &["-legacy"]);
    opens(&file, "ação");
}

#[test]
fn unprotected_opens_with_any_password() {
    let file = material().pkcs12("ana", &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"]);
    Identity::from_pkcs12(&file, "").unwrap();
    Identity::from_pkcs12(&file, "anything").unwrap();
}

/// Rewrites DER with indefinite lengths throughout, and strings cut in pieces of up to 100 bytes.
pub fn to_ber(element: Tlv<'_>) -> Vec<u8> {
    if element.tag & 0x20 != 0 {
        let inner: Vec<u8> = element.children().flat_map(to_ber).collect();
        return [&[element.tag, 0x80], &inner[..], &[0, 0]].concat();
    }
    if (element.tag == asn1::OCTET_STRING || element.tag == 0x80) && element.content.len() > 100 {
        let pieces: Vec<u8> =
            element.content.chunks(100).flat_map(|piece| asn1::tlv(asn1::OCTET_STRING, piece)).collect();
        return [&[element.tag | 0x20, 0x80], &pieces[..], &[0, 0]].concat();
    }
    element.raw.to_vec()
}

/// The two programs that write BER: NSS cuts the outside only, BouncyCastle also what the data holds.
#[test]
fn ber_opens() {
    for way in WAYS {
        let der = material().pkcs12("ana", way);
        let ber = to_ber(Tlv::parse(&der).unwrap());
        assert_ne!(ber, der);
        assert_eq!(asn1::to_der(&ber).unwrap(), der);
        opens(&ber, PASSWORD);
    }
    let file = material().pkcs12("ana", &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"]);
    Identity::from_pkcs12(&nested_ber(&file), "").unwrap();
}

/// BER also inside the OCTET STRINGs of a file without MAC.
fn nested_ber(file: &[u8]) -> Vec<u8> {
    fn inside(element: Tlv<'_>) -> Vec<u8> {
        if element.tag == asn1::OCTET_STRING
            && let Ok(inner) = Tlv::parse(element.content)
            && inner.tag == asn1::SEQUENCE
            && inner.children().count() > 0
            && inner.children().all(|child| child.tag == asn1::SEQUENCE)
        {
            let changed = inside(inner);
            return to_ber(Tlv::parse(&asn1::tlv(asn1::OCTET_STRING, &changed)).unwrap());
        }
        if element.tag & 0x20 == 0 {
            return element.raw.to_vec();
        }
        let inner: Vec<u8> = element.children().flat_map(inside).collect();
        [&[element.tag, 0x80], &inner[..], &[0, 0]].concat()
    }
    inside(Tlv::parse(file).unwrap())
}

#[test]
fn what_is_wrong_is_told_apart() {
    let check = |file: &[u8], expected: Error| {
        assert_eq!(Identity::from_pkcs12(file, PASSWORD).unwrap_err(), expected);
    };
    let good = material().pkcs12("ana", &[]);
    check(b"", Error::NotACertificateFile);
    check(b"-----BEGIN CERTIFICATE-----", Error::NotACertificateFile);
    check(&material().der("ana"), Error::NotACertificateFile);
    check(&good[..good.len() / 2], Error::CertificateFileDamaged);
    check(&good[..40], Error::CertificateFileDamaged);
    check(&vec![0x30; 2 << 20], Error::CertificateFileTooLarge { bytes: 2 << 20, limit: 1 << 20 });
    check(&material().pkcs12("ana", &["-nokeys"]), Error::NoPrivateKey);
    check(&material().pkcs12("ana", &["-nocerts"]), Error::NoMatchingCertificate);
    check(&material().pkcs12("small", &[]), Error::WeakKey { bits: 1024 });
    check(&material().pkcs12("edward", &[]), Error::UnsupportedKey);
    check(&material().pkcs12("ana", &["-legacy", "-certpbe", "PBE-SHA1-RC4-128"]), Error::CertificateFileUnsupported);
}

#[test]
fn a_changed_byte_in_the_content_is_a_wrong_password_to_the_mac() {
    let mut file = material().pkcs12("ana", &[]);
    let middle = file.len() / 2;
    file[middle] ^= 1;
    assert!(Identity::from_pkcs12(&file, PASSWORD).is_err());
}

#[test]
fn the_summary_says_who_it_is() {
    let ana = ana().summary();
    assert_eq!(
        (ana.name.as_str(), ana.cpf.as_deref(), ana.cnpj.as_deref(), ana.issuer.as_str(), ana.key.as_str()),
        ("Ana Conceição", Some("12345678909"), None, "Autoridade de Teste", "RSA 2048")
    );
    assert!(ana.icp_brasil && !ana.seal && ana.not_before < ana.not_after && !ana.serial.is_empty());

    let company = Identity::from_pkcs12(&material().pkcs12("company", &[]), PASSWORD).unwrap().summary();
    assert_eq!(
        (company.name.as_str(), company.cpf.as_deref(), company.cnpj.as_deref()),
        ("Empresa Ltda", Some("98765432100"), Some("12345678000195"))
    );
    assert!(company.icp_brasil && company.seal);
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", ana());
    assert_eq!(shown, "Identity { name: \"Ana Conceição\", key: \"***\", .. }");
}
