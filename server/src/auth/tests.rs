use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use flow::api::{NewApiKey, NewUser, UserChange};

use super::*;
use crate::store::PageOf;
use crate::store::testing::each;
use crate::vault::VaultOptions;

const DAY: i64 = 86_400_000;
const PASSWORD: &str = "correct horse";

/// Sign-in over a store, with a clock to turn.
struct Case {
    auth: Auth,
    store: Store,
    clock: Arc<AtomicI64>,
}

impl Case {
    fn new(store: Store) -> Self {
        let clock = Arc::new(AtomicI64::new(time::now()));
        let vault = vault("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        Self { auth: at(&store, &vault, &clock), store, clock }
    }

    fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    async fn owner(&self) -> flow::api::User {
        self.auth.setup(person("Ana@Example.com"), &from("10.0.0.1")).await.unwrap()
    }

    async fn sign_in(&self, password: &str) -> Result<Tokens> {
        self.auth.sign_in("ana@example.com", password, &from("10.0.0.1")).await
    }
}

fn at(store: &Store, vault: &Vault, clock: &Arc<AtomicI64>) -> Auth {
    let clock = clock.clone();
    Auth::with_clock(store.clone(), vault, move || clock.load(Ordering::SeqCst))
}

fn vault(keys: &str) -> Vault {
    Vault::new(&VaultOptions { key: Some(keys.into()), ..VaultOptions::default() }).unwrap()
}

fn from(address: &str) -> Client {
    Client { address: address.into(), agent: "Firefox".into() }
}

fn person(email: &str) -> NewUser {
    NewUser { email: email.into(), name: String::new(), password: PASSWORD.into(), role: Role::Editor }
}

#[tokio::test]
async fn the_first_user_is_the_owner_and_signs_in() {
    each(async |store: Store| {
        let case = Case::new(store);
        assert!(case.auth.session(None).await.unwrap().setup_required);
        let owner = case.owner().await;
        assert_eq!((owner.role, owner.email.as_str()), (Role::Owner, "ana@example.com"));
        assert!(matches!(
            case.auth.setup(person("eve@example.com"), &from("10.0.0.1")).await,
            Err(AuthError::Store(StoreError::Refused(_)))
        ));
        let tokens = case.auth.sign_in(" ANA@example.com", PASSWORD, &from("10.0.0.1")).await.unwrap();
        let caller = case.auth.authenticate_jwt(&tokens.access).await.unwrap();
        assert_eq!((&caller.id, caller.name.as_str(), caller.role), (&owner.id, "ana@example.com", Role::Owner));
        let session = case.auth.session(Some(&caller)).await.unwrap();
        assert!(!session.setup_required && session.user.unwrap().last_seen_at.is_some());
        let stored = case.store.user(&caller.id).await.unwrap().password_hash;
        assert!(stored.starts_with("$argon2id$v=19$m=32768,t=2,p=1$"), "{stored}");
    })
    .await;
}

#[tokio::test]
async fn what_is_entered_is_checked() {
    each(async |store: Store| {
        let case = Case::new(store);
        for email in ["", "ana", "@x", "a@", "a b@c", "a@b@c"] {
            assert!(matches!(case.auth.add_user(person(email)).await, Err(AuthError::Email)), "{email}");
        }
        let long = "x".repeat(2000);
        for password in ["short", "ana@example.com", &long] {
            let user = NewUser { password: password.into(), ..person("ana@example.com") };
            assert!(matches!(case.auth.add_user(user).await, Err(AuthError::Password(_))), "{password}");
        }
        assert!(case.auth.setup_required().await.unwrap());
        case.auth.add_user(NewUser { password: "ação ação".repeat(2), ..person("ana@example.com") }).await.unwrap();
        let same = case.auth.add_user(person("ANA@example.com")).await;
        assert!(matches!(same, Err(AuthError::Store(StoreError::Duplicate(_)))));
    })
    .await;
}

#[tokio::test]
async fn an_access_token_ends_and_can_not_be_forged() {
    each(async |store: Store| {
        let case = Case::new(store.clone());
        case.owner().await;
        let tokens = case.sign_in(PASSWORD).await.unwrap();
        let ends = async |token: &str| {
            assert!(matches!(case.auth.authenticate_jwt(token).await, Err(AuthError::NotSignedIn)), "{token}")
        };
        ends("").await;
        ends(&tokens.refresh).await;
        let mut parts: Vec<&str> = tokens.access.split('.').collect();
        // {"alg":"none"}
        parts[0] = "eyJhbGciOiJub25lIn0";
        ends(&parts.join(".")).await;
        ends(&format!("{}.{}.", parts[0], parts[1])).await;
        let other = at(&store, &vault(&"01".repeat(32)), &case.clock);
        assert!(other.authenticate_jwt(&tokens.access).await.is_err() && other.refresh(&tokens.refresh).await.is_err());
        let both = at(
            &store,
            &vault(&format!("{},AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "01".repeat(32))),
            &case.clock,
        );
        assert!(both.authenticate_jwt(&tokens.access).await.is_ok(), "a new key signs nobody out");
        case.pass(token::ACCESS * 1000 - 1000);
        assert!(case.auth.authenticate_jwt(&tokens.access).await.is_ok());
        case.pass(1000);
        ends(&tokens.access).await;
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_session() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.owner().await;
        let first = case.sign_in(PASSWORD).await.unwrap();
        let second = case.auth.refresh(&first.refresh).await.unwrap();
        assert_ne!(second.refresh, first.refresh);
        // Another tab, at the same moment: the same next token, so that whichever cookie stays is good.
        assert_eq!(case.auth.refresh(&first.refresh).await.unwrap().refresh, second.refresh);
        let third = case.auth.refresh(&second.refresh).await.unwrap();
        assert!(case.auth.authenticate_jwt(&third.access).await.is_ok());
        case.pass(60_000);
        assert!(matches!(case.auth.refresh(&second.refresh).await, Err(AuthError::SessionEnded)), "stolen");
        assert!(matches!(case.auth.refresh(&third.refresh).await, Err(AuthError::SessionEnded)));
        assert!(matches!(case.auth.authenticate_jwt(&third.access).await, Err(AuthError::NotSignedIn)));

        let other = case.sign_in(PASSWORD).await.unwrap();
        let (body, _) = other.refresh.rsplit_once('.').unwrap();
        for forged in [format!("{body}."), format!("{body}.AAAA"), "..".into(), String::new()] {
            assert!(matches!(case.auth.refresh(&forged).await, Err(AuthError::SessionEnded)), "{forged}");
        }
        let kept = case.auth.refresh(&other.refresh).await.expect("a forged token ends nobody's session");
        case.pass(31 * DAY);
        assert!(matches!(case.auth.refresh(&kept.refresh).await, Err(AuthError::SessionEnded)), "away too long");
    })
    .await;
}

#[tokio::test]
async fn signing_out_and_changes_of_a_user_hold_at_once() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.owner().await;
        let user = case.auth.add_user(person("rui@example.com")).await.unwrap();
        let enter = async || case.auth.sign_in("rui@example.com", PASSWORD, &from("10.0.0.2")).await.unwrap();
        let tokens = enter().await;
        assert_eq!(case.auth.authenticate_jwt(&tokens.access).await.unwrap().role, Role::Editor);
        case.auth
            .change_user(&user.id, UserChange { role: Some(Role::Viewer), ..UserChange::default() })
            .await
            .unwrap();
        assert_eq!(case.auth.authenticate_jwt(&tokens.access).await.unwrap().role, Role::Viewer);
        case.auth.sign_out(Some(&tokens.refresh), None).await.unwrap();
        assert!(case.auth.authenticate_jwt(&tokens.access).await.is_err());

        let tokens = enter().await;
        let password = UserChange { password: Some("another long one".into()), ..UserChange::default() };
        case.auth.change_user(&user.id, password).await.unwrap();
        assert!(
            case.auth.refresh(&tokens.refresh).await.is_err()
                && case.auth.authenticate_jwt(&tokens.access).await.is_err()
        );
        assert!(matches!(
            case.auth.sign_in("rui@example.com", PASSWORD, &from("10.0.0.2")).await,
            Err(AuthError::SignIn)
        ));
        let tokens = case.auth.sign_in("rui@example.com", "another long one", &from("10.0.0.2")).await.unwrap();
        case.auth.change_user(&user.id, UserChange { disabled: Some(true), ..UserChange::default() }).await.unwrap();
        assert!(case.auth.authenticate_jwt(&tokens.access).await.is_err());
        assert!(matches!(
            case.auth.sign_in("rui@example.com", "another long one", &from("10.0.0.2")).await,
            Err(AuthError::SignIn)
        ));
        case.auth.delete_user(&user.id).await.unwrap();
        assert_eq!(case.auth.users().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn guessing_gets_slower_and_slower() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.owner().await;
        for _ in 0..5 {
            assert!(matches!(case.sign_in("wrong password").await, Err(AuthError::SignIn)));
        }
        // Not even the right one is looked at; the person at another address is not concerned.
        assert_eq!(case.sign_in(PASSWORD).await.err().unwrap().retry_after(), Some(1));
        case.auth.sign_in("ana@example.com", PASSWORD, &from("10.9.9.9")).await.expect("the right person comes in");
        case.pass(1000);
        assert!(matches!(case.sign_in("wrong password").await, Err(AuthError::SignIn)));
        assert_eq!(case.sign_in(PASSWORD).await.err().unwrap().retry_after(), Some(2));
        case.pass(2000);
        case.sign_in(PASSWORD).await.unwrap();
        assert!(matches!(case.sign_in("wrong password").await, Err(AuthError::SignIn)), "counted anew");

        // One address that tries many users.
        for i in 0..40 {
            case.auth
                .sign_in(&format!("user{i}@example.com"), "wrong password", &from("10.0.0.66"))
                .await
                .err()
                .unwrap();
        }
        let refused = case.auth.sign_in("ana@example.com", PASSWORD, &from("10.0.0.66")).await;
        assert!(matches!(refused, Err(AuthError::TooMany(_))));
        case.sign_in(PASSWORD).await.expect("others are not kept out");
    })
    .await;
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_works_until_it_ends() {
    each(async |store: Store| {
        let case = Case::new(store);
        let new = NewApiKey { name: " ci ".into(), role: Role::Viewer, expires_in_days: Some(2) };
        let made = case.auth.add_key(new.clone(), "ana").await.unwrap();
        assert!(made.secret.len() == 49 && made.secret.starts_with(&made.key.prefix) && made.key.prefix.len() == 12);
        assert!(!format!("{:?}", case.store.keys().await.unwrap()).contains(&made.secret[12..]));
        let caller = case.auth.authenticate_key(&made.secret).await.unwrap();
        assert_eq!((caller.name.as_str(), caller.role), ("ci", Role::Viewer));
        assert!(case.auth.keys().await.unwrap()[0].last_used_at.is_some());
        assert!(case.auth.session(Some(&caller)).await.unwrap().user.is_none());
        for wrong in ["", "fluxo_", &made.secret[..40], &made.secret.to_lowercase()] {
            assert!(matches!(case.auth.authenticate_key(wrong).await, Err(AuthError::KeyUnknown)), "{wrong}");
        }
        case.pass(2 * DAY);
        assert!(matches!(case.auth.authenticate_key(&made.secret).await, Err(AuthError::KeyUnknown)), "expired");
        let second = case.auth.add_key(NewApiKey { expires_in_days: None, ..new.clone() }, "ana").await.unwrap();
        case.auth.authenticate_key(&second.secret).await.unwrap();
        case.auth.delete_key(&second.key.id).await.unwrap();
        assert!(matches!(case.auth.authenticate_key(&second.secret).await, Err(AuthError::KeyUnknown)));
        assert!(matches!(
            case.auth.add_key(NewApiKey { name: " ".into(), ..new }, "ana").await,
            Err(AuthError::KeyName)
        ));
    })
    .await;
}

#[tokio::test]
async fn guessing_from_everywhere_makes_everybody_wait_a_moment() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.owner().await;
        let now = case.auth.now();
        let book = case.auth.book();
        for i in 0..120 {
            case.auth.inner.limits.failed(book, "ana@example.com", &format!("10.1.{i}.1"), now).await.unwrap();
        }
        let refused = case.auth.sign_in("ana@example.com", PASSWORD, &from("10.0.0.1")).await.err().unwrap();
        assert_eq!(refused.retry_after(), Some(10));
        case.pass(10_000);
        case.sign_in(PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn setup_hashes_nothing_once_it_is_done_and_leaves_room_for_editors_before() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.auth.add_user(person("ed@example.com")).await.unwrap();
        assert!(case.auth.setup_required().await.unwrap(), "an editor manages nobody");
        case.owner().await;
        // Hashing would wait for ever: all turns are taken.
        let _turns = case.auth.inner.passwords.take_all_turns().await;
        for _ in 0..3 {
            let again = case.auth.setup(person("eve@example.com"), &from("10.0.0.9")).await;
            assert!(matches!(again, Err(AuthError::Store(StoreError::Refused(_)))));
        }
    })
    .await;
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.owner().await;
        let (here, there) = (case.sign_in(PASSWORD).await.unwrap(), case.sign_in(PASSWORD).await.unwrap());
        let caller = case.auth.authenticate_jwt(&here.access).await.unwrap();
        case.auth.add_user(person("rui@example.com")).await.unwrap();
        let other = case.auth.sign_in("rui@example.com", PASSWORD, &from("10.0.0.2")).await.unwrap();
        let rui = case.auth.authenticate_jwt(&other.access).await.unwrap();

