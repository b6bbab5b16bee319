use serde_json::{Map, Value, json};

use super::*;
use pdf::testing::material::{PASSWORD, material};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// The summary, or the error's code.
fn check(kind: &str, secret: Value, expected: Result<Value, &str>) {
    let got = get(kind).unwrap().check(&object(secret));
    if let Err(e) = &got {
        assert!(e.message.ends_with('.') && e.message.len() > 20, "{e}");
    }
    assert_eq!(got.map(Value::Object).map_err(|e| e.code), expected.map_err(str::to_owned), "{kind}");
}

#[test]
fn http_credentials() {
    check("http_basic", json!({"user": "ana", "password": "s3cret"}), Ok(json!({"user": "ana"})));
    check("http_basic", json!({"user": "ana"}), Err("credential_invalid"));
    check("http_basic", json!({"user": "a:b", "password": "x"}), Err("credential_invalid"));
    check("http_basic", json!({"user": 5, "password": "x"}), Err("credential_invalid"));
    check("http_bearer", json!({"token": "abc"}), Ok(json!({})));
    check("http_bearer", json!({"token": "Bearer abc"}), Err("credential_invalid"));
    check("http_bearer", json!({"token": ""}), Err("credential_invalid"));
    check("http_header", json!({"name": "X-Key", "value": "abc"}), Ok(json!({"name": "X-Key"})));
    check("http_header", json!({"name": "X Key", "value": "abc"}), Err("credential_invalid"));
    check("http_header", json!({"name": "X-Key", "value": "a\r\nb"}), Err("credential_invalid"));
    check("http_query", json!({"name": "key", "value": "abc"}), Ok(json!({"name": "key"})));
    check("http_query", json!({"name": "key"}), Err("credential_invalid"));
}

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----";

#[test]
fn tokens() {
    check("jwt", json!({"algorithm": "HS256", "secret": "0123456789abcdef"}), Ok(json!({"algorithm": "HS256"})));
    check("jwt", json!({"algorithm": "ES256", "secret": PUBLIC_KEY}), Ok(json!({"algorithm": "ES256"})));
    check("jwt", json!({"algorithm": "HS256", "secret": "short"}), Err("credential_invalid"));
    check("jwt", json!({"algorithm": "RS256", "secret": "0123456789abcdef"}), Err("credential_invalid"));
    check("jwt", json!({"algorithm": "none", "secret": "0123456789abcdef"}), Err("credential_invalid"));
}

#[test]
fn what_comes_along_when_it_is_copied_is_not_stored() {
    let check = |kind: &str, given: Value, expected: Value| {
        assert_eq!(Value::Object(get(kind).unwrap().trimmed(object(given))), expected, "{kind}");
    };
    check("http_bearer", json!({"token": " abc\r\n"}), json!({"token": "abc"}));
    check("http_header", json!({"name": " X-Key", "value": "a b\n"}), json!({"name": "X-Key", "value": "a b"}));
    // A blank may be part of a password, a line break is not.
    check("http_basic", json!({"user": "ana\n", "password": " a b \n"}), json!({"user": "ana", "password": " a b "}));
    check("password", json!({"password": "\r\n x\n"}), json!({"password": " x"}));
    let key = "-----BEGIN KEY-----\nAAAA\n-----END KEY-----";
    check("mtls", json!({"key": format!("\n{key}\n"), "n": 5}), json!({"key": key, "n": 5}));
}

#[test]
fn every_form_has_words_in_both_languages() {
    for kind in all() {
        let described = kind.describe();
        assert!(get(&described.kind).is_some());
        assert!(!described.name.en.is_empty() && !described.name.pt.is_empty());
        for (name, field) in described.schema["properties"].as_object().unwrap() {
            for place in ["/title", "/description", "/x-pt/title", "/x-pt/description"] {
                let text = field.pointer(place).and_then(Value::as_str).unwrap_or("");
                assert!(!text.is_empty(), "{}.{name} lacks {place}", described.kind);
            }
        }
        assert_eq!(kind.check(&Map::new()).unwrap_err().code, "credential_invalid", "{}", described.kind);
    }
    assert!(get("unknown").is_none());
}

