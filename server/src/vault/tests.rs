use serde_json::Map;

use super::*;
use crate::store::{CredentialRow, new_id, testing};

fn vault(keys: &str) -> Vault {
    Vault::new(&VaultOptions { key: Some(keys.into()), ..VaultOptions::default() }).unwrap()
}

fn wrong(keys: &str) -> String {
    Vault::new(&VaultOptions { key: Some(keys.into()), ..VaultOptions::default() }).unwrap_err().to_string()
}

const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const B: &str = "0101010101010101010101010101010101010101010101010101010101010101";

#[test]
fn a_sealed_value_opens_with_its_key_and_context_alone() {
    let (first, second) = (vault(A), vault(B));
    let sealed = first.seal(b"secret", b"row 1").unwrap();
    assert_eq!(first.open(&sealed, b"row 1").unwrap(), b"secret");
    assert!(!sealed.bytes.windows(6).any(|part| part == b"secret"));
    assert_ne!(first.seal(b"secret", b"row 1").unwrap().bytes, sealed.bytes, "nonces differ");
    assert!(matches!(first.open(&sealed, b"row 2"), Err(VaultError::Damaged)));
    assert!(matches!(second.open(&sealed, b"row 1"), Err(VaultError::UnknownKey(_))));
    let forged = Sealed { key: second.seal(b"", b"").unwrap().key, ..sealed.clone() };
    assert!(matches!(second.open(&forged, b"row 1"), Err(VaultError::Damaged)));
    for at in 0..sealed.bytes.len() {
        let mut bytes = sealed.bytes.clone();
        bytes[at] ^= 1;
        assert!(first.open(&Sealed { bytes, ..sealed.clone() }, b"row 1").is_err(), "byte {at}");
    }
    assert!(first.open(&Sealed { bytes: vec![1; 5], ..sealed }, b"row 1").is_err());
}

#[test]
fn keys_are_read_in_every_usual_form() {
    // SHA-256 of 32 zero bytes begins with 66687aad.
    assert_eq!(vault(A).seal(b"", b"").unwrap().key, "66687aad");
    assert_eq!(vault(A.trim_end_matches('=')).seal(b"", b"").unwrap().key, "66687aad");
    assert_eq!(vault(&"0".repeat(64)).seal(b"", b"").unwrap().key, "66687aad");
    assert_eq!(vault(&format!("# remark\n{A}\n{B}\n")).keys.len(), 2);
    assert_eq!(vault(&format!("{B}, {A}")).keys.len(), 2);
    assert!(wrong("").contains("there is none"));
    assert!(wrong("c2hvcnQ=").contains("32 bytes"));
    assert!(wrong("not a key!").contains("FLUXO_KEY"));
}

#[test]
fn no_key_is_shown() {
    let options = VaultOptions { key: Some(B.into()), ..VaultOptions::default() };
    let shown = format!("{options:?} {:?} {}", vault(B), wrong(&B[1..]));
    assert!(!shown.contains("0101"), "{shown}");
}