        let sessions = case.auth.own_sessions(&caller, &PageOf::default()).await.unwrap().items;
        assert_eq!(sessions.iter().map(|s| s.current).collect::<Vec<_>>(), [false, true]);
        assert_eq!((sessions[0].address.as_str(), sessions[0].agent.as_str()), ("10.0.0.1", "Firefox"));
        let mine = sessions[0].id.clone();
        assert!(matches!(case.auth.end_own_session(&rui, &mine).await, Err(AuthError::NoSession)));
        assert!(case.auth.still(&case.auth.authenticate_jwt(&there.access).await.unwrap()).await.unwrap());
        let gone = case.auth.authenticate_jwt(&there.access).await.unwrap();
        case.auth.end_own_session(&caller, &mine).await.unwrap();
        assert!(case.auth.authenticate_jwt(&there.access).await.is_err());
        assert!(!case.auth.still(&gone).await.unwrap() && case.auth.still(&caller).await.unwrap());

        // Without the refresh cookie, too, signing out ends the session.
        case.pass(token::ACCESS * 1000);
        case.auth.sign_out(None, Some(&here.access)).await.unwrap();
        assert!(matches!(case.auth.refresh(&here.refresh).await, Err(AuthError::SessionEnded)));
    })
    .await;
}

#[tokio::test]
async fn people_change_their_own_password() {
    each(async |store: Store| {
        let case = Case::new(store);
        case.auth.add_user(person("ana@example.com")).await.unwrap();
        let (here, there) = (case.sign_in(PASSWORD).await.unwrap(), case.sign_in(PASSWORD).await.unwrap());
        let caller = case.auth.authenticate_jwt(&here.access).await.unwrap();
        let change = async |current: &str, new: &str| {
            let change = flow::api::PasswordChange { current: current.into(), new: new.into() };
            case.auth.change_own_password(&caller, change, "10.0.0.1").await
        };
        assert!(matches!(change(PASSWORD, "short").await, Err(AuthError::Password(_))));
        assert!(matches!(change("wrong password", "another long one").await, Err(AuthError::WrongPassword)));
        change(PASSWORD, "another long one").await.unwrap();
        assert!(case.auth.authenticate_jwt(&here.access).await.is_ok(), "this session goes on");
        assert!(case.auth.authenticate_jwt(&there.access).await.is_err(), "the others end");
        assert!(matches!(case.sign_in(PASSWORD).await, Err(AuthError::SignIn)));
        case.sign_in("another long one").await.unwrap();
        for _ in 0..5 {
            assert!(matches!(change("wrong password", "another long one").await, Err(AuthError::WrongPassword)));
        }
        assert!(matches!(change("wrong password", "another long one").await, Err(AuthError::TooMany(_))));

        let key = NewApiKey { name: "ci".into(), role: Role::Owner, expires_in_days: None };
        let key = case.auth.add_key(key, "ana").await.unwrap();
        let program = case.auth.authenticate_key(&key.secret).await.unwrap();
        let change = flow::api::PasswordChange { current: PASSWORD.into(), new: "another long one".into() };
        let refused = case.auth.change_own_password(&program, change, "10.0.0.1").await;
        assert!(matches!(refused, Err(AuthError::NotAPerson)));
        case.auth.delete_key(&key.key.id).await.unwrap();
        assert!(!case.auth.still(&program).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_locks_nobody_out_of_looking() {
    each(async |store: Store| {
        let full = Case::new(store);
        full.owner().await;
        let key = NewApiKey { name: "ci".into(), role: Role::Viewer, expires_in_days: None };
        let key = full.auth.add_key(key, "ana").await.unwrap();
        let before = full.sign_in(PASSWORD).await.unwrap();
        full.store.refuse_writes(true);
        full.pass(120_000);
        full.auth.authenticate_key(&key.secret).await.expect("when it was last used is not worth a refusal");
        let renewed = full.auth.refresh(&before.refresh).await.unwrap();
        full.auth.authenticate_jwt(&renewed.access).await.unwrap();
        assert_eq!(renewed.refresh, before.refresh, "it was not used up");

        // Signing in goes on too, and guessing is slowed down as ever.
        let fresh = full.sign_in(PASSWORD).await.unwrap();
        let caller = full.auth.authenticate_jwt(&fresh.access).await.unwrap();
        assert_eq!(full.auth.own_sessions(&caller, &PageOf::default()).await.unwrap().items.len(), 2);
        let second = full.auth.refresh(&fresh.refresh).await.unwrap();
        for _ in 0..5 {
            assert!(matches!(full.sign_in("wrong password").await, Err(AuthError::SignIn)));
        }
        assert!(matches!(full.sign_in(PASSWORD).await, Err(AuthError::TooMany(_))));

        // With space again, what was kept in memory goes where it belongs.
        full.store.refuse_writes(false);
        let third = full.auth.refresh(&second.refresh).await.unwrap();
        let session = caller.session().unwrap();
        assert_eq!(full.store.session(session).await.unwrap().unwrap().generation, 3);
        full.auth.sign_out(Some(&third.refresh), None).await.unwrap();
        assert!(full.auth.authenticate_jwt(&third.access).await.is_err());
    })
    .await;
}
