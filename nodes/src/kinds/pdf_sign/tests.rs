//! Signing and verifying as nodes do it, with real certificates and PDFs.

use serde_json::{Value, json};

use super::{error, share};
use crate::kinds::common::base64;
use crate::testing::{Bench, World, fields, outcome};
use pdf::testing::documents;
use pdf::testing::material::{PASSWORD, material, now};

fn secret(password: &str) -> Value {
    json!({"file": base64(material().pkcs12("ana", &[])), "password": password})
}

fn signing(parameters: Value) -> Bench {
    let mut bench = Bench::new("pdf_sign")
        .parameters(parameters)
        .items(json!([{"number": 7}]))
        .file(0, "data", "contract.pdf", "application/pdf", documents::plain())
        .secret("certificate", "pkcs12", secret(PASSWORD));
    bench.world.now = now();
    bench
}

fn bytes(world: &World, item: &flow::Item, property: &str) -> Vec<u8> {
    world.content(&item.binary[property]).to_vec()
}

/// Verifies and gives the report.
async fn verified(pdf: Vec<u8>, parameters: Value) -> Result<Value, String> {
    let mut bench = Bench::new("pdf_verify").parameters(parameters).items(json!([{}])).file(
        0,
        "data",
        "contract.pdf",
        "application/pdf",
        pdf,
    );
    bench.world.now = now();
    let output = bench.run().await.map_err(|e| e.code)?;
    Ok(fields(&outcome(Ok(output)), "out")[0]["verification"].clone())
}

#[tokio::test]
async fn a_signed_pdf_is_valid() {
    let (result, world) =
        signing(json!({"reason": "={{ $json.number }}", "output": "signed", "visible": true})).run_in().await;
    let output = outcome(result);
    let item = output.ports[0].1.items[0].clone();
    assert_eq!(item.json["number"], 7);
    let facts = &item.json["signature"];
    assert_eq!((&facts["name"], &facts["warnings"]), (&json!("Ana Conceição"), &json!([])));
    assert_eq!(item.binary["signed"].file_name, "contract-signed.pdf");
    assert_eq!(bytes(&world, &item, "data"), documents::plain(), "the unsigned one stays");
    let root = std::fs::read_to_string(material().path("root.pem")).unwrap();
    let report =
        verified(bytes(&world, &item, "signed"), json!({"trusted": root, "not_valid": "error"})).await.unwrap();
    assert_eq!((&report["status"], &report["signatures"][0]["trusted"]), (&json!("valid"), &json!(true)));
    assert_eq!(report["signatures"][0]["reason"], "7");
    assert_eq!(report["signatures"][0]["signer"]["name"], "Ana Conceição");
}

#[tokio::test]
async fn picture_code_and_reserved_fields() {
    let parameters = json!({"visible": true, "image": "logo", "arrangement": "above", "qr": "https://example.org/{serial}",
        "height": 40, "certification": "forms", "lock": "*",
        "reserve": [{"name": "Buyer", "visible": true, "lock": "City"}, {"name": " "}]});
    let logo = pdf::testing::pictures::png_with_transparency();
    let (result, world) = signing(parameters).file(0, "logo", "logo.png", "image/png", logo).run_in().await;
    let output = outcome(result);
    let item = output.ports[0].1.items[0].clone();
    let info = pdf::info(&bytes(&world, &item, "data"), None, &pdf::Limits::default()).unwrap();
    let names: Vec<(&str, bool)> = info.fields.iter().map(|f| (f.name.as_str(), f.signed)).collect();
    assert_eq!(names, [("Signature1", true), ("Buyer", false)]);
    let missing = signing(json!({"visible": true, "image": "logo"})).run().await.unwrap_err();
    assert_eq!(missing.code, "file_missing");
    let bad = signing(json!({"visible": true, "image": "data"})).run().await.unwrap_err();
    assert_eq!(bad.code, "pdf_image");
}

