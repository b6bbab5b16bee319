use std::collections::{BTreeMap, HashMap};

use flow::BlobRef;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::*;
use crate::world::Secret;

#[test]
fn paths_fit() {
    let check = |pattern: &str, path: &str, expected: Option<&[(&str, &str)]>| {
        let expected =
            expected.map(|e| e.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<HashMap<_, _>>());
        assert_eq!(Pattern::parse(pattern).unwrap().matches(path), expected, "{pattern} {path}");
    };
    check("orders", "orders", Some(&[]));
    check("/orders/", "/orders/", Some(&[]));
    check("orders", "Orders", None);
    check("orders", "orders/1", None);
    check("orders/:id", "orders/1", Some(&[("id", "1")]));
    check("orders/:id", "orders", None);
    check("orders/:id", "orders/", None);
    check("orders/:id", "orders//", None);
    check("orders/:id/items/:line", "orders/a%20b/items/%C3%A7", Some(&[("id", "a b"), ("line", "ç")]));
    check("orders/:id", "orders/%2e%2e%2fsecret", Some(&[("id", "../secret")]));
    check("orders/:id", "orders/%ff", None);
    check("orders/:id", "orders/%4", None);
    check("a%20b", "a%20b", Some(&[]));
}

#[test]
fn the_most_exact_path_wins() {
    let mut patterns: Vec<Pattern> = [":any/new", "orders/:id", "orders/new", "orders/:id/items"]
        .iter()
        .map(|p| Pattern::parse(p).unwrap())
        .collect();
    patterns.sort_by_key(|p| std::cmp::Reverse(p.specificity()));
    let check = |path: &str, expected: Option<&str>| {
        assert_eq!(patterns.iter().find(|p| p.matches(path).is_some()).map(Pattern::written), expected, "{path}");
    };
    check("orders/new", Some("orders/new"));
    check("orders/7", Some("orders/:id"));
    check("x/new", Some(":any/new"));
    check("orders/7/items", Some("orders/:id/items"));
    check("x/y", None);
}

#[test]
fn paths_that_take_the_same_calls_are_the_same() {
    let normal = |text: &str| Pattern::parse(text).unwrap().normalised();
    assert_eq!(normal("/orders/:id/"), normal("orders/:number"));
    assert_ne!(normal("orders/:id"), normal("orders/id"));
}

#[test]
fn paths_that_are_refused() {
    let long = "a/".repeat(40);
    for path in
        ["a//b", "a/../b", "a/:", "a/:1", "a/:id/:id", "a b", "a?b", "a#b", "={{ 1 }}", "a/%2f", "a/%zz", "{x}", &long]
    {
        assert_eq!(Pattern::parse(path).unwrap_err().code, "webhook_path", "{path}");
    }
    let node = flow::Node {
        id: "n1".into(),
        parameters: object(json!({"path": "a//b", "methods": []})),
        ..Default::default()
    };
    let codes: Vec<String> = Webhook.check(&node).into_iter().map(|f| f.code).collect();
    assert_eq!(codes, ["webhook_path", "parameter_missing"]);
}

