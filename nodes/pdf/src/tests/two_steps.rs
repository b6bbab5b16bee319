//! Signing in two steps, with `openssl` as the key elsewhere.

use super::levels::check;
use super::signing::options;
use super::validators;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{ana, material, now, run, text};
use crate::{
    Certified, Error, Limits, Prepared, RawSigner, Secret, SignOptions, SignatureAlgorithm, Visible, prepare, sign,
    verify,
};

/// The signature over a digest by a key that this program never sees.
fn elsewhere(name: &str, digest: &[u8]) -> Vec<u8> {
    let (key, digest, out) = (material().path(&format!("{name}.key")), material().file(digest), material().scratch());
    let hash = match digest.metadata().unwrap().len() {
        32 => "digest:sha256",
        48 => "digest:sha384",
        _ => "digest:sha512",
    };
    let what = ["-in", text(&digest), "-out", text(&out), "-inkey", &key, "-pkeyopt", hash];
    run("openssl", &[&["pkeyutl", "-sign"], &what[..]].concat());
    std::fs::read(out).unwrap()
}

fn certified(name: &str) -> Certified {
    Certified::from_certificates(&material().der(name), &[material().der("root"), material().der("authority")]).unwrap()
}

#[test]
fn a_key_elsewhere_signs_days_later() {
    for (name, algorithm, above) in [
        ("ana", SignatureAlgorithm::RsaSha256, 2),
        ("bruno", SignatureAlgorithm::EcdsaP256Sha256, 1),
        ("carla", SignatureAlgorithm::EcdsaP384Sha384, 1),
        ("davi", SignatureAlgorithm::EcdsaP521Sha512, 1),
    ] {
        let signer = certified(name);
        assert_eq!((signer.algorithm, signer.chain.len()), (algorithm, above));
        let show = SignOptions { visible: Some(Visible::default()), ..options(None) };
        let prepared = prepare(&plain(), &signer, &show, now()).unwrap();
        let (digest, attributes) = (prepared.digest(), prepared.to_sign().to_vec());
        assert_eq!(digest, algorithm.digest().of(&[&attributes]));
        let file = prepared.into_file().unwrap();
        validators::qpdf(&file, None);

        // Nothing but the file and the signature is left.
        let signature = elsewhere(name, &digest);
        let again = Prepared::reopen(file, None, &Limits::default()).unwrap();
        assert_eq!((again.digest(), again.to_sign()), (digest, &attributes[..]));
        again.check(&signature).unwrap();
        let signed = again.finish(&signature, None).unwrap();
        assert_eq!(signed.field, "Signature1");
        validators::pdfsig(&signed.pdf, 1, None);
        validators::openssl(&signed.pdf);
        validators::pyhanko(&signed.pdf, None);
    }
}

#[test]
fn every_kind_of_file_waits() {
    for (kind, input, password) in all_kinds() {
        println!("{kind}");
        let file = prepare(&input, &certified("ana"), &options(password), now()).unwrap().into_file().unwrap();
        assert!(file.starts_with(&input));
        let again = Prepared::reopen(file, password.map(|p| Secret(p.into())), &Limits::default()).unwrap();
        let signature = ana().sign(again.to_sign()).unwrap();
        validators::pdfsig(&again.finish(&signature, None).unwrap().pdf, 1, password);
    }
}

/// Both ways give the same file.
#[test]
fn at_once_and_in_two_steps_are_the_same() {
    let at_once = sign(&form(), ana(), &options(None), now()).unwrap();
    let prepared = prepare(&form(), &Certified::of(ana()), &options(None), now()).unwrap();
    let again = Prepared::reopen(prepared.into_file().unwrap(), None, &Limits::default()).unwrap();
    let signature = ana().sign(again.to_sign()).unwrap();
    assert_eq!(again.finish(&signature, None).unwrap().pdf, at_once.pdf);
}

#[test]
fn what_does_not_wait_is_refused() {
    let reopen = |file: Vec<u8>| Prepared::reopen(file, None, &Limits::default()).unwrap_err();
    check(&reopen(plain()), "pdf_not_prepared");
    check(&reopen(form()), "pdf_not_prepared");
    let finished = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    check(&reopen(finished), "pdf_not_prepared");
    let waiting = || prepare(&plain(), &certified("ana"), &options(None), now()).unwrap().into_file().unwrap();
    // Changed meanwhile, before and after the signature's place.
    let mut changed = waiting();
    let at = changed.windows(6).position(|w| w == b"Page 1").unwrap();
    changed[at + 5] = b'9';
    check(&reopen(changed), "pdf_not_prepared");
    check(&reopen([&waiting()[..], b"\n%more\n"].concat()), "pdf_not_prepared");
    assert_eq!(reopen(b"hello".to_vec()), Error::NotAPdf);

    let again = || Prepared::reopen(waiting(), None, &Limits::default()).unwrap();
    let other = elsewhere("company", &again().digest());
    check(&again().check(&other).unwrap_err(), "pdf_raw_signature_wrong");
    check(&again().check(&[]).unwrap_err(), "pdf_raw_signature_wrong");
    assert_eq!(again().finish(&other, None).unwrap_err().code(), "pdf_check_failed");
    assert!(again().finish(&vec![1; 100_000], None).unwrap_err().code() == "pdf_signature_no_room");
}

#[test]
fn keys_elsewhere_are_judged_by_their_certificates() {
    let of = |der: &[u8]| Certified::from_certificates(der, &[]).unwrap_err().code();
    assert_eq!(of(&material().der("small")), "pdf_weak_key");
    assert_eq!(of(&material().der("edward")), "pdf_unsupported_key");
    assert_eq!(of(b"no certificate"), "pdf_certificate_file_damaged");
    let encipher = Certified::from_certificates(&material().der("encipher"), &[]).unwrap();
    let error = prepare(&plain(), &encipher, &options(None), now()).unwrap_err();
    assert_eq!(error.code(), "pdf_certificate_key_usage");
}

/// A waiting signature is nothing that anybody may call valid.
#[test]
fn a_waiting_signature_is_not_valid() {
    let file = prepare(&plain(), &certified("ana"), &options(None), now()).unwrap().into_file().unwrap();
    let report = verify(&file, &crate::VerifyOptions::at(now())).unwrap();
    assert_eq!(report.status, crate::Status::Invalid);
}
