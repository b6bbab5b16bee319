use std::sync::atomic::{AtomicBool, Ordering};

use flow::api::{
    SignatureChanges, SignatureCoverage, SignatureIntegrity, SignatureSeverity, SignatureStanding, SignatureStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use pdf::testing::documents::{plain, qpdf};
use pdf::testing::material::{ana, bruno, material, now};
use pdf::{SignOptions, sign};

fn blob(size: u64) -> BlobRef {
    BlobRef { id: "1".into(), file_name: "contract.pdf".into(), mime: "application/pdf".into(), size }
}

async fn verify(verifier: &Verifier, content: &[u8], lang: Lang) -> Result<Verified, Refused> {
    let read = std::future::ready(Ok(Bytes::copy_from_slice(content)));
    verifier.verify(&blob(content.len() as u64), read, lang, now()).await
}

fn verifier(bounds: Bounds) -> Verifier {
    let root = std::fs::read_to_string(material().path("root.pem")).unwrap();
    Verifier::new(authorities(&root).unwrap(), bounds)
}

#[tokio::test]
async fn each_signer_is_told_with_what_was_signed() {
    let first = sign(&plain(), ana(), &SignOptions::default(), now()).unwrap().pdf;
    let both = sign(&first, bruno(), &SignOptions::default(), now()).unwrap().pdf;
    let found = verify(&verifier(Bounds::default()), &both, Lang::PtBr).await.unwrap();
    let told = &found.signatures;
    assert_eq!((told.status, told.pages, told.bytes), (SignatureStatus::Valid, 2, both.len() as u64), "{told:#?}");
    let [ana, bruno] = &told.signatures[..] else { panic!("{told:#?}") };
    assert_eq!((ana.coverage, bruno.coverage), (SignatureCoverage::WholeRevision, SignatureCoverage::WholeFile));
    assert_eq!(ana.changes, Some(SignatureChanges::FormsAndSignatures));
    assert!(ana.revision && bruno.revision);
    assert!(ana.findings.iter().any(|f| f.message.contains("assinatura")), "{ana:#?}");
    assert_eq!(found.revision(1), Ok(first.len() as u64));
    assert_eq!(found.revision(2), Ok(both.len() as u64));
    assert_eq!(found.revision(0), Err(Refused::NoSignature));
    assert_eq!(found.revision(3), Err(Refused::NoSignature));
}

#[tokio::test]
async fn numbers_of_persons_are_masked() {
    let signed = sign(&plain(), ana(), &SignOptions::default(), now()).unwrap().pdf;
    let report = pdf::verify(&signed, &pdf::VerifyOptions::at(now())).unwrap();
    let whole = report.signatures[0].signer.clone().unwrap().cpf.expect("Ana's certificate has a CPF");
    let told = told(&report).unwrap();
    let shown = told.signatures[0].signer.clone().unwrap().cpf.unwrap();
    assert_eq!(shown, format!("***.{}.{}-**", &whole[3..6], &whole[6..9]));
    assert!(!serde_json::to_string(&told).unwrap().contains(&whole));
    assert_eq!(formatted("12345678000195").as_deref(), Some("12.345.678/0001-95"));
    assert_eq!(formatted("1"), None);
}

#[tokio::test]
async fn what_cannot_be_checked_is_refused_with_a_sentence() {
    let encrypted = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    let verifier = verifier(Bounds { bytes: 1 << 20, ..Bounds::default() });
    let large = vec![b' '; (1 << 20) + 1];
    for (content, code, word) in [
        (&b"no pdf"[..], "pdf_not_a_pdf", "PDF"),
        (b"", "pdf_empty", "vazio"),
        (&encrypted, "pdf_encrypted", "Verificar PDF em um fluxo"),
        (&large, "pdf_too_large", "aqui as assinaturas são mostradas até 1 MB"),
    ] {
        let refused = verify(&verifier, content, Lang::PtBr).await.err().unwrap();
        assert_eq!(refused.code(), code);
        assert!(refused.message(Lang::PtBr).contains(word), "{}", refused.message(Lang::PtBr));
        assert!(refused.message(Lang::En).ends_with('.') && refused.message(Lang::En) != refused.message(Lang::PtBr));
    }
}

#[tokio::test]
async fn the_file_is_read_in_turn_and_not_before() {
    let bounds = Bounds { at_once: 1, wait: Duration::from_millis(100), ..Bounds::default() };
    let mut verifier = verifier(bounds);
    let (held, read) = (verifier.turns.clone().acquire_owned().await.unwrap(), AtomicBool::new(false));
    let reading = async {
        read.store(true, Ordering::Relaxed);
        Ok(Bytes::from(plain()))
    };
    let refused: Result<_, Refused> = verifier.verify(&blob(1), reading, Lang::En, now()).await;
    assert_eq!(refused.err(), Some(Refused::Busy));
    assert!(!read.load(Ordering::Relaxed), "read while others have the turn");
    drop(held);
    // Other tests work on PDFs, too.
    verifier.bounds.wait = Bounds::default().wait;
    assert_eq!(verify(&verifier, &plain(), Lang::En).await.unwrap().signatures.status, SignatureStatus::Unsigned);
    let none = Verifier::new(Vec::new(), Bounds { work: Duration::ZERO, ..Bounds::default() });
    // Several signatures take long enough to be seen unfinished.
    let mut signed = plain();
    for _ in 0..4 {
        signed = sign(&signed, ana(), &SignOptions::default(), now()).unwrap().pdf;
    }
    assert_eq!(verify(&none, &signed, Lang::En).await.err(), Some(Refused::Slow));
}

#[test]
fn the_words_of_the_report_are_those_of_the_api() {
    fn check<A: Serialize, B: Serialize + DeserializeOwned>(all: &[A]) {
        for one in all {
            let word = serde_json::to_value(one).unwrap();
            let read: B = serde_json::from_value(word.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), word);
        }
    }
    use pdf::{Changes, Coverage, Integrity, Severity, Standing, Status};
    check::<_, SignatureStatus>(&[Status::Valid, Status::Invalid, Status::Indeterminate, Status::Unsigned]);
    check::<_, SignatureIntegrity>(&[Integrity::Intact, Integrity::Broken, Integrity::Unknown]);
    check::<_, SignatureCoverage>(&[Coverage::WholeFile, Coverage::WholeRevision, Coverage::Partial]);
    let changes = [Changes::None, Changes::LongTerm, Changes::FormsAndSignatures, Changes::Comments, Changes::Other];
    check::<_, SignatureChanges>(&changes);
    check::<_, SignatureSeverity>(&[Severity::Info, Severity::Indeterminate, Severity::Invalid]);
    check::<_, SignatureStanding>(&[Standing::Good, Standing::Revoked, Standing::Unknown]);
}

#[test]
fn authorities_are_certificates_and_nothing_else() {
    let root = std::fs::read_to_string(material().path("root.pem")).unwrap();
    assert_eq!(authorities(&root).map(|found| found.len()), Some(1));
    assert_eq!(authorities(&format!("{root}\n{root}")).map(|found| found.len()), Some(2));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in
        ["", "no certificate", broken, &format!("{root}{broken}"), &format!("{root}-----BEGIN CERTIFICATE-----")]
    {
        assert_eq!(authorities(text), None, "{text}");
    }
}
