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

#[tokio::test]
async fn a_new_key_takes_over() {
    testing::each(async |store: Store| {
        let old = vault(A);
        old.verify(&store).await.unwrap();
        let id = new_id();
        let row = CredentialRow {
            sealed: old.seal(b"{}", id.as_bytes()).unwrap(),
            id,
            name: "c".into(),
            kind: "http_bearer".into(),
            summary: Map::new(),
            created_at: 1,
            updated_at: 1,
            updated_by: "ana".into(),
        };
        store.insert_credential(row.clone()).await.unwrap();
        let both = vault(&format!("{B},{A}"));
        assert_eq!(both.reseal_all(&store).await.unwrap(), 1);
        assert_eq!(both.reseal_all(&store).await.unwrap(), 0);
        let new = vault(B);
        new.verify(&store).await.unwrap();
        let stored = store.credential(&row.id).await.unwrap();
        assert_eq!(new.open(&stored.sealed, row.id.as_bytes()).unwrap(), b"{}");
        assert!(matches!(old.verify(&store).await, Err(VaultError::WrongKey { .. })));
    })
    .await;
}