#[test]
fn without_a_path_the_node_is_the_path() {
    let node = flow::Node { id: "0198-a".into(), ..Default::default() };
    let p = Parameters::of(&node).unwrap();
    assert_eq!(p.pattern().unwrap().normalised(), "0198-a");
    assert_eq!(p.methods(), ["POST"]);
    assert!(Webhook.check(&node).is_empty());
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn secret(fields: Value) -> Secret {
    Secret { kind: "test".into(), name: "test".into(), fields: object(fields) }
}

fn ask(mode: &str, fields: Value, headers: &[(&str, &str)]) -> Result<Admitted, String> {
    let p: Parameters = crate::lenient::from_value(&json!({"authentication": mode})).unwrap();
    let now = jiff::Timestamp::from_second(1_000_000).unwrap();
    let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    authorise(&p, &secret(fields), header, now).map_err(|e| e.code)
}

#[test]
fn who_may_call() {
    let check = |mode: &str, fields: Value, headers: &[(&str, &str)], hidden: Result<&str, &str>| {
        let got = ask(mode, fields, headers).map(|a| a.secret_header.unwrap_or_default());
        assert_eq!(got, hidden.map(str::to_owned).map_err(str::to_owned), "{mode} {headers:?}");
    };
    let basic = || json!({"user": "ana", "password": "s3cret"});
    let wrong = Err("credential_wrong");
    check("none", json!({}), &[], Ok(""));
    check("basic", basic(), &[("authorization", "Basic YW5hOnMzY3JldA==")], Ok("authorization"));
    check("basic", basic(), &[("authorization", "basic YW5hOnMzY3JldA==")], Ok("authorization"));
    check("basic", basic(), &[("authorization", "Basic YW5hOnMzY3JldB==")], wrong);
    check("basic", basic(), &[("authorization", "Bearer YW5hOnMzY3JldA==")], wrong);
    check("basic", basic(), &[], wrong);
    check("basic", json!({"user": "", "password": ""}), &[("authorization", "Basic Og==")], wrong);
    let header = || json!({"name": "X-Key", "value": "k1"});
    check("header", header(), &[("x-key", "k1")], Ok("x-key"));
    check("header", header(), &[("x-key", "k2")], wrong);
    check("header", header(), &[], wrong);
    check("header", json!({"name": "X-Key", "value": ""}), &[("x-key", "")], wrong);
}

#[test]
fn tokens() {
    let token = |algorithm: jsonwebtoken::Algorithm, key: &str, claims: Value| {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(key.as_bytes()));
        format!("Bearer {}", token.unwrap())
    };
    let hs = jsonwebtoken::Algorithm::HS256;
    let fields = || json!({"algorithm": "HS256", "secret": "the secret of the token"});
    let check = |header: &str, expected: Result<Value, &str>| {
        let got =
            ask("jwt", fields(), &[("authorization", header)]).map(|a| a.claims.map_or(Value::Null, Value::Object));
        assert_eq!(got, expected.map_err(str::to_owned), "{header}");
    };
    let key = "the secret of the token";
    check(&token(hs, key, json!({"sub": "ana"})), Ok(json!({"sub": "ana"})));
    check(&token(hs, key, json!({"exp": 999_950})), Ok(json!({"exp": 999_950})));
    check(&token(hs, key, json!({"exp": 999_000})), Err("token_expired"));
    check(&token(hs, key, json!({"nbf": 1_001_000})), Err("token_early"));
    check(&token(hs, "another", json!({})), Err("token_wrong"));
    check(&token(jsonwebtoken::Algorithm::HS512, key, json!({})), Err("token_wrong"));
    check("Bearer eyJhbGciOiJub25lIn0.e30.", Err("token_wrong"));
    check("Bearer x", Err("token_wrong"));
    check("Basic x", Err("token_missing"));
}

#[test]
fn a_call_becomes_an_item_without_its_secret() {
    let admitted = Admitted { secret_header: Some("x-key".into()), claims: Some(object(json!({"sub": "a"}))) };
    let call = Call {
        method: "POST",
        url: "/webhook/orders/7?q=1&q=x%20y&r=",
        headers: [("authorization", "Basic x"), ("x-a", "1"), ("x-a", "2"), ("x-key", "k")]
            .map(|(n, v)| (n, v.into()))
            .into(),
        path: HashMap::from([("id".into(), "7".into())]),
        query: "q=1&q=x%20y&r=",
        body: json!([1]),
        files: BTreeMap::from([("data".into(), blob("a.pdf"))]),
    };
    let made = item(call, &admitted);
    let expected = json!({"method": "POST", "url": "/webhook/orders/7?q=1&q=x%20y&r=",
        "headers": {"authorization": "Basic x", "x-a": "1, 2"}, "params": {"id": "7"},
        "query": {"q": ["1", "x y"], "r": ""}, "body": [1], "jwt": {"sub": "a"}});
    assert_eq!(Value::Object(made.json), expected);
    assert_eq!(made.binary["data"].id, "a.pdf");
    assert_eq!(item(Call::default(), &Admitted::default()).json["body"], json!({}));
}

fn blob(name: &str) -> BlobRef {
    BlobRef { id: name.into(), file_name: name.into(), mime: "application/pdf".into(), size: 1 }
}

#[test]
fn what_a_caller_gets_at_the_end() {
    let mut with_file = Item::new(object(json!({"a": 1})));
    with_file.binary.insert("data".into(), blob("ação.pdf"));
    let items = [Arc::new(with_file), Arc::new(Item::new(object(json!({"a": 2}))))];
    let check = |data: &str, items: &[Arc<Item>], status: u16, body: AnswerBody| {
        let p: Parameters = crate::lenient::from_value(&json!({"answer_data": data})).unwrap();
        let answer = p.answer_at_end(items);
        assert_eq!((answer.status, answer.body), (status, body), "{data}");
    };
    check("automatic", &items, 200, AnswerBody::Blob(blob("ação.pdf")));
    check("automatic", &items[1..], 200, AnswerBody::Json(json!({"a": 2})));
    check("automatic", &[], 200, AnswerBody::Json(json!({})));
    check("first_item", &items, 200, AnswerBody::Json(json!({"a": 1})));
    check("first_item", &[], 200, AnswerBody::Json(json!({})));
    check("all_items", &items, 200, AnswerBody::Json(json!([{"a": 1}, {"a": 2}])));
    check("first_file", &items, 200, AnswerBody::Blob(blob("ação.pdf")));
    check("first_file", &items[1..], 204, AnswerBody::Empty);
    check("nothing", &items, 204, AnswerBody::Empty);
}
