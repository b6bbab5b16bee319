//! Judged by the EU's DSS, which says which level of the standard a signature keeps.

use super::levels::{archived, proven, stamped};
use super::signing::options;
use super::validators::{Revocation, dss, dss_with};
use crate::testing::authority::{self, authority};
use crate::testing::documents::{all_kinds, form, form_with, plain, qpdf};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::testing::pictures;
use crate::{Certify, Format, Identity, Page, Policy, RawSigner, Secret, SignOptions, Visible, sign};

#[test]
fn dss_passes_baseline_b_of_every_kind_of_file_and_key() {
    let show = SignOptions { visible: Some(Visible::default()), ..options(None) };
    let certify = SignOptions { certification: Certify::FormsAndSigning, ..options(None) };
    let fill = SignOptions { field: "Approval".into(), ..options(None) };
    let streams = qpdf(&plain(), &["--object-streams=generate"]);
    let linearized = qpdf(&plain(), &["--linearize"]);
    let mut signed = Vec::new();
    for (input, options) in
        [(plain(), &show), (streams, &show), (linearized, &certify), (form(), &fill), (form(), &certify)]
    {
        let first = sign(&input, ana(), options, now()).unwrap().pdf;
        signed.push(sign(&first, bruno(), &super::signing::options(None), now()).unwrap().pdf);
    }
    for name in ["carla", "davi"] {
        let identity = Identity::from_pkcs12(&material().pkcs12(name, &[]), PASSWORD).unwrap();
        signed.push(sign(&plain(), &identity, &options(None), now()).unwrap().pdf);
    }
    let files: Vec<&[u8]> = signed.iter().map(Vec::as_slice).collect();
    let Some(found) = dss(&files, &[material().der("root")], Revocation::NotAsked) else { return };
    assert_eq!(found.len(), 5 * 2 + 2, "{found:#?}");
    for signature in found {
        assert_eq!(
            (signature.level.as_str(), signature.indication.as_str(), signature.sub_indication.as_str()),
            ("PAdES-BASELINE-B", "TOTAL_PASSED", ""),
            "{signature:#?}"
        );
    }
}

/// The judge can say no: to an unknown root, to missing revocation, to another format and to a changed file.
#[test]
fn dss_tells_what_is_missing() {
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let adobe = SignOptions { format: Format::Adobe, ..options(None) };
    let older = sign(&plain(), ana(), &adobe, now()).unwrap().pdf;
    let mut changed = signed.clone();
    let at = crate::read::find(&changed, b"(Page 1)").unwrap();
    changed[at + 6] = b'7';
    let files: [&[u8]; 3] = [&signed, &older, &changed];
    let roots = [material().der("root")];
    let Some(found) = dss(&files, &roots, Revocation::NotAsked) else { return };
    let said: Vec<_> = found.iter().map(|s| (s.file, s.level.as_str(), s.indication.as_str())).collect();
    assert_eq!(
        said,
        [
            (0, "PAdES-BASELINE-B", "TOTAL_PASSED"),
            (1, "PKCS7-B", "TOTAL_PASSED"),
            (2, "PAdES-BASELINE-B", "TOTAL_FAILED")
        ]
    );
    let strict = dss(&files[..1], &roots, Revocation::Proven).unwrap();
    assert_eq!(
        (strict[0].indication.as_str(), strict[0].sub_indication.as_str()),
        ("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE")
    );
    let stranger = dss(&files[..1], &[], Revocation::NotAsked).unwrap();
    assert_eq!(stranger[0].sub_indication, "NO_CERTIFICATE_CHAIN_FOUND");
}