/// A repeated run finds its own signature, whatever others added, and signs again once the content changed.
#[tokio::test]
async fn who_has_signed_already() {
    use pdf::testing::documents::form;
    use pdf::testing::material::{ana, bruno};
    let sign =
        |pdf: &[u8], signer: &pdf::Identity| pdf::sign(pdf, signer, &pdf::SignOptions::default(), now()).unwrap().pdf;
    let run = async |again: &str, pdf: Vec<u8>| {
        let bench = signing(json!({"again": again, "output": "signed"}));
        let (result, world) = bench.file(0, "data", "contract.pdf", "application/pdf", pdf).run_in().await;
        let output = result.map_err(|e| e.code)?;
        let item = outcome(Ok(output)).ports[0].1.items[0].clone();
        Ok((bytes(&world, &item, "signed"), item.json["signature"].clone()))
    };
    let mine = sign(&form(), ana());
    let both = sign(&mine, bruno());
    for file in [&mine, &both] {
        let (signed, facts) = run("sign", file.clone()).await.unwrap();
        assert!(signed.len() > file.len() && facts["already_signed"].is_null(), "{facts}");
        let (passed, facts) = run("pass", file.clone()).await.unwrap();
        assert_eq!((&passed, &facts["field"]), (file, &json!("Signature1")));
        assert_eq!((&facts["already_signed"], &facts["name"]), (&json!(true), &json!("Ana Conceição")));
        assert_eq!(run("error", file.clone()).await, Err("pdf_already_signed".to_owned()));
    }
    for other in [form(), sign(&form(), bruno())] {
        let (signed, facts) = run("error", other.clone()).await.unwrap();
        assert!(signed.len() > other.len() && facts["already_signed"].is_null(), "{facts}");
    }
    // A key elsewhere is not asked for a signature that is there.
    let certificate = std::fs::read_to_string(material().path("ana.pem")).unwrap();
    let elsewhere = json!({"again": "pass", "key": "elsewhere", "certificate": certificate});
    let (result, world) =
        signing(elsewhere).file(0, "data", "contract.pdf", "application/pdf", mine.clone()).run_in().await;
    let item = outcome(result).ports[0].1.items[0].clone();
    assert_eq!(bytes(&world, &item, "data"), mine);
    assert_eq!((&item.json["signature"]["already_signed"], item.json["signature"].get("digest")), (&json!(true), None));
}

#[tokio::test]
async fn what_is_not_valid_can_be_an_error() {
    let unsigned = documents::plain();
    assert_eq!(verified(unsigned.clone(), json!({})).await.unwrap()["status"], "unsigned");
    assert_eq!(verified(unsigned.clone(), json!({"not_valid": "error"})).await, Err("pdf_not_valid".into()));
    assert_eq!(verified(b"hello".to_vec(), json!({})).await, Err("pdf_not_a_pdf".into()));
    assert_eq!(verified(Vec::new(), json!({})).await, Err("pdf_empty".into()));
    assert_eq!(verified(unsigned, json!({"trusted": "no certificate"})).await, Err("certificate_invalid".into()));
    let (result, world) = signing(json!({})).run_in().await;
    let item = outcome(result).ports[0].1.items[0].clone();
    let mut forged = bytes(&world, &item, "data");
    let at = forged.windows(6).position(|w| w == b"Page 1").unwrap();
    forged[at + 5] = b'9';
    assert_eq!(verified(forged, json!({"not_valid": "error"})).await, Err("pdf_not_valid".into()));
}

#[tokio::test]
async fn what_cannot_be_signed() {
    let check = async |bench: Bench, code: &str| {
        let error = bench.run().await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
    };
    let with = |name: &str, content: Vec<u8>| signing(json!({})).file(0, "data", name, "application/pdf", content);
    check(with("a.pdf", b"hello".to_vec()), "pdf_not_a_pdf").await;
    check(with("a.pdf", Vec::new()), "pdf_empty").await;
    check(signing(json!({"file": "other"})), "file_missing").await;
    check(signing(json!({"visible": true, "page": "number", "page_number": 9})), "pdf_page_not_found").await;
    check(signing(json!({"timezone": "Mars/Olympus"})), "pdf_unknown_time_zone").await;
    check(signing(json!({})).secret("certificate", "pkcs12", secret("errada")), "pdf_wrong_certificate_password").await;
    let mut early = signing(json!({}));
    early.world.now = "2001-01-01T00:00:00Z".parse().unwrap();
    check(early, "pdf_certificate_not_yet_valid").await;
    let none = Bench::new("pdf_sign").items(json!([{}])).run().await.unwrap_err();
    assert_eq!(none.code, "credential_missing");
    assert!(error(&pdf::Error::Empty).details["message_pt"].is_string());
}

