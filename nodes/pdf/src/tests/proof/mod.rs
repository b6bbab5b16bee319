//! Time-stamps, revocation and levels: certificates, lists and answers by `openssl`, signatures by pyHanko.

mod evidence;

use std::process::Command;

use jiff::Timestamp;

use super::signing::options;
use crate::read::find;
use crate::testing::documents::plain;
use crate::testing::material::PASSWORD;
use crate::testing::pki::{days, pki};
use crate::{
    Identity, Integrity, Level, Policy, Proof, Report, RevocationKind, SignOptions, SignatureReport, Source, Standing,
    Status, VerifyOptions, Wanted, sign, verify,
};

/// After the certificates are made, or they would not be valid yet.
fn now() -> Timestamp {
    pki();
    Timestamp::now()
}

fn at(now: Timestamp) -> VerifyOptions {
    VerifyOptions { roots: vec![pki().der("top")], ..VerifyOptions::at(now) }
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.signatures.iter().flat_map(|s| &s.findings).chain(&report.findings).map(|f| f.code).collect()
}

#[track_caller]
fn check(pdf: &[u8], options: &VerifyOptions, status: Status, code: &str) -> SignatureReport {
    let report = verify(pdf, options).unwrap();
    assert_eq!(report.status, status, "{report:#?}");
    assert!(code.is_empty() || codes(&report).contains(&code), "no {code} in {:?}", codes(&report));
    report.signatures.into_iter().next().unwrap()
}

/// Vera's own signature, without a time-stamp.
fn vera(with_above: bool) -> Vec<u8> {
    let vera = Identity::from_pkcs12(&pki().pkcs12("vera", with_above), PASSWORD).unwrap();
    sign(&plain(), &vera, &options(None), now()).unwrap().pdf
}

