//! Credentials with a certificate: what the API tells of it, to whom, and what it never tells.

use std::path::Path;

use flow::api::Role;
use serde_json::{Map, Value, json};

use crate::support::{Fluxo, base64, run};

const PASSWORD: &str = "segredo";

const COMPANY: &str = "certificatePolicies = 2.16.76.1.2.201.7
subjectAltName = otherName:2.16.76.1.3.3;PRINTABLESTRING:12345678000195,otherName:2.16.76.1.3.4;PRINTABLESTRING:0101198098765432100000000000000000000000000
";
const PERSON: &str = "certificatePolicies = 2.16.76.1.2.3.1
subjectAltName = otherName:2.16.76.1.3.1;PRINTABLESTRING:0101198012345678909000000000001234567SSPSP
";

/// A PKCS#12 file of a certificate that signs itself, in base64. `days` may be negative: it has expired.
fn pkcs12(folder: &Path, subject: &str, days: i64, extensions: &str) -> String {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (key, request, own, p12, more) =
        (file("key.pem"), file("csr.pem"), file("cert.pem"), file("id.p12"), file("more"));
    std::fs::write(&more, format!("keyUsage = critical,digitalSignature,nonRepudiation\n{extensions}")).unwrap();
    let subject = ["-utf8", "-newkey", "rsa:2048", "-nodes", "-subj", subject];
    run("openssl", &[&["req", "-new", "-keyout", &key, "-out", &request], subject.as_slice()].concat());
    let days = days.to_string();
    let sign = ["x509", "-req", "-in", &request, "-signkey", &key, "-days", &days, "-extfile", &more, "-out", &own];
    run("openssl", &sign);
    let password = format!("pass:{PASSWORD}");
    run("openssl", &["pkcs12", "-export", "-inkey", &key, "-in", &own, "-passout", &password, "-out", &p12]);
    base64(&std::fs::read(p12).unwrap())
}