#[tokio::test]
async fn an_item_that_cannot_be_signed_does_not_stop_the_others() {
    let mut bench = signing(json!({}))
        .items(json!([{"i": 0}, {"i": 1}]))
        .file(0, "data", "bad.pdf", "application/pdf", "hello")
        .file(1, "data", "good.pdf", "application/pdf", documents::plain())
        .keep_going();
    bench.world.now = now();
    let output = outcome(bench.run().await);
    assert_eq!(output.failed.iter().map(|f| f.item).collect::<Vec<_>>(), [0]);
    assert_eq!(fields(&output, "out")[0]["i"], 1);
}

#[tokio::test]
async fn files_share_the_memory_of_the_process() {
    use futures_util::FutureExt;
    let blob =
        |size: u64| flow::BlobRef { id: "b".into(), file_name: "b".into(), mime: "application/pdf".into(), size };
    // Larger than all of it: worked on alone, not never.
    let all = share(&blob(1 << 40)).await.unwrap();
    assert!(share(&blob(0)).now_or_never().is_none());
    drop(all);
    drop(share(&blob(0)).await.unwrap());
}

#[test]
fn names_of_signed_files() {
    let check = |given: &str, old: &str, expected: &str| {
        let p = super::Parameters { file_name: given.into(), ..Default::default() };
        assert_eq!(p.name_for(old), expected);
    };
    check("", "a.b.PDF", "a.b-signed.PDF");
    check("", "scan", "scan-signed.pdf");
    check("", "", "signed.pdf");
    check(" x.pdf ", "a.pdf", "x.pdf");
}

#[test]
fn certificates_are_checked_when_they_are_saved() {
    let kind = crate::credentials::get("pkcs12").unwrap();
    let check = |secret: Value, expected: Result<&str, &str>| {
        let got = kind.check(secret.as_object().unwrap());
        if let Err(e) = &got {
            assert!(!format!("{e:?}").contains(PASSWORD), "{e:?}");
        }
        let got = got.map(|s| s["name"].as_str().unwrap().to_owned()).map_err(|e| e.code);
        assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned));
    };
    check(secret(PASSWORD), Ok("Ana Conceição"));
    check(secret("errada"), Err("pdf_wrong_certificate_password"));
    let file = material().pkcs12("ana", &[]);
    let damaged = json!({"file": base64(&file[..file.len() / 2]), "password": PASSWORD});
    check(damaged, Err("pdf_certificate_file_damaged"));
    check(json!({"file": base64("hello"), "password": PASSWORD}), Err("pdf_not_a_certificate_file"));
    check(json!({"file": "%%%", "password": PASSWORD}), Err("credential_invalid"));
    check(json!({"password": PASSWORD}), Err("credential_invalid"));
    let summary = kind.check(secret(PASSWORD).as_object().unwrap()).unwrap();
    assert_eq!(summary["cpf"], "***.456.789-**");
    for field in ["issuer", "serial", "not_before", "not_after", "key"] {
        assert!(summary[field].is_string(), "{field}");
    }
}

#[test]
fn client_certificates_are_checked_when_they_are_saved() {
    let kind = crate::credentials::get("mtls").unwrap();
    let read = |name: &str| std::fs::read_to_string(material().path(name)).unwrap();
    let check = |certificate: String, key: String, ca: &str, expected: Result<&str, &str>| {
        let secret = json!({"certificate": certificate, "key": key, "ca": ca});
        let got = kind.check(secret.as_object().unwrap());
        let got = got.map(|s| s["name"].as_str().unwrap().to_owned()).map_err(|e| e.code);
        assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned));
    };
    let invalid = || Err("credential_invalid");
    check(read("ana.pem"), read("ana.key"), "", Ok("Ana Conceição"));
    check(read("bruno.pem"), read("bruno.key"), &read("root.pem"), Ok("Bruno Lima"));
    check(read("ana.pem"), read("bruno.key"), "", invalid());
    check(read("ana.key"), read("ana.key"), "", invalid());
    check(read("ana.pem"), read("ana.pem"), "", invalid());
    check(read("ana.pem"), read("ana.key"), "no certificate", invalid());
    check(read("ana.pem"), read("ana.key").replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE"), "", invalid());
}