/// Vera's signature at a PAdES level, made by pyHanko, with a time-stamp of `at`.
fn signed(pdf: &[u8], level: &str, tsa: &str, at: Timestamp, crls: &[Vec<u8>], policy: Option<&str>) -> Vec<u8> {
    let write = |bytes: &[u8]| {
        let path = pki().scratch();
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let out = pki().scratch();
    let job = serde_json::json!({
        "pdf": write(pdf),
        "out": out,
        "pfx": write(&pki().pkcs12("vera", true)),
        "password": PASSWORD,
        "level": level,
        "certificates": [pki().path("middle.pem")],
        "roots": [pki().path("top.pem")],
        "crls": crls.iter().map(|crl| write(crl)).collect::<Vec<_>>(),
        "tsa": {"certificate": pki().path(&format!("{tsa}.pem")), "key": pki().path(&format!("{tsa}.key")), "time": at.to_string()},
        "policy": policy,
    });
    let program = std::env::var("FLUXO_TEST_PYHANKO").unwrap_or_else(|_| "pyhanko".into());
    let python = std::path::Path::new(&program).with_file_name("python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/proof/levels.py");
    let output = Command::new(python).args(["-P", script, &job.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(out).unwrap()
}

fn lists(revoked: &[(&str, Timestamp)]) -> Vec<Vec<u8>> {
    let now = now();
    vec![pki().crl("middle", revoked, now), pki().crl("top", revoked, now)]
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_time_stamps_prove_the_time() {
    let now = now();
    let pdf = signed(&plain(), "T", "tsa", now, &[], None);
    let signature = check(&pdf, &at(now + days(1)), Status::Valid, "");
    assert_eq!(signature.level, Some(Level::Time));
    assert_eq!(signature.proven_by, Some(Proof::SignatureTimeStamp));
    assert_eq!(signature.proven_time.map(Timestamp::as_second), Some(now.as_second()));
    let stamp = &signature.time_stamps[0];
    assert_eq!((stamp.trusted, stamp.authority.as_deref()), (Some(true), Some("Carimbo")));

    // Vera's certificate has expired, and the signature is older.
    check(&pdf, &at(now + days(400)), Status::Valid, "");
    let without = vera(true);
    check(&without, &at(now + days(400)), Status::Indeterminate, "pdf_signer_expired");
    // The authority for time has expired as well.
    check(&pdf, &at(now + days(4000)), Status::Indeterminate, "pdf_time_stamp_untrusted");

    // Whose certificate is not for time-stamps proves no time.
    let pdf = signed(&plain(), "T", "notsa", now, &[], None);
    let signature = check(&pdf, &at(now + days(400)), Status::Indeterminate, "pdf_time_stamp_untrusted");
    assert_eq!((signature.proven_time, signature.level), (None, Some(Level::Basic)));
    // A time to come is attested by nobody.
    let pdf = signed(&plain(), "T", "tsa", now + days(20), &[], None);
    let signature = check(&pdf, &at(now + days(1)), Status::Valid, "pdf_time_not_proven");
    assert_eq!(signature.proven_time, None);
}

/// The time-stamp of another signature, and one that was changed.
#[test]
fn pyhanko_needs_cargo_xtask_setup_and_time_stamps_belong_to_their_signature() {
    let now = now();
    let pdf = signed(&plain(), "T", "tsa", now, &[], None);
    let start = find(&pdf, b"/Contents <").unwrap() + 11;
    let end = start + pdf[start..].iter().position(|b| *b == b'>').unwrap();
    let hex = String::from_utf8(pdf[start..end].to_vec()).unwrap().to_lowercase();
    // The imprint stands behind the OID of SHA-256 in the TSTInfo.
    let info = hex.find("060b2a864886f70d0109100104").unwrap();
    let imprint = info + hex[info..].find("0420").unwrap() + 4;
    let mut changed = hex.into_bytes();
    changed[imprint] = if changed[imprint] == b'0' { b'1' } else { b'0' };
    let mut forged = pdf.clone();
    forged[start..end].copy_from_slice(&changed);
    let signature = check(&forged, &at(now), Status::Indeterminate, "pdf_time_stamp_broken");
    assert_eq!((signature.integrity, signature.time_stamps[0].integrity), (Integrity::Intact, Integrity::Broken));
    assert_eq!((signature.proven_time, signature.level), (None, Some(Level::Basic)));
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_levels_for_the_long_term() {
    let now = now();
    let strict = |now| VerifyOptions { require_revocation: true, ..at(now) };
    let pdf = signed(&plain(), "LT", "tsa", now, &lists(&[]), None);
    let signature = check(&pdf, &strict(now), Status::Valid, "");
    assert_eq!(signature.level, Some(Level::LongTerm), "{signature:#?}");
    let word = &signature.revocation[0];
    assert_eq!((word.standing, word.kind, word.source), (Standing::Good, RevocationKind::Crl, Source::Document));
    assert_eq!(signature.chain.iter().map(|link| link.name.as_str()).collect::<Vec<_>>(), ["Vera", "Meio", "Topo"]);
    check(&pdf, &strict(now + days(400)), Status::Valid, "");

    let pdf = signed(&plain(), "LTA", "tsa", now, &lists(&[]), None);
    check(&pdf, &strict(now), Status::Valid, "");
    // The archive's time-stamp itself has nothing newer that tells of its authority.
    check(&pdf, &strict(now + days(400)), Status::Indeterminate, "pdf_revocation_unknown");
    let report = verify(&pdf, &at(now + days(400))).unwrap();
    assert_eq!(report.status, Status::Valid, "{report:#?}");
    assert_eq!(report.signatures.len(), 2);
    let (signature, stamp) = (&report.signatures[0], &report.signatures[1]);
    assert_eq!(signature.level, Some(Level::Archive));
    assert!(stamp.time_stamp && stamp.level.is_none());
    assert_eq!(stamp.proven_by, Some(Proof::DocumentTimeStamp));
    assert!(!report.unsigned_changes);

    // Without a time-stamp, and without lists, it stays open.
    check(&vera(true), &strict(now), Status::Indeterminate, "pdf_revocation_unknown");
    check(&vera(true), &at(now), Status::Valid, "pdf_revocation_not_checked");
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_the_time_of_revocation_counts() {
    let now = now();
    let check_with = |pdf: &[u8], revoked: &[(&str, Timestamp)], status, code: &str| {
        let options = VerifyOptions { crls: lists(revoked), ..at(now) };
        let signature = check(pdf, &options, status, code);
        assert!(signature.revocation.iter().all(|word| word.source == Source::Fetched));
    };
    let stamped = signed(&plain(), "T", "tsa", now - SECOND, &[], None);
    let bare = vera(true);
    check_with(&stamped, &[], Status::Valid, "");
    check_with(&stamped, &[("vera", now - days(1))], Status::Invalid, "pdf_signer_revoked");
    check_with(&stamped, &[("vera", now)], Status::Valid, "pdf_signer_revoked_later");
    check_with(&bare, &[("vera", now - days(1))], Status::Indeterminate, "pdf_signer_revoked_unproven");
    check_with(&bare, &[("middle", now - days(1))], Status::Indeterminate, "pdf_authority_revoked");
    // An authority for time whose certificate was revoked proves nothing.
    check_with(&stamped, &[("tsa", now - days(1))], Status::Valid, "pdf_time_stamp_untrusted");
}

const SECOND: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

#[test]
fn lists_have_to_be_current_and_signed_by_the_issuer() {
    let (now, pdf) = (now(), vera(true));
    let check = |crl: Vec<u8>, known: bool| {
        let options = VerifyOptions { crls: vec![crl], ..at(now) };
        let report = verify(&pdf, &options).unwrap();
        assert_eq!(!report.signatures[0].revocation.is_empty(), known);
    };
    check(pki().crl("middle", &[], now), true);
    check(pki().crl("middle", &[], now - days(10)), false);
    check(pki().crl("middle", &[], now + days(1)), false);
    check(pki().crl("top", &[("vera", now)], now), true);
    let mut forged = pki().crl("middle", &[], now);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    check(forged, false);
    check(b"0\x03\x02\x01\x01".to_vec(), false);
}

/// What is asked for is what responders understand, and their answers are believed when they may answer.
#[test]
fn answers_of_responders() {
    let (now, pdf) = (now(), vera(true));
    let wanted = verify(&pdf, &at(now)).unwrap().wanted;
    assert!(wanted.contains(&Wanted::Crl { url: "http://crl.example.org/middle.crl".into() }), "{wanted:?}");
    let request = wanted.iter().find_map(|wanted| match wanted {
        Wanted::Ocsp { url, request } if url == "http://ocsp.example.org/" => Some(request.clone()),
        _ => None,
    });
    let request = request.unwrap();
    for (by, revoked, expected) in [
        ("responder", false, Some(Standing::Good)),
        ("middle", false, Some(Standing::Good)),
        ("responder", true, Some(Standing::Revoked)),
        // It was not appointed by the issuer of the certificate.
        ("vera", false, None),
        ("notsa", false, None),
    ] {
        let revoked: &[_] = if revoked { &[("vera", now - days(1))] } else { &[] };
        let options = VerifyOptions { ocsps: vec![pki().ocsp(&request, by, revoked)], ..at(now) };
        let signature = verify(&pdf, &options).unwrap().signatures.remove(0);
        let word = signature.revocation.first().map(|word| (word.standing, word.kind));
        assert_eq!(word, expected.map(|standing| (standing, RevocationKind::Ocsp)), "{by}");
    }
}

#[test]
fn a_missing_authority_is_asked_for_and_completes_the_chain() {
    let (now, pdf) = (now(), vera(false));
    let report = verify(&pdf, &at(now)).unwrap();
    assert_eq!(report.status, Status::Indeterminate);
    assert_eq!(report.wanted, [Wanted::Issuer { url: "http://ca.example.org/middle.der".into() }]);
    let options = VerifyOptions { certificates: vec![pki().der("middle")], ..at(now) };
    let signature = check(&pdf, &options, Status::Valid, "");
    assert_eq!((signature.trusted, signature.icp_brasil), (Some(true), false));
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_policies_are_told() {
    let now = now();
    // The hash is not that of the published policy.
    let pdf = signed(&plain(), "B", "tsa", now, &[], Some("2.16.76.1.7.1.11.1.3"));
    let policy = check(&pdf, &at(now), Status::Indeterminate, "pdf_policy_differs").policy.unwrap();
    assert_eq!((policy.oid.as_str(), policy.name.as_deref()), ("2.16.76.1.7.1.11.1.3", Some("AD-RB 1.3")));
    assert_eq!((policy.digest_algorithm.as_deref(), policy.as_published), (Some("SHA-256"), Some(false)));
    assert!(policy.digest.unwrap().starts_with("000102030405"));
    assert_eq!(policy.url.as_deref(), Some("http://politicas.icpbrasil.gov.br/PA.der"));
    // A policy that is not ICP-Brasil's.
    let pdf = signed(&plain(), "B", "tsa", now, &[], Some("2.16.724.1.3.1.1.2.1.9"));
    let policy = check(&pdf, &at(now), Status::Valid, "pdf_policy_unknown").policy.unwrap();
    assert_eq!((policy.name, policy.as_published), (None, None));
    // Our own name it as it is published.
    let vera = Identity::from_pkcs12(&pki().pkcs12("vera", true), PASSWORD).unwrap();
    for (chosen, name) in [(Policy::AdRb, "AD-RB 1.3"), (Policy::AdRbStrict, "AD-RB 1.3")] {
        let pdf =
            sign(&plain(), &vera, &SignOptions { policy: chosen, ..options(None) }, Timestamp::now()).unwrap().pdf;
        let report = check(&pdf, &at(now), Status::Valid, "");
        let policy = report.policy.unwrap();
        assert_eq!((policy.name.as_deref(), policy.as_published), (Some(name), Some(true)));
        assert!(!report.findings.iter().any(|finding| finding.code.starts_with("pdf_policy")));
    }
}
