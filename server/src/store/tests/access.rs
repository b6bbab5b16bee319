//! Users, sessions, keys, attempts, credentials, blobs, settings.

use flow::api::Role;
use serde_json::json;

use crate::store::testing::{each, run};
use crate::store::{
    BlobRow, CredentialRow, KeyRow, Op, PageOf, SessionRow, Store, StoreError, UserPatch, UserRow, new_id, time,
};
use crate::vault::Sealed;

fn user(email: &str, role: Role) -> UserRow {
    UserRow {
        id: new_id(),
        email: email.into(),
        name: "Ana".into(),
        password_hash: "$argon2id$x".into(),
        role,
        disabled: false,
        created_at: time::now(),
        last_seen_at: None,
    }
}

#[tokio::test]
async fn there_is_one_first_user_and_always_an_owner() {
    each(async |store: Store| {
        // Who is no owner leaves the first start open.
        let editor = user("ed@example.com", Role::Editor);
        store.insert_user(editor.clone()).await.unwrap();
        assert!(!store.has_owner().await.unwrap());
        let named = UserPatch { name: Some("Ed".into()), ..UserPatch::default() };
        store.update_user(&editor.id, named, 1).await.unwrap();
        store.delete_user(&editor.id).await.unwrap();
        let first = user("ana@example.com", Role::Owner);
        store.insert_first_owner(first.clone()).await.unwrap();
        let late = store.insert_first_owner(user("eve@example.com", Role::Owner)).await;
        assert!(matches!(late, Err(StoreError::Refused(_))));
        let same = store.insert_user(user("ANA@example.com", Role::Editor)).await;
        assert!(matches!(same, Err(StoreError::Duplicate(ref words)) if words.contains("e-mail")), "{same:?}");
        assert_eq!(store.user_by_email("Ana@Example.com").await.unwrap().as_ref(), Some(&first));
        assert!(store.has_owner().await.unwrap());

        let now = time::now();
        let demote = UserPatch { role: Some(Role::Viewer), ..UserPatch::default() };
        assert!(matches!(store.update_user(&first.id, demote.clone(), now).await, Err(StoreError::Refused(_))));
        assert!(matches!(store.delete_user(&first.id).await, Err(StoreError::Refused(_))));
        assert_eq!(store.user(&first.id).await.unwrap(), first, "nothing changed");
        let second = user("rui@example.com", Role::Owner);
        store.insert_user(second.clone()).await.unwrap();
        assert_eq!(store.update_user(&first.id, demote, now).await.unwrap().role, Role::Viewer);
        store.touch_user(&first.id, now).await.unwrap();
        assert_eq!(store.user(&first.id).await.unwrap().last_seen_at, Some(now));
        store.delete_user(&first.id).await.unwrap();
        assert_eq!(store.users().await.unwrap(), [second]);
    })
    .await;
}

#[tokio::test]
async fn a_session_rotates_once_and_ends_with_the_user() {
    each(async |store: Store| {
        let person = user("ana@example.com", Role::Owner);
        store.insert_user(person.clone()).await.unwrap();
        let row = SessionRow {
            id: new_id(),
            user_id: person.id.clone(),
            generation: 1,
            created_at: 1,
            rotated_at: 1,
            expires_at: 1000,
            revoked_at: None,
            address: "10.0.0.1".into(),
            agent: "a browser".into(),
        };
        let kept = SessionRow { id: new_id(), ..row.clone() };
        store.insert_session(kept.clone()).await.unwrap();
        store.insert_session(row.clone()).await.unwrap();
        assert!(store.rotate_session(&row.id, 1, 5, 2000).await.unwrap());
        assert!(!store.rotate_session(&row.id, 1, 6, 2000).await.unwrap());
        let expected = SessionRow { generation: 2, rotated_at: 5, expires_at: 2000, ..row.clone() };
        assert_eq!(store.session(&row.id).await.unwrap(), Some(expected));
        let password = UserPatch {
            password_hash: Some("$argon2id$y".into()),
            keep_session: Some(kept.id.clone()),
            ..UserPatch::default()
        };
        store.update_user(&person.id, password, 9).await.unwrap();
        assert_eq!(store.session(&row.id).await.unwrap().unwrap().revoked_at, Some(9));
        assert!(!store.rotate_session(&row.id, 2, 10, 3000).await.unwrap());
        assert_eq!(store.sessions_of(&person.id, 10, &PageOf::default()).await.unwrap().items, [kept]);
        assert!(store.sessions_of(&person.id, 1000, &PageOf::default()).await.unwrap().items.is_empty(), "expired");
    })
    .await;
}

