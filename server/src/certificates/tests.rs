//! A clock that is moved, on both databases, with several servers.

use flow::api::{CertificateState, NoticeCode};
use futures_util::future::join_all;
use serde_json::json;

use super::*;
use crate::store::testing::{each, each_options};
use crate::store::{StoreOptions, new_id};
use crate::vault::Sealed;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn credential(name: &str, not_after: &str) -> CredentialRow {
    let summary = json!({"name": "Ana", "issuer": "AC", "serial": "01", "key": "RSA 2048", "seal": true,
        "not_before": "2026-01-01T00:00:00Z", "not_after": not_after});
    let summary = summary.as_object().unwrap().clone();
    CredentialRow {
        id: new_id(),
        name: name.into(),
        kind: "pkcs12".into(),
        expires_at: ends(&summary),
        summary,
        sealed: Sealed { key: String::new(), bytes: vec![1] },
        created_at: 1,
        updated_at: 1,
        updated_by: "ana".into(),
    }
}

#[test]
fn a_certificate_stands_as_its_dates_say() {
    let row = credential("A1", "2026-07-01T12:00:00Z");
    let check = |now: &str, state: CertificateState, days_left: i64| {
        let found = of(&row.summary, &Outlook { now: at(now), days: 30 }).unwrap();
        assert_eq!((found.state, found.days_left), (state, days_left), "{now}");
    };
    check("2025-12-31T23:59:59Z", CertificateState::NotYetValid, 181);
    check("2026-06-01T12:00:00Z", CertificateState::Valid, 30);
    check("2026-06-01T12:00:01Z", CertificateState::EndsSoon, 29);
    check("2026-07-01T12:00:00Z", CertificateState::EndsSoon, 0);
    check("2026-07-01T12:00:01Z", CertificateState::Expired, -1);
    let outlook = Outlook { now: at("2026-06-20T00:00:00Z"), days: 0 };
    assert_eq!(of(&row.summary, &outlook).unwrap().state, CertificateState::Valid);
    let shown = of(&row.summary, &outlook).unwrap();
    assert_eq!((shown.seal, shown.icp_brasil, shown.cpf), (true, false, None));
    assert_eq!(shown.not_after, "2026-07-01T12:00:00.000Z");
    assert_eq!(of(json!({"user": "ana"}).as_object().unwrap(), &outlook), None);
}

#[tokio::test]
async fn it_is_warned_of_once_a_day_from_the_first_day() {
    each(async |store: Store| {
        store.insert_credential(credential("later", "2027-01-01T00:00:00Z")).await.unwrap();
        store.insert_credential(credential("A1", "2026-07-01T12:00:00Z")).await.unwrap();
        let warned = async |now: &str| {
            let rows = warn(&store, &Outlook { now: at(now), days: 30 }).await.unwrap();
            rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert!(warned("2026-06-01T11:17:00Z").await.is_empty(), "30 days and more are left");
        assert_eq!(warned("2026-06-01T12:17:00Z").await, ["A1"]);
        assert!(warned("2026-06-01T13:17:00Z").await.is_empty(), "once a day");
        assert_eq!(warned("2026-06-02T00:17:00Z").await, ["A1"]);
        assert!(warned("2026-06-02T23:17:00Z").await.is_empty());
        assert_eq!(warned("2026-08-09T00:17:00Z").await, ["A1"], "after its end, too");
        assert_eq!(warned("2026-12-24T00:17:00Z").await, ["A1", "later"]);
    })
    .await;
}

#[tokio::test]
async fn of_several_servers_one_warns() {
    each_options(async |options| {
        // SQLite has one server; a second connection beside it is what commands have.
        let options = StoreOptions { alone: false, ..options };
        let mut stores = Vec::new();
        for _ in 0..4 {
            stores.push(Store::open(&options).await.unwrap());
        }
        stores[0].insert_credential(credential("A1", "2026-07-01T12:00:00Z")).await.unwrap();
        for day in ["2026-06-10", "2026-06-11", "2026-06-12"] {
            let outlook = Outlook { now: at(&format!("{day}T08:17:00Z")), days: 30 };
            let warned = join_all(stores.iter().map(|store| warn(store, &outlook))).await;
            let said = warned.into_iter().filter(|rows| !rows.as_ref().unwrap().is_empty()).count();
            assert_eq!(said, 1, "{day}");
        }
        for store in stores {
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn notices_say_what_ends_and_what_ended() {
    each(async |store: Store| {
        for (name, end) in [("c", "2026-06-20T00:00:00Z"), ("b", "2026-06-05T00:00:00Z"), ("d", "2030-01-01T00:00:00Z")]
        {
            store.insert_credential(credential(name, end)).await.unwrap();
        }
        let outlook = Outlook { now: at("2026-06-10T00:00:00Z"), days: 30 };
        let first = notices(&store, &outlook, &PageOf { limit: Some(1), cursor: None }).await.unwrap();
        assert_eq!((first.items[0].code, first.items[0].name.as_str()), (NoticeCode::CertificateExpired, "b"));
        let expected = "The certificate of “b” expired on 2026-06-05. Get a new one and replace it in the credential.";
        assert_eq!(first.items[0].text.en, expected);
        let rest = notices(&store, &outlook, &PageOf { limit: Some(1), cursor: first.next }).await.unwrap();
        assert_eq!((rest.items[0].code, rest.items[0].name.as_str()), (NoticeCode::CertificateEndsSoon, "c"));
        assert!(rest.items[0].text.pt.contains("termina em 2026-06-20"));
        assert_eq!((rest.items[0].at.as_str(), rest.next), ("2026-06-20T00:00:00.000Z", None));
    })
    .await;
}
