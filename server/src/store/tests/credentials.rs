//! What is kept of a credential's certificate beside it.

use serde_json::{Map, json};

use crate::store::testing::each;
use crate::store::{CredentialRow, PageOf, Store, new_id};
use crate::vault::Sealed;

fn row(name: &str, kind: &str, expires_at: Option<i64>) -> CredentialRow {
    CredentialRow {
        id: new_id(),
        name: name.into(),
        kind: kind.into(),
        summary: Map::new(),
        sealed: Sealed { key: "0011aabb".into(), bytes: name.as_bytes().to_vec() },
        created_at: 1,
        updated_at: 1,
        updated_by: "ana".into(),
        expires_at,
    }
}

#[tokio::test]
async fn what_ends_first_comes_first() {
    each(async |store: Store| {
        let ends =
            [("c", Some(30)), ("a", Some(10)), ("none", None), ("b", Some(20)), ("b2", Some(20)), ("z", Some(99))];
        for (name, at) in ends {
            store.insert_credential(row(name, "pkcs12", at)).await.unwrap();
        }
        let (mut names, mut page) = (Vec::new(), PageOf { limit: Some(2), cursor: None });
        loop {
            let found = store.expiring(31, &page).await.unwrap();
            names.extend(found.items.into_iter().map(|row| (row.name, row.expires_at)));
            page.cursor = found.next;
            if page.cursor.is_none() {
                break;
            }
        }
        let expected = [("a", 10), ("b", 20), ("b2", 20), ("c", 30)];
        assert_eq!(names, expected.map(|(name, at)| (name.to_owned(), at)));
        assert!(store.expiring(10, &PageOf::default()).await.unwrap().items.is_empty(), "it ends after that");
    })
    .await;
}

#[tokio::test]
async fn an_older_credential_gets_what_its_certificate_says() {
    each(async |store: Store| {
        let (old, other) = (row("old", "pkcs12", None), row("token", "http_bearer", None));
        for row in [&old, &other, &row("new", "pkcs12", Some(5)), &row("mtls", "mtls", None)] {
            store.insert_credential(row.clone()).await.unwrap();
        }
        let kinds = ["pkcs12", "mtls"];
        let unread = async |after: &str, limit| {
            let rows = store.credentials_unread(&kinds, after, limit).await.unwrap();
            rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert_eq!(unread("", 9).await, ["old", "mtls"]);
        assert_eq!((unread("", 1).await, unread(&old.id, 9).await), (vec!["old".to_owned()], vec!["mtls".to_owned()]));

        let summary = json!({"name": "Ana"}).as_object().unwrap().clone();
        let read = CredentialRow { summary, expires_at: Some(7), ..old.clone() };
        assert!(store.keep_certificate(read.clone()).await.unwrap());
        assert_eq!(store.credential(&old.id).await.unwrap(), read);
        assert_eq!(unread("", 9).await, ["mtls"]);
        // The secret was replaced while the former one was read.
        let sealed = Sealed { key: "0011aabb".into(), bytes: vec![9] };
        let replaced = CredentialRow { sealed, expires_at: Some(8), ..old };
        store.update_credential(replaced.clone()).await.unwrap();
        assert!(!store.keep_certificate(read).await.unwrap());
        assert_eq!(store.credential(&replaced.id).await.unwrap(), replaced);
    })
    .await;
}

#[tokio::test]
async fn a_turn_is_taken_once() {
    each(async |store: Store| {
        for (value, expected) in [("monday", true), ("monday", false), ("tuesday", true), ("tuesday", false)] {
            assert_eq!(store.take_turn("turn", value).await.unwrap(), expected, "{value}");
        }
        assert_eq!(store.setting("turn").await.unwrap().as_deref(), Some("tuesday"));
    })
    .await;
}
