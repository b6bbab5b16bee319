//! Judged by the EU's DSS, which says which level of the standard a signature keeps.

use super::signing::options;
use super::validators::{Revocation, dss};
use crate::testing::documents::{form, plain, qpdf};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::{Certify, Format, Identity, SignOptions, Visible, sign};

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