/// The levels that a signature of `signer` goes through, each with its name.
fn ladder(input: &[u8], signer: &dyn RawSigner, options: &SignOptions) -> [(&'static str, Vec<u8>); 4] {
    let basic = sign(input, signer, options, authority::now()).unwrap().pdf;
    let timed = stamped(input, signer, options);
    let password: Option<&Secret> = options.pdf_password.as_ref();
    let long_term = proven(&timed, password);
    let archive = archived(&long_term, password);
    [("B", basic), ("T", timed.pdf), ("LT", long_term), ("LTA", archive)]
}

/// What is judged: a word about it, the levels of its signatures, and the file.
type Case = (String, Vec<&'static str>, Vec<u8>);

/// DSS names the levels, and calls all signatures passed: with proofs in the file where the level has them.
fn passes(cases: &[Case], password: Option<&str>) {
    let roots = [authority().der("root")];
    for revocation in [Revocation::NotAsked, Revocation::Proven] {
        let long_term = |levels: &[&str]| levels.iter().all(|level| level.starts_with("LT"));
        let cases: Vec<&Case> =
            cases.iter().filter(|(_, levels, _)| long_term(levels) == (revocation == Revocation::Proven)).collect();
        let files: Vec<&[u8]> = cases.iter().map(|(_, _, file)| file.as_slice()).collect();
        if files.is_empty() {
            continue;
        }
        let Some(found) = dss_with(&files, &roots, revocation, password) else { return };
        for (at, (name, levels, _)) in cases.iter().enumerate() {
            let mine: Vec<_> = found.iter().filter(|signature| signature.file == at).collect();
            let said: Vec<_> = mine.iter().map(|s| (s.level.as_str(), s.indication.as_str())).collect();
            let level = |level: &&str| format!("PAdES-BASELINE-{level}");
            let wanted: Vec<String> = levels.iter().map(level).collect();
            let wanted: Vec<_> = wanted.iter().map(|level| (level.as_str(), "TOTAL_PASSED")).collect();
            assert_eq!(said, wanted, "{name}: {mine:#?}");
            // Without `/Data` DSS passes the signature and sees no lock.
            let lock = if name.starts_with("a field with a lock") { "INCLUDE [City]" } else { "" };
            assert!(mine.iter().all(|signature| signature.lock == lock), "{name}: {mine:#?}");
        }
    }
}

#[test]
fn dss_names_each_level_of_each_profile_and_passes_it() {
    let (eva, fabio) = (authority().identity_with_chain("eva"), authority().identity_with_chain("fabio"));
    let visible = Visible {
        page: Page::First,
        picture: Some(pictures::jpeg()),
        qr: "https://example.org/v".into(),
        ..Visible::default()
    };
    let profiles = [
        ("plain", plain(), options(None)),
        ("visible", plain(), SignOptions { visible: Some(visible), ..options(None) }),
        ("a field with a lock", form(), SignOptions { field: "Approval".into(), ..options(None) }),
        (
            "a field with a lock on the document",
            form_with("/Action/Include /Fields [(City)] /P 1"),
            SignOptions { field: "Approval".into(), ..options(None) },
        ),
        ("AD-RB", plain(), SignOptions { policy: Policy::AdRb, ..options(None) }),
        ("certified, forms", form(), SignOptions { certification: Certify::FormsAndSigning, ..options(None) }),
        (
            "certified, comments",
            plain(),
            SignOptions { certification: Certify::FormsSigningAndComments, ..options(None) },
        ),
        ("certified, nothing", plain(), SignOptions { certification: Certify::NoChanges, ..options(None) }),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (name, input, options) in profiles {
        cases
            .extend(ladder(&input, &eva, &options).map(|(level, file)| (format!("{name} {level}"), vec![level], file)));
    }
    // AD-RT does not go without a time stamp.
    let ad_rt = stamped(&plain(), &eva, &SignOptions { policy: Policy::AdRt, ..options(None) });
    let ad_rt_archive = archived(&proven(&ad_rt, None), None);
    cases.push(("AD-RT T".into(), vec!["T"], ad_rt.pdf));
    cases.push(("AD-RT LTA".into(), vec!["LTA"], ad_rt_archive));
    // Revocation lists alone, without OCSP.
    let lists = ladder(&plain(), &fabio, &options(None));
    cases.extend(lists.map(|(level, file)| (format!("lists {level}"), vec![level], file)));
    passes(&cases, None);
}

#[test]
fn dss_passes_signatures_on_top_of_each_other() {
    let (eva, fabio) = (authority().identity_with_chain("eva"), authority().identity_with_chain("fabio"));
    let [(_, basic), (_, timed), (_, long_term), (_, archive)] = ladder(&plain(), &eva, &options(None));
    let second = |input: &[u8]| stamped(input, &fabio, &options(None));
    let mut cases: Vec<Case> = vec![("B and T".into(), vec!["B", "T"], second(&basic).pdf)];
    cases.push(("T and T".into(), vec!["T", "T"], second(&timed).pdf));
    for (name, first) in [("LT", &long_term), ("LTA", &archive)] {
        let both = proven(&second(first), None);
        // The later signature has no document time stamp yet.
        cases.push((format!("{name} and LT"), vec![name, "LT"], both.clone()));
        cases.push((format!("{name} and LTA"), vec!["LTA", "LTA"], archived(&both, None)));
    }
    // The archive is renewed.
    cases.push(("LTA twice".into(), vec!["LTA"], archived(&archive, None)));
    passes(&cases, None);
}

#[test]
fn dss_passes_every_kind_of_file_at_the_highest_level() {
    let eva = authority().identity("eva");
    let mut by_password = std::collections::BTreeMap::<_, Vec<Case>>::new();
    // DSS knows no files that begin with something else.
    for (kind, input, password) in all_kinds().into_iter().filter(|(kind, ..)| *kind != "bytes before the header") {
        let secret = password.map(|password| Secret(password.into()));
        let archive = archived(&proven(&stamped(&input, &eva, &options(password)), secret.as_ref()), secret.as_ref());
        by_password.entry(password).or_default().push((kind.into(), vec!["LTA"], archive));
    }
    for (password, cases) in by_password {
        passes(&cases, password);
    }
}

/// The hash that a signature names is the one that the policy's own file ends with, over its first two elements.
#[test]
fn policies_are_named_as_they_are_published() {
    use crate::algorithm::Digest;
    use crate::asn1::{self, Tlv, oid};
    for ((_, file), policy) in super::validators::POLICIES.into_iter().zip([Policy::AdRb, Policy::AdRt]) {
        let mut parts = Tlv::parse(file).unwrap().expect(asn1::SEQUENCE).unwrap().children();
        let (algorithm, info) = (parts.expect(asn1::SEQUENCE).unwrap(), parts.expect(asn1::SEQUENCE).unwrap());
        assert_eq!(algorithm.children().expect(asn1::OID).unwrap().content, oid::SHA256);
        let hash = Digest::Sha256.of(&[algorithm.raw, info.raw]);
        assert_eq!(parts.expect(asn1::OCTET_STRING).unwrap().content, hash);
        let named = policy.published().unwrap().identifier();
        assert!(
            crate::read::find(&named, &hash).is_some()
                && crate::read::find(&named, info.children().expect(asn1::OID).unwrap().raw).is_some()
        );
    }
}