#[tokio::test]
async fn the_api_tells_whose_a_certificate_is_and_when_it_ends() {
    let fluxo = Fluxo::start_with(&["--certificate-warning-days", "20"]).await;
    let (editor, viewer) = (fluxo.key(Role::Editor).await, fluxo.key(Role::Viewer).await);
    let folder = tempfile::tempdir().unwrap();
    let store = async |name: &str, subject: &str, days: i64, extensions: &str| {
        let secret = json!({"file": pkcs12(folder.path(), subject, days, extensions), "password": PASSWORD});
        let new = json!({"name": name, "kind": "pkcs12", "secret": secret});
        fluxo.call(&editor, "POST", "/api/v1/credentials", new).await.expect(201).json()
    };
    let ana = store("ana", "/CN=Ana Conceição:12345678909", 400, PERSON).await;
    let company = store("company", "/CN=Empresa Ltda:12345678000195", 15, COMPANY).await;
    let old = store("old", "/CN=Velha", -1, "").await;
    let secret = json!({"token": "abc"});
    let token = json!({"name": "token", "kind": "http_bearer", "secret": secret});
    let token = fluxo.call(&editor, "POST", "/api/v1/credentials", token).await.expect(201).json();

    let part = |credential: &Value, fields: &[&str]| -> Map<String, Value> {
        fields.iter().map(|f| ((*f).to_owned(), credential["certificate"][f].clone())).collect()
    };
    let facts = part(&ana, &["name", "cpf", "cnpj", "icp_brasil", "seal", "state", "key"]);
    let expected = json!({"name": "Ana Conceição", "cpf": "***.456.789-**", "cnpj": null, "icp_brasil": true,
        "seal": false, "state": "valid", "key": "RSA 2048"});
    assert_eq!(Value::from(facts), expected);
    let facts = part(&company, &["name", "cpf", "cnpj", "seal", "state", "days_left"]);
    let expected = json!({"name": "Empresa Ltda", "cpf": "***.654.321-**", "cnpj": "12345678000195", "seal": true,
        "state": "ends_soon", "days_left": 14});
    assert_eq!(Value::from(facts), expected);
    assert_eq!(old["certificate"]["state"], "expired");
    assert!(old["certificate"]["days_left"].as_i64().unwrap() < 0);
    assert_eq!(token.get("certificate"), None);

    // Who only looks sees as much.
    let list = fluxo.call(&viewer, "GET", "/api/v1/credentials", Value::Null).await.expect(200);
    let (text, list) = (list.text(), list.json());
    assert_eq!(list["items"][0]["certificate"], ana["certificate"]);
    let one = format!("/api/v1/credentials/{}", company["id"].as_str().unwrap());
    let shown = fluxo.call(&viewer, "GET", &one, Value::Null).await.expect(200).json();
    assert_eq!(shown["certificate"], company["certificate"]);
    let notices = fluxo.call(&viewer, "GET", "/api/v1/notices", Value::Null).await.expect(200);
    let (all, notices) = (notices.text() + &text, notices.json());
    let told: Vec<_> = notices["items"].as_array().unwrap().iter().map(|n| (&n["code"], &n["credential"])).collect();
    let expected = [(&json!("certificate_expired"), &old["id"]), (&json!("certificate_ends_soon"), &company["id"])];
    assert_eq!(told, expected);
    for hidden in [PASSWORD, "12345678909", "98765432100", "MII", "PRIVATE"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }

    // A new name leaves the certificate; a new secret brings its own.
    let renamed = json!({"name": "seal", "kind": "pkcs12"});
    let renamed = fluxo.call(&editor, "PUT", &one, renamed).await.expect(200).json();
    assert_eq!((&renamed["name"], &renamed["certificate"]), (&json!("seal"), &company["certificate"]));
    let secret = json!({"file": pkcs12(folder.path(), "/CN=Empresa Nova", 300, ""), "password": PASSWORD});
    let replaced = json!({"name": "seal", "kind": "pkcs12", "secret": secret});
    let replaced = fluxo.call(&editor, "PUT", &one, replaced).await.expect(200).json();
    assert_eq!(replaced["certificate"]["state"], "valid");
    let notices = fluxo.call(&viewer, "GET", "/api/v1/notices", Value::Null).await.expect(200).json();
    assert_eq!(notices["items"].as_array().unwrap().len(), 1, "{notices}");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_at_its_field() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let folder = tempfile::tempdir().unwrap();
    let good = pkcs12(folder.path(), "/CN=Ana", 30, "");
    let check = async |file: &str, password: &str, code: &str, pointer: &str| {
        let new = json!({"name": "c", "kind": "pkcs12", "secret": {"file": file, "password": password}});
        let problem = fluxo.call(&key, "POST", "/api/v1/credentials", new).await.problem(422, code);
        assert_eq!(problem["pointer"], pointer, "{problem}");
        assert!(problem["more"]["message_pt"].as_str().unwrap().ends_with('.'), "{problem}");
    };
    check(&good, "errada", "pdf_wrong_certificate_password", "/secret/password").await;
    check(&good[..good.len() / 8 * 4], PASSWORD, "pdf_certificate_file_damaged", "/secret/file").await;
    check(&base64(b"hello"), PASSWORD, "pdf_not_a_certificate_file", "/secret/file").await;
    check("", PASSWORD, "credential_invalid", "/secret/file").await;
}

#[tokio::test]
async fn the_certificates_of_older_credentials_are_read_once() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let folder = tempfile::tempdir().unwrap();
    let store = async |name: &str| {
        let secret = json!({"file": pkcs12(folder.path(), "/CN=Ana", 10, COMPANY), "password": PASSWORD});
        let new = json!({"name": name, "kind": "pkcs12", "secret": secret});
        fluxo.call(&key, "POST", "/api/v1/credentials", new).await.expect(201).json()
    };
    let (made, broken) = (store("old").await, store("broken").await);
    // As they stood before certificates were kept beside them; one can't be opened any more.
    let id = |credential: &Value| credential["id"].as_str().unwrap().to_owned();
    let mut row = fluxo.app.store.credential(&id(&made)).await.unwrap();
    (row.expires_at, row.summary) = (None, Map::new());
    fluxo.app.store.update_credential(row).await.unwrap();
    let mut row = fluxo.app.store.credential(&id(&broken)).await.unwrap();
    (row.expires_at, row.summary) = (None, Map::new());
    row.sealed.bytes[20] ^= 1;
    fluxo.app.store.update_credential(row).await.unwrap();

    let notices = async || fluxo.call(&key, "GET", "/api/v1/notices", Value::Null).await.expect(200).json();
    let read = async || server::certificates::read_stored(&fluxo.app.store, &fluxo.app.vault).await.unwrap();
    // The server's own housekeeping may have come first.
    assert!(read().await <= 1);
    assert_eq!(read().await, 0);
    let path = format!("/api/v1/credentials/{}", id(&made));
    let shown = fluxo.call(&key, "GET", &path, Value::Null).await.expect(200).json();
    assert_eq!((&shown["certificate"], &shown["updated_at"]), (&made["certificate"], &made["updated_at"]));
    assert_eq!(notices().await["items"][0]["credential"], made["id"]);
}
