//! Time stamps, proofs and document time stamps, with `openssl` as the authority.

use super::signing::options;
use super::validators;
use crate::testing::authority::{TSA_POLICY, authority, now};
use crate::testing::documents::{all_kinds, plain};
use crate::testing::material::{ana, material};
use crate::{
    Certified, Certify, Collector, Error, Fetch, Format, LevelError, Limits, Policy, Proofs, RawSigner, Secret,
    SignOptions, Signed, StampOptions, StampRequest, add_proofs, prepare, prepare_time_stamp, sign,
};

pub const ROOM: usize = 16 << 10;

fn nonce() -> [u8; 8] {
    let mut nonce = [0; 8];
    aws_lc_rs::rand::fill(&mut nonce).unwrap();
    nonce
}

fn root() -> Vec<Vec<u8>> {
    vec![authority().der("root")]
}

pub fn stamp(data: &[&[u8]]) -> Vec<u8> {
    let request = StampRequest::new(data, nonce(), "").unwrap();
    request.token(&authority().time_stamp(&request.bytes()), &root()).unwrap().token
}

/// B-T.
pub fn stamped(input: &[u8], signer: &dyn RawSigner, options: &SignOptions) -> Signed {
    let options = SignOptions { room: ROOM, ..options.clone() };
    let prepared = prepare(input, &Certified::of(signer), &options, now()).unwrap();
    let signature = signer.sign(prepared.to_sign()).unwrap();
    let token = stamp(&[&signature]);
    prepared.finish(&signature, Some(&token)).unwrap()
}

pub fn collect(contents: &[u8], mut answer: impl FnMut(&Fetch) -> Result<Vec<u8>, String>) -> Result<Proofs, Error> {
    let later = now() + jiff::SignedDuration::from_secs(1);
    let mut collector = Collector::new(&[contents], later);
    while let Some(fetch) = collector.next_fetch()? {
        let got = answer(&fetch);
        collector.answer(got.as_deref().map_err(Clone::clone))?;
    }
    Ok(collector.proofs())
}

pub fn ask(fetch: &Fetch) -> Result<Vec<u8>, String> {
    let body = fetch.post.as_ref().map_or(&[][..], |(body, _)| body);
    authority().answer(&fetch.url, body).ok_or_else(|| "HTTP 404".into())
}

/// B-LT.
pub fn proven(signed: &Signed, password: Option<&Secret>) -> Vec<u8> {
    let proofs = collect(&signed.contents, ask).unwrap();
    assert_eq!(proofs.problems, []);
    add_proofs(&signed.pdf, &proofs, &[&signed.contents], password, &Limits::default()).unwrap()
}

/// B-LTA.
pub fn archived(pdf: &[u8], password: Option<&Secret>) -> Vec<u8> {
    let options = StampOptions { pdf_password: password.cloned(), room: ROOM, limits: Limits::default() };
    let prepared = prepare_time_stamp(pdf, &options).unwrap();
    let token = stamp(&prepared.to_stamp());
    prepared.finish(&token).unwrap().pdf
}

#[test]
fn a_stamped_signature_is_valid_and_holds_its_token() {
    let eva = authority().identity("eva");
    let signed = stamped(&plain(), &eva, &options(None));
    validators::pdfsig(&signed.pdf, 1, None);
    let data = crate::cms::SignedData::parse(&signed.contents).unwrap();
    let token = material().file(data.time_stamp().unwrap().raw);
    let said = crate::testing::material::run(
        "openssl",
        &["ts", "-reply", "-in", crate::testing::material::text(&token), "-token_in", "-text"],
    );
    assert!(said.contains("Policy OID: tsa_policy1"), "{said}");
}