#[tokio::test]
async fn keys_attempts_and_settings_keep_what_they_are_given() {
    each(async |store: Store| {
        let key = KeyRow {
            id: new_id(),
            name: "ci".into(),
            role: Role::Editor,
            prefix: "fluxo_ab".into(),
            hash: "00ff".into(),
            created_by: "ana".into(),
            created_at: 1,
            last_used_at: None,
            expires_at: Some(5),
        };
        store.insert_key(key.clone()).await.unwrap();
        assert_eq!(store.key_by_hash("00ff").await.unwrap(), Some(key.clone()));
        store.touch_key(&key.id, 3).await.unwrap();
        assert_eq!(store.keys().await.unwrap()[0].last_used_at, Some(3));
        store.delete_key(&key.id).await.unwrap();
        assert_eq!(store.key_by_hash("00ff").await.unwrap(), None);
        assert!(matches!(store.delete_key(&key.id).await, Err(StoreError::NotFound("API key"))));

        assert_eq!(store.attempts("a").await.unwrap().failures, 0);
        store.count_failure("a", 100, 0).await.unwrap();
        let second = store.count_failure("a", 200, 50).await.unwrap();
        assert_eq!((second.failures, second.since, second.last_at), (2, 100, 200));
        let anew = store.count_failure("a", 900, 800).await.unwrap();
        assert_eq!((anew.failures, anew.since), (1, 900));
        store.clear_attempts("a").await.unwrap();
        assert_eq!(store.attempts("a").await.unwrap().failures, 0);

        assert_eq!(store.setting("k").await.unwrap(), None);
        assert_eq!(store.setting_or("k", "1").await.unwrap(), "1");
        assert_eq!(store.setting_or("k", "2").await.unwrap(), "1");
        store.set_setting("k", "3").await.unwrap();
        assert_eq!(store.setting("k").await.unwrap().as_deref(), Some("3"));
    })
    .await;
}

#[tokio::test]
async fn credentials_and_blobs_go_round() {
    each(async |store: Store| {
        let row = CredentialRow {
            id: new_id(),
            name: "Certificate".into(),
            kind: "pkcs12".into(),
            summary: json!({"name": "ACME", "key": "RSA 2048"}).as_object().unwrap().clone(),
            sealed: Sealed { key: "0011aabb".into(), bytes: vec![0, 255, 7] },
            created_at: 1,
            updated_at: 1,
            updated_by: "ana".into(),
            expires_at: Some(5),
        };
        store.insert_credential(row.clone()).await.unwrap();
        assert_eq!(store.credential(&row.id).await.unwrap(), row);
        let changed = CredentialRow { name: "New".into(), updated_at: 2, expires_at: None, ..row.clone() };
        store.update_credential(changed.clone()).await.unwrap();
        assert_eq!(store.credentials().await.unwrap(), [changed]);
        let fresh = Sealed { key: "ffffffff".into(), bytes: vec![9] };
        assert!(store.reseal_credential(&row.id, &row.sealed, &fresh).await.unwrap());
        assert!(!store.reseal_credential(&row.id, &row.sealed, &fresh).await.unwrap(), "it is another value by now");
        assert_eq!(store.credential(&row.id).await.unwrap().sealed, fresh);
        store.delete_credential(&row.id).await.unwrap();
        assert!(matches!(store.credential(&row.id).await, Err(StoreError::NotFound("credential"))));
        assert!(matches!(store.update_credential(row).await, Err(StoreError::NotFound("credential"))));

        let owner = run("f");
        store.commit(vec![Op::InsertRun(Box::new(owner.clone()))]).await.unwrap();
        let blob = |run: Option<&str>| BlobRow {
            id: new_id(),
            run_id: run.map(str::to_owned),
            file_name: "a.pdf".into(),
            mime: "application/pdf".into(),
            size: 5_000_000_000,
            created_at: time::now(),
        };
        let rows = [blob(Some(&owner.id)), blob(Some("gone")), blob(None)];
        for row in &rows {
            store.insert_blob(row.clone()).await.unwrap();
        }
        assert_eq!(store.blob(&rows[0].id).await.unwrap(), rows[0]);
        let used = blob(None);
        store.insert_blob(used.clone()).await.unwrap();
        let names = || Op::UseBlobs { run: owner.id.clone(), blobs: vec![used.id.clone(), used.id.clone()] };
        store.commit(vec![names()]).await.unwrap();
        store.commit(vec![names()]).await.unwrap();
        let later = time::now() + 10;
        assert!(store.delete_orphan_blobs(rows[0].created_at - 10, 10).await.unwrap().is_empty());
        assert_eq!(store.delete_orphan_blobs(later, 1).await.unwrap(), [rows[1].id.clone()]);
        assert_eq!(store.delete_orphan_blobs(later, 10).await.unwrap(), [rows[2].id.clone()]);
        assert!(matches!(store.blob(&rows[1].id).await, Err(StoreError::NotFound("file"))));
        // What a run made or names goes with it.
        let mut end = owner.update();
        (end.status, end.finished_at) = (flow::RunStatus::Failed, Some(time::now()));
        store.commit(vec![Op::UpdateRun(Box::new(end))]).await.unwrap();
        assert_eq!(store.delete_runs(std::slice::from_ref(&owner.id)).await.unwrap(), 1);
        assert_eq!(store.delete_orphan_blobs(later, 10).await.unwrap(), [rows[0].id.clone(), used.id]);
    })
    .await;
}