#[test]
fn a_key_file_is_made_once_and_kept_private() {
    let folder = tempfile::tempdir().unwrap();
    let options = VaultOptions { folder: folder.path().to_owned(), ..VaultOptions::default() };
    let sealed = Vault::new(&options).unwrap().seal(b"secret", b"").unwrap();
    assert_eq!(Vault::new(&options).unwrap().open(&sealed, b"").unwrap(), b"secret");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["fluxo.key"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("fluxo.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let named = VaultOptions { key_file: Some(folder.path().join("other.key")), ..options };
    let error = Vault::new(&named).unwrap_err().to_string();
    assert!(error.contains("other.key"), "a named file is not made: {error}");
}

#[tokio::test]
async fn a_wrong_key_is_told_at_the_start() {
    testing::each(async |store: Store| {
        vault(A).verify(&store).await.unwrap();
        vault(A).verify(&store).await.unwrap();
        let error = vault(B).verify(&store).await.unwrap_err();
        assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
        assert!(error.to_string().starts_with("The key in FLUXO_KEY does not open the stored credentials"), "{error}");
        vault(&format!("{B},{A}")).verify(&store).await.unwrap();
    })
    .await;
}

fn credential(vault: &Vault) -> CredentialRow {
    let id = new_id();
    CredentialRow {
        sealed: vault.seal(b"{}", id.as_bytes()).unwrap(),
        id,
        name: "bank".into(),
        kind: "http_bearer".into(),
        summary: Map::new(),
        created_at: 1,
        updated_at: 1,
        updated_by: "ana".into(),
        expires_at: None,
    }
}

#[test]
fn a_key_file_may_hold_the_bytes_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("raw");
    let options = VaultOptions { key_file: Some(path.clone()), ..VaultOptions::default() };
    for raw in [[0; 32], [0xff; 32], [b'\n'; 32]] {
        std::fs::write(&path, raw).unwrap();
        let key = Vault::new(&options).unwrap().seal(b"", b"").unwrap().key;
        std::fs::write(&path, BASE64_STANDARD.encode(raw)).unwrap();
        assert_eq!(Vault::new(&options).unwrap().seal(b"", b"").unwrap().key, key);
    }
    std::fs::write(&path, [0xff; 31]).unwrap();
    assert!(matches!(Vault::new(&options), Err(VaultError::Format { .. })));
}

#[tokio::test]
async fn a_key_that_was_put_first_takes_over() {
    testing::each(async |store: Store| {
        let old = vault(A);
        old.verify(&store).await.unwrap();
        let row = credential(&old);
        store.insert_credential(row.clone()).await.unwrap();
        let given = |keys: &str| VaultOptions { key: Some(keys.into()), ..VaultOptions::default() };
        assert!(matches!(Vault::rotate(&given(A), &store).await, Err(VaultError::NoNewKey)));
        let both = given(&format!("{B},{A}"));
        assert_eq!(Vault::rotate(&both, &store).await.unwrap().moved, 1);
        assert!(matches!(Vault::rotate(&both, &store).await, Err(VaultError::NoNewKey)));
        let new = vault(B);
        new.verify(&store).await.unwrap();
        let stored = store.credential(&row.id).await.unwrap();
        assert_eq!(new.open(&stored.sealed, row.id.as_bytes()).unwrap(), b"{}");
        assert!(matches!(old.verify(&store).await, Err(VaultError::WrongKey { .. })));
    })
    .await;
}

#[tokio::test]
async fn rotating_makes_a_new_key_in_the_file() {
    testing::each(async |store: Store| {
        let folder = tempfile::tempdir().unwrap();
        let options = VaultOptions { folder: folder.path().to_owned(), ..VaultOptions::default() };
        assert!(matches!(Vault::existing(&options), Err(VaultError::NoKey(_))));
        let old = Vault::new(&options).unwrap();
        old.verify(&store).await.unwrap();
        store.insert_credential(credential(&old)).await.unwrap();
        let first = Vault::rotate(&options, &store).await.unwrap();
        assert_eq!(first.moved, 1);
        let new = Vault::new(&options).unwrap();
        assert_eq!((new.keys[0].id(), new.keys[1].id()), (first.key.as_str(), old.keys[0].id()));
        new.verify_all(&store).await.unwrap();
        let text = std::fs::read_to_string(folder.path().join("fluxo.key")).unwrap();
        assert!(text.starts_with("# The key that Fluxo") && text.lines().count() == 3, "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("fluxo.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // A change that was cut off after the key was made goes on with that key.
        key::prepend(&folder.path().join("fluxo.key")).unwrap();
        let waiting = Vault::new(&options).unwrap().keys[0].id().to_owned();
        assert_eq!(Vault::rotate(&options, &store).await.unwrap().key, waiting);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    })
    .await;
}

#[tokio::test]
async fn credentials_that_do_not_open_are_named() {
    testing::each(async |store: Store| {
        vault(A).verify(&store).await.unwrap();
        assert_eq!(vault(A).verify_all(&store).await.unwrap(), 0);
        store.insert_credential(credential(&vault(B))).await.unwrap();
        let error = vault(A).verify_all(&store).await.unwrap_err().to_string();
        assert!(error.contains("bank"), "{error}");
        assert_eq!(vault(&format!("{A},{B}")).verify_all(&store).await.unwrap(), 1);
    })
    .await;
}