#[test]
fn every_kind_of_file_reaches_the_highest_level() {
    let eva = authority().identity("eva");
    for (kind, input, password) in all_kinds() {
        println!("{kind}");
        let secret = password.map(|p| Secret(p.into()));
        let signed = stamped(&input, &eva, &options(password));
        let proven = proven(&signed, secret.as_ref());
        assert!(proven.starts_with(&signed.pdf));
        let archived = archived(&proven, secret.as_ref());
        assert!(archived.starts_with(&proven));
        validators::pdfsig(&archived, 1, password);
        let repaired_by_others = ["hybrid", "bytes before the header", "stale entry"];
        if !repaired_by_others.contains(&kind) {
            validators::qpdf(&archived, password);
        }
    }
}

/// A certification allows proofs and document time stamps whatever its level.
#[test]
fn a_certified_document_is_proven_and_stamped() {
    let eva = authority().identity("eva");
    for certification in [Certify::NoChanges, Certify::FormsAndSigning] {
        let signed = stamped(&plain(), &eva, &SignOptions { certification, ..options(None) });
        let archived = archived(&proven(&signed, None), None);
        validators::pdfsig(&archived, 1, None);
        validators::ades(&archived, "lta", None);
    }
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_finds_each_level() {
    let eva = authority().identity("eva");
    let signed = stamped(&plain(), &eva, &options(None));
    validators::ades(&signed.pdf, "t", None);
    let proven = proven(&signed, None);
    validators::ades(&proven, "lt", None);
    validators::ades(&archived(&proven, None), "lta", None);
    // Without OCSP, and with an issuer that has to be found: lists alone.
    let fabio = authority().identity("fabio");
    let signed = stamped(&plain(), &fabio, &options(None));
    let proven = self::proven(&signed, None);
    validators::ades(&proven, "lt", None);
}

/// What is in an encrypted file's store is encrypted too.
#[test]
fn pyhanko_needs_cargo_xtask_setup_and_reads_the_proofs_of_encrypted_files() {
    let eva = authority().identity("eva");
    // pyHanko asks that `/Encrypt` is a reference.
    let readable = |kind: &str| !kind.contains("in the trailer");
    let kinds = all_kinds().into_iter().filter(|(kind, _, password)| password.is_some() && readable(kind));
    for (kind, input, password) in kinds {
        println!("{kind}");
        let secret = password.map(|p| Secret(p.into()));
        let signed = stamped(&input, &eva, &options(password));
        validators::ades(&archived(&proven(&signed, secret.as_ref()), secret.as_ref()), "lta", password);
    }
}

/// Answers with changed bytes: no panic, no revocation out of nothing, and no changed list counts. (Of an OCSP answer, the
/// certificates beside the signed part may change without harm.)
#[test]
fn changed_answers_prove_nothing() {
    let signed = sign(&plain(), &authority().identity("eva"), &options(None), now()).unwrap();
    let mut originals = std::collections::HashMap::new();
    collect(&signed.contents, |fetch| {
        let got = ask(fetch)?;
        originals.insert(fetch.url.clone(), got.clone());
        Ok(got)
    })
    .unwrap();
    let list = ask(&Fetch { url: "http://pki.test/ca.crl".into(), post: None, limit: 0 }).unwrap();
    for round in 0..400_usize {
        let change = |mut got: Vec<u8>| {
            let at = round * 7919 % got.len();
            match round % 3 {
                0 => got[at] ^= 1 << (round % 8),
                1 => got.truncate(at),
                _ => got[at] = 0x84,
            }
            got
        };
        let proofs = collect(&signed.contents, |fetch| {
            if fetch.url.ends_with("/ocsp") && round % 2 == 0 {
                return Err("down".into());
            }
            let original = originals.get(&fetch.url).unwrap_or(&list);
            let is_proof = fetch.url.ends_with("/ocsp") || fetch.url.ends_with("ca.crl");
            Ok(if is_proof { change(original.clone()) } else { original.clone() })
        });
        let Ok(proofs) = proofs else { panic!("round {round}: a change made a revocation") };
        let whole = |crl: &Vec<u8>| *crl == list || originals.values().any(|original| original == crl);
        assert!(proofs.crls.iter().all(whole), "round {round}: a changed list counted");
    }
}

/// A second signature's proofs go into the same store, and what is there already is not repeated.
#[test]
fn proofs_of_two_signatures_share_a_store() {
    let eva = authority().identity("eva");
    let first = stamped(&plain(), &eva, &options(None));
    let proven_once = proven(&first, None);
    let second = stamped(&proven_once, &authority().identity("fabio"), &options(None));
    let both = proven(&second, None);
    let pdf = crate::read::Pdf::load(&both, None, &Limits::default()).unwrap();
    let dss = pdf.dictionary(pdf.catalog().unwrap(), b"DSS").unwrap();
    assert_eq!(pdf.dictionary(dss, b"VRI").unwrap().len(), 2);
    // root, authority, clock, responder, Eva and Fábio
    assert_eq!(pdf.array(dss, b"Certs").unwrap().len(), 6);
    assert_eq!(pdf.array(dss, b"CRLs").unwrap().len(), 2);
    validators::pdfsig(&both, 2, None);
    validators::ades(&both, "lt", None);
}

#[test]
fn what_is_fetched_is_bounded() {
    let eva = authority().identity("eva");
    let signed = stamped(&plain(), &eva, &options(None));
    let mut asked = Vec::new();
    let proofs = collect(&signed.contents, |fetch| {
        asked.push(fetch.url.clone());
        Ok(vec![0x30; fetch.limit + 1])
    })
    .unwrap();
    assert!(asked.len() < 20, "{asked:?}");
    assert!(!proofs.problems.is_empty() && proofs.ocsp.is_empty() && proofs.crls.is_empty());
    assert!(proofs.problems[0].to_string().contains("too large"), "{:?}", proofs.problems);
    assert!(!asked.iter().any(|url| url.starts_with("ldap")), "{asked:?}");
}

#[test]
fn revoked_certificates_are_found_by_ocsp_and_by_list() {
    for (name, holder) in [("gil", "Gil Revogado"), ("gal", "Gal Revogada")] {
        let signed = stamped(&plain(), &authority().identity(name), &options(None));
        let error = collect(&signed.contents, ask).unwrap_err();
        assert!(matches!(&error, Error::Level(LevelError::Revoked { name, .. }) if name == holder), "{error:?}");
        assert!(error.to_string().contains("2026-01-02"), "{error}");
        check(&error, "pdf_certificate_revoked");
    }
}

#[test]
fn what_cannot_be_proven_is_told() {
    let hugo = stamped(&plain(), &authority().identity("hugo"), &options(None));
    let problems = collect(&hugo.contents, ask).unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    check(&problems[0], "pdf_revocation_unavailable");
    // OCSP is down: the list does.
    let eva = stamped(&plain(), &authority().identity("eva"), &options(None));
    let without = |fetch: &Fetch| if fetch.post.is_some() { Err("HTTP 503".into()) } else { ask(fetch) };
    let proofs = collect(&eva.contents, without).unwrap();
    assert!(proofs.problems.is_empty() && proofs.ocsp.is_empty() && proofs.crls.len() == 2, "{:?}", proofs.problems);
    // Nothing answers.
    let problems = collect(&eva.contents, |_| Err("HTTP 503".into())).unwrap().problems;
    assert!(problems.iter().any(|p| p.to_string().contains("OCSP http://pki.test/ocsp: HTTP 503")), "{problems:?}");
    // Alone with its certificate, and the issuer is nowhere.
    let signed = sign(&plain(), &authority().identity("fabio"), &options(None), now()).unwrap();
    let problems = collect(&signed.contents, |_| Err("HTTP 404".into())).unwrap().problems;
    check(&problems[0], "pdf_chain_incomplete");
}

/// An answer for another certificate, an old one, a forged one: none is a proof.
#[test]
fn proofs_are_checked_before_they_count() {
    let eva = sign(&plain(), &authority().identity("eva"), &options(None), now()).unwrap();
    let mut others = None;
    let _ =
        collect(&sign(&plain(), &authority().identity("clock"), &options(None), now()).unwrap().contents, |fetch| {
            let got = ask(fetch);
            if fetch.post.is_some() {
                others = Some(got.clone().unwrap());
            }
            got
        });
    let problems = |change: &dyn Fn(&Fetch, Vec<u8>) -> Vec<u8>| {
        let proofs = collect(&eva.contents, |fetch| ask(fetch).map(|got| change(fetch, got))).unwrap();
        assert!(proofs.ocsp.is_empty() && proofs.crls.len() < 2, "a proof counted that is none");
        format!("{:?}", proofs.problems)
    };
    let others = others.unwrap();
    let said = problems(&|fetch, got| {
        if fetch.post.is_some() {
            others.clone()
        } else if fetch.url.ends_with("ca.crl") {
            b"x".to_vec()
        } else {
            got
        }
    });
    assert!(said.contains("other certificate") && said.contains("unreadable"), "{said}");
    let flip = |fetch: &Fetch, mut got: Vec<u8>| {
        if !fetch.url.ends_with(".der") {
            let at = if fetch.post.is_some() {
                got.windows(2).position(|w| w == [0x80, 0x00]).unwrap_or(60)
            } else {
                got.len() - 5
            };
            got[at] ^= 1;
        }
        got
    };
    let said = problems(&flip);
    assert!(said.contains("signature") || said.contains("unreadable"), "{said}");
    // Signed with a hash that anybody can forge.
    let weak = |fetch: &Fetch, got: Vec<u8>| match &fetch.post {
        Some((body, _)) => authority().ocsp_with(body, "sha1"),
        None if fetch.url.ends_with("ca.crl") => b"x".to_vec(),
        None => got,
    };
    let said = problems(&weak);
    assert!(said.contains("OCSP http://pki.test/ocsp: signature"), "{said}");
    // A list of another authority.
    let root_list = authority().answer("http://pki.test/root.crl", &[]).unwrap();
    let said = problems(&|fetch, got| {
        if fetch.post.is_some() {
            vec![0x30, 3, 0x0a, 1, 6]
        } else if fetch.url.ends_with(".crl") {
            root_list.clone()
        } else {
            got
        }
    });
    assert!(said.contains("unauthorized") && said.contains("other issuer"), "{said}");
    // In two years all of them are out of date.
    let mut late = Collector::new(&[&eva.contents], now() + jiff::SignedDuration::from_hours(24 * 50));
    while let Some(fetch) = late.next_fetch().unwrap() {
        late.answer(ask(&fetch).as_deref().map_err(Clone::clone)).unwrap();
    }
    assert!(format!("{:?}", late.proofs().problems).contains("out of date"));
}

#[test]
fn tokens_are_checked() {
    let data: &[&[u8]] = &[b"what is stamped"];
    let fixed = nonce();
    let request = StampRequest::new(data, fixed, "").unwrap();
    let answer = authority().time_stamp(&request.bytes());
    let good = request.token(&answer, &root()).unwrap();
    assert_eq!(good.authority, "Carimbo de Teste");
    assert!((good.at - now()).get_seconds().abs() < 3600 || good.at > now());
    assert!(request.token(&answer, &[]).is_ok(), "without roots nobody is asked for trust");

    let fails = |answer: &[u8], roots: &[Vec<u8>], code: &str| {
        let error = request.token(answer, roots).unwrap_err();
        check(&error, code);
        error
    };
    fails(&answer, &[material().der("root")], "pdf_tsa_untrusted");
    let other = StampRequest::new(&[b"something else"], fixed, "").unwrap();
    fails(&authority().time_stamp(&other.bytes()), &root(), "pdf_tsa_imprint");
    let other = StampRequest::new(data, nonce(), "").unwrap();
    fails(&authority().time_stamp(&other.bytes()), &root(), "pdf_tsa_nonce");
    fails(b"<html>not found</html>", &root(), "pdf_tsa_unreadable");
    fails(&[], &root(), "pdf_tsa_unreadable");
    fails(&vec![0x30; 1 << 20], &root(), "pdf_tsa_unreadable");
    // The signature at its end.
    let mut forged = answer.clone();
    let end = forged.len() - 1;
    forged[end] ^= 1;
    fails(&forged, &root(), "pdf_tsa_broken");
    // The time in it.
    let mut forged = answer.clone();
    let at = forged.windows(3).position(|w| w == [0x18, 0x0f, b'2']).unwrap();
    forged[at + 4] ^= 1;
    fails(&forged, &root(), "pdf_tsa_broken");
    // Without the certificate that was asked for: the request as it is without its last element.
    let mut bytes = request.bytes();
    bytes.truncate(bytes.len() - 3);
    bytes[1] -= 3;
    fails(&authority().time_stamp(&bytes), &root(), "pdf_tsa_certificate");
    // Every cut and many changes: an error, never a panic or another stamp.
    for at in 0..answer.len() {
        assert!(request.token(&answer[..at], &root()).is_err());
        let mut changed = answer.clone();
        changed[at] ^= 0x41;
        if let Ok(stamp) = request.token(&changed, &root()) {
            assert_eq!(stamp.at, good.at, "{at}");
        }
    }
}

#[test]
fn policies_of_the_authority() {
    let ask = |policy: &str| {
        let request = StampRequest::new(&[b"x"], nonce(), policy).unwrap();
        request.token(&authority().time_stamp(&request.bytes()), &root())
    };
    ask(TSA_POLICY).unwrap();
    let error = ask("1.2.3.4.999").unwrap_err();
    check(&error, "pdf_tsa_refused");
    assert!(error.to_string().contains("unacceptedPolicy"), "{error}");
    for wrong in ["1", "3.1", "1.40", "a.b", "1..2", "1.2.99999999999999999999"] {
        check(&StampRequest::new(&[b"x"], nonce(), wrong).unwrap_err(), "pdf_tsa_policy");
    }
    // Asked for one, got another.
    let fixed = nonce();
    let asked = StampRequest::new(&[b"x"], fixed, TSA_POLICY).unwrap();
    let other = StampRequest::new(&[b"x"], fixed, "").unwrap();
    check(&asked.token(&authority().time_stamp(&other.bytes()), &[]).unwrap_err(), "pdf_tsa_policy");
}

#[test]
fn a_token_that_does_not_fit_says_how_much_it_needs() {
    let eva = authority().identity("eva");
    let options = SignOptions { room: 10, ..options(None) };
    let prepared = prepare(&plain(), &Certified::of(&eva), &options, now()).unwrap();
    let signature = eva.sign(prepared.to_sign()).unwrap();
    let token = [&stamp(&[&signature])[..], &[0; 4000]].concat();
    let error = prepared.finish(&signature, Some(&token)).unwrap_err();
    check(&error, "pdf_signature_no_room");
    assert!(matches!(error, Error::Level(LevelError::NoRoom { needed, room }) if needed > room));
}

/// A store that is larger than any that is one.
#[test]
fn more_proofs_than_a_file_may_hold() {
    use crate::testing::documents::{assemble, pages};
    let full = |entries: usize| assemble(&pages(1, "", &format!("/DSS <</Certs [{}]>>", "4 0 R ".repeat(entries))));
    let add = |pdf: &[u8]| add_proofs(pdf, &Proofs::default(), &[], None, &Limits::default());
    assert!(add(&full(10_000)).is_ok());
    check(&add(&full(10_001)).unwrap_err(), "pdf_revocation_too_large");
}

/// A code, and a sentence in both languages.
#[track_caller]
pub fn check(error: &Error, code: &str) {
    use crate::Lang;
    assert_eq!(error.code(), code, "{error}");
    for lang in [Lang::En, Lang::PtBr] {
        let message = error.message(lang);
        assert!(message.ends_with('.') && message.contains(". "), "two sentences: {message}");
    }
    assert_ne!(error.message(Lang::En), error.message(Lang::PtBr));
}

#[test]
fn policies_name_themselves_and_drop_the_reason() {
    let policy = |policy| SignOptions { policy, ..options(None) };
    for (chosen, strict) in [(Policy::AdRb, false), (Policy::AdRbStrict, true)] {
        let signed = sign(&plain(), ana(), &policy(chosen), now()).unwrap();
        let codes: Vec<_> = signed.warnings.iter().map(|w| w.code()).collect();
        assert_eq!(codes, ["pdf_policy_without_reason"]);
        assert!(crate::read::find(&signed.pdf, b"/Reason").is_none());
        assert_eq!(crate::read::find(&signed.pdf, b"/PBAD.PAdES").is_some(), strict);
        validators::openssl(&signed.pdf);
        validators::pyhanko(&signed.pdf, None);
        if !strict {
            validators::pdfsig(&signed.pdf, 1, None);
        }
        let shown = validators::cms_text(&signed.contents);
        assert!(shown.contains("2.16.76.1.7.1.11.1.3") && shown.contains("PA_PAdES_AD_RB_v1_3.der"), "{shown}");
        assert!(shown.contains("23E4BE4B9B362172"), "{shown}");
        assert!(!shown.contains("signingTime"), "{shown}");
    }
    let quiet = sign(&plain(), ana(), &SignOptions { reason: String::new(), ..policy(Policy::AdRb) }, now()).unwrap();
    assert_eq!(quiet.warnings, []);
    for chosen in [Policy::AdRt, Policy::AdRtStrict] {
        check(&sign(&plain(), ana(), &policy(chosen), now()).unwrap_err(), "pdf_policy_needs_time_stamp");
        let options = SignOptions { room: ROOM, ..policy(chosen) };
        check(&sign(&plain(), ana(), &options, now()).unwrap_err(), "pdf_policy_needs_time_stamp");
        let signed = stamped(&plain(), &authority().identity("eva"), &options);
        let shown = validators::cms_text(&signed.contents);
        assert!(shown.contains("2.16.76.1.7.1.12.1.3") && shown.contains("21D6E8D9F85E5626"), "{shown}");
    }
    let adobe = SignOptions { format: Format::Adobe, ..policy(Policy::AdRb) };
    check(&sign(&plain(), ana(), &adobe, now()).unwrap_err(), "pdf_policy_format");
}

/// ICP-Brasil's policies list neither RSA nor ECDSA with SHA-384, and are meant for ICP-Brasil's certificates.
#[test]
fn what_a_policy_asks_of_certificates() {
    use crate::Identity;
    use crate::testing::material::PASSWORD;
    let identity = |name: &str| Identity::from_pkcs12(&material().pkcs12(name, &[]), PASSWORD).unwrap();
    let (carla, davi) = (identity("carla"), identity("davi"));
    let policy = |policy| SignOptions { policy, reason: String::new(), ..options(None) };
    for chosen in [Policy::AdRb, Policy::AdRbStrict] {
        let error = sign(&plain(), &carla, &policy(chosen), now()).unwrap_err();
        check(&error, "pdf_policy_algorithm");
        assert!(error.to_string().contains("ECDSA-SHA384"), "{error}");
        // A P-521 key signs with SHA-512.
        let signed = sign(&plain(), &davi, &policy(chosen), now()).unwrap();
        let codes: Vec<_> = signed.warnings.iter().map(|warning| warning.code()).collect();
        assert_eq!(codes, ["pdf_policy_outside_icp_brasil"]);
        let [english, portuguese] = [crate::Lang::En, crate::Lang::PtBr].map(|lang| signed.warnings[0].message(lang));
        assert!(english.contains("ICP-Brasil certificate") && portuguese.contains("certificado ICP-Brasil"));
        assert_eq!(sign(&plain(), ana(), &policy(chosen), now()).unwrap().warnings, []);
    }
    assert_eq!(sign(&plain(), &carla, &policy(Policy::None), now()).unwrap().warnings, []);
}