#[test]
fn no_value_is_seen_in_an_error() {
    let hidden = "Vq9zX-hidden-2";
    for kind in all() {
        let fields = kind.describe().schema["properties"].as_object().unwrap().clone();
        let secret: Map<String, Value> = fields.keys().map(|f| (f.clone(), json!(hidden))).collect();
        if let Err(e) = kind.check(&secret) {
            assert!(!format!("{e} {e:?}").contains(hidden), "{e:?}");
        }
        let numbers: Map<String, Value> = fields.keys().map(|f| (f.clone(), json!(918_273_645))).collect();
        let e = kind.check(&numbers).unwrap_err();
        assert!(!format!("{e} {e:?}").contains("918273645"), "{e:?}");
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn p12(name: &str) -> Value {
    json!({"file": base64(&material().pkcs12(name, &[])), "password": PASSWORD})
}

#[test]
fn a_certificate_tells_whose_it_is_and_masks_the_cpf() {
    let summary = |kind: &str, secret: Value| get(kind).unwrap().check(&object(secret)).unwrap();
    let ana = summary("pkcs12", p12("ana"));
    assert_eq!((&ana["name"], &ana["cpf"]), (&json!("Ana Conceição"), &json!("***.456.789-**")));
    assert_eq!((&ana["issuer"], &ana["key"]), (&json!("Autoridade de Teste"), &json!("RSA 2048")));
    assert_eq!((&ana["icp_brasil"], &ana["seal"], ana.get("cnpj")), (&json!(true), &json!(false), None));
    let company = summary("pkcs12", p12("company"));
    assert_eq!((&company["cnpj"], &company["cpf"]), (&json!("12345678000195"), &json!("***.654.321-**")));
    assert_eq!((&company["icp_brasil"], &company["seal"]), (&json!(true), &json!(true)));
    let read = |file: &str| std::fs::read_to_string(material().path(file)).unwrap();
    let client = summary("mtls", json!({"certificate": read("company.pem"), "key": read("company.key")}));
    assert_eq!(client, company);
    let all = serde_json::to_string(&[ana, company]).unwrap();
    for hidden in [PASSWORD, "12345678909", "98765432100"] {
        assert!(!all.contains(hidden), "{all}");
    }
    for kind in WITH_CERTIFICATE {
        assert!(get(kind).is_some());
    }
}

#[test]
fn what_is_wrong_names_its_field_in_both_languages() {
    let check = |kind: &str, secret: Value, code: &str, field: &str| {
        let error = get(kind).unwrap().check(&object(secret)).unwrap_err();
        assert_eq!((error.code.as_str(), &error.details["field"]), (code, &json!(field)), "{error}");
        let pt = error.details["message_pt"].as_str().unwrap();
        assert!(pt.ends_with('.') && pt != error.message, "{pt}");
    };
    let with = |field: &str, value: &str| {
        let mut secret = p12("ana");
        secret[field] = json!(value);
        secret
    };
    check("pkcs12", with("password", "errada"), "pdf_wrong_certificate_password", "password");
    check("pkcs12", with("file", &base64(b"hello")), "pdf_not_a_certificate_file", "file");
    let mut cut = material().pkcs12("ana", &[]);
    cut.truncate(cut.len() / 2);
    check("pkcs12", with("file", &base64(&cut)), "pdf_certificate_file_damaged", "file");
    check("pkcs12", with("file", "%"), "credential_invalid", "file");
    check("pkcs12", json!({"file": ""}), "credential_invalid", "file");
    check("http_bearer", json!({"token": "Bearer abc"}), "credential_invalid", "token");
    check("jwt", json!({"algorithm": "HS256", "secret": "short"}), "credential_invalid", "secret");
}
