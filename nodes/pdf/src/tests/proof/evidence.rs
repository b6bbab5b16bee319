//! What counts as evidence, and whose word: lists and answers without an end, and what keyUsage allows.

use jiff::Timestamp;

use super::{at, check, now, signed, vera};
use crate::testing::documents::plain;
use crate::testing::material::PASSWORD;
use crate::testing::pki::{days, pki};
use crate::tests::signing::options;
use crate::{Collector, Identity, Proofs, Status, VerifyOptions, Wanted, sign, verify};

/// Whether the evidence tells about the signer.
fn is_known(pdf: &[u8], options: &VerifyOptions) -> bool {
    !verify(pdf, options).unwrap().signatures[0].revocation.is_empty()
}

fn request(pdf: &[u8]) -> Vec<u8> {
    let wanted = verify(pdf, &at(now())).unwrap().wanted;
    let request = wanted.into_iter().find_map(|wanted| match wanted {
        Wanted::Ocsp { url, request } if url == "http://ocsp.example.org/" => Some(request),
        _ => None,
    });
    request.unwrap()
}

#[test]
fn evidence_without_an_end_counts_for_its_own_time() {
    let (now, pdf) = (now(), vera(true));
    let list = |crl| VerifyOptions { crls: vec![crl], ..at(now) };
    let answer = |ocsp| VerifyOptions { ocsps: vec![ocsp], ..at(now) };
    let request = request(&pdf);
    for (endless, ends) in [
        (list(pki().crl_without_end("middle", &[], now)), list(pki().crl("middle", &[], now))),
        (answer(pki().ocsp_without_end(&request, "responder", &[])), answer(pki().ocsp(&request, "responder", &[]))),
    ] {
        let later = |options: &VerifyOptions| VerifyOptions { now: now + days(1), ..options.clone() };
        assert!(is_known(&pdf, &endless) && is_known(&pdf, &ends));
        assert!(!is_known(&pdf, &later(&endless)), "without an end it counts for ever");
        assert!(is_known(&pdf, &later(&ends)));
    }
    // What was revoked stays so.
    let revoked = pki().crl_without_end("middle", &[("vera", now - days(1))], now);
    let options = VerifyOptions { crls: vec![revoked], ..at(now + days(1)) };
    check(&pdf, &options, Status::Indeterminate, "pdf_signer_revoked_unproven");
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_evidence_without_an_end_proves_what_was_before() {
    let now = now();
    let pdf = signed(&plain(), "T", "tsa", now - super::SECOND, &[], None);
    let options = |made: Timestamp| VerifyOptions {
        crls: vec![pki().crl_without_end("middle", &[], made)],
        ..at(now + days(400))
    };
    assert!(is_known(&pdf, &options(now)));
    assert!(!is_known(&pdf, &options(now - days(1))));
}

/// What is gathered for Vera's signature when these come from her authority.
fn gathered(later: Timestamp, ocsp: Result<Vec<u8>, String>, list: Result<Vec<u8>, String>) -> Proofs {
    let vera = Identity::from_pkcs12(&pki().pkcs12("vera", true), PASSWORD).unwrap();
    let signed = sign(&plain(), &vera, &options(None), now()).unwrap();
    let mut collector = Collector::new(&[&signed.contents], later);
    while let Some(fetch) = collector.next_fetch().unwrap() {
        let got = match fetch.url.as_str() {
            "http://ocsp.example.org/" => ocsp.clone(),
            "http://crl.example.org/middle.crl" => list.clone(),
            _ => Err("HTTP 404".into()),
        };
        collector.answer(got.as_deref().map_err(Clone::clone)).unwrap();
    }
    collector.proofs()
}

#[test]
fn evidence_without_an_end_is_gathered_while_it_is_fresh() {
    let now = now();
    let request = request(&vera(true));
    let answer = pki().ocsp_without_end(&request, "responder", &[]);
    let list = pki().crl_without_end("middle", &[], now);
    let none = || Err("HTTP 503".to_owned());
    let soon = now + jiff::SignedDuration::from_mins(2);
    assert_eq!(gathered(soon, Ok(answer.clone()), none()).ocsp.first(), Some(&answer));
    assert_eq!(gathered(soon, none(), Ok(list.clone())).crls.first(), Some(&list));
    let late = gathered(now + days(1), Ok(answer), Ok(list));
    assert!(late.ocsp.is_empty() && late.crls.is_empty());
    assert_eq!(format!("{:?}", late.problems).matches("out of date").count(), 2, "{:?}", late.problems);
}

/// A signature by `name`, whose certificate `above` has issued.
fn signature_of(name: &str, above: &str) -> (Vec<u8>, VerifyOptions) {
    let identity = Identity::from_pkcs12(&pki().pkcs12(name, false), PASSWORD).unwrap();
    let pdf = sign(&plain(), &identity, &options(None), now()).unwrap().pdf;
    (pdf, VerifyOptions { certificates: vec![pki().der(above)], ..at(now()) })
}

#[test]
fn who_may_not_issue_certificates_vouches_for_nobody() {
    let (pdf, options) = signature_of("xavier", "unrevoking");
    check(&pdf, &options, Status::Valid, "");
    let (pdf, options) = signature_of("wanda", "unissuing");
    check(&pdf, &options, Status::Indeterminate, "pdf_signer_untrusted");
    // A person whose certificate was chosen as a root is trusted, and nobody below.
    let (pdf, options) = signature_of("zeca", "vera");
    let chosen = VerifyOptions { roots: vec![pki().der("vera")], ..options };
    check(&pdf, &chosen, Status::Indeterminate, "pdf_signer_untrusted");
    check(&vera(true), &chosen, Status::Valid, "");
}

#[test]
fn who_may_not_sign_lists_revokes_nobody() {
    let (pdf, options) = signature_of("xavier", "unrevoking");
    let list = pki().crl("unrevoking", &[], now());
    assert!(!is_known(&pdf, &VerifyOptions { crls: vec![list], ..options }));
}

/// Neither counts as a proof when one is gathered.
#[test]
fn whose_word_does_not_count_is_not_gathered() {
    for (name, above, problem) in
        [("wanda", "unissuing", "pdf_chain_incomplete"), ("xavier", "unrevoking", "pdf_revocation_unavailable")]
    {
        let identity = Identity::from_pkcs12(&pki().pkcs12(name, false), PASSWORD).unwrap();
        let signed = sign(&plain(), &identity, &options(None), now()).unwrap();
        let list = pki().crl(above, &[], now());
        let mut collector = Collector::new(&[&signed.contents], now() + super::SECOND);
        while let Some(fetch) = collector.next_fetch().unwrap() {
            let got = match fetch.url.as_str() {
                "http://ca.example.org/middle.der" => Ok(pki().der(above)),
                "http://crl.example.org/middle.crl" => Ok(list.clone()),
                _ => Err("HTTP 404".to_owned()),
            };
            collector.answer(got.as_deref().map_err(Clone::clone)).unwrap();
        }
        let proofs = collector.proofs();
        assert!(proofs.crls.is_empty(), "{name}");
        assert_eq!(proofs.problems[0].code(), problem, "{name}: {:?}", proofs.problems);
    }
}
