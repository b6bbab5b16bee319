//! Keys in a token, which SoftHSM plays.

use std::path::PathBuf;
use std::process::Command;

use super::signing::options;
use super::validators;
use crate::testing::documents::plain;
use crate::testing::material::{material, now, run};
use crate::{Error, Lang, RawSigner, Secret, SignatureAlgorithm, Token, TokenError, TokenOptions, sign};

const PIN: &str = "4321";

/// Makes tokens where the variable of SoftHSM says: `Fluxo` with the keys of Ana (RSA) and Bruno
/// (P-256), `One` with Bruno's, and an empty one.
fn make_tokens() {
    let config = PathBuf::from(std::env::var_os("SOFTHSM2_CONF").unwrap());
    let tokens = config.with_file_name("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    std::fs::write(&config, text).unwrap();
    for label in ["Fluxo", "One", "Empty"] {
        run("softhsm2-util", &["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "8765"]);
    }
    for (token, name, id) in [("Fluxo", "ana", "01"), ("Fluxo", "bruno", "02"), ("One", "bruno", "02")] {
        let (from, key) = (material().path(&format!("{name}.key")), material().path(&format!("{name}.p8")));
        run("openssl", &["pkcs8", "-topk8", "-nocrypt", "-in", &from, "-out", &key]);
        run("softhsm2-util", &["--import", &key, "--token", token, "--label", name, "--id", id, "--pin", PIN]);
    }
}

fn library() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let found = places.iter().map(PathBuf::from).find(|path| path.is_file());
    found.expect("SoftHSM is not installed. Run `cargo xtask setup`.")
}

fn token(certificate: &str) -> TokenOptions {
    TokenOptions { module: library(), token: "Fluxo".into(), pin: Secret(PIN.into()), certificate: certificate.into() }
}

/// Puts the certificates beside the keys, which SoftHSM's tool cannot.
fn put_certificates() {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    use cryptoki::object::{Attribute, CertificateType, ObjectClass};
    use cryptoki::session::UserType;
    let module = Pkcs11::new(library()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slots = module.get_slots_with_initialized_token().unwrap();
    let all = [("authority", 9), ("root", 8), ("ana", 1), ("bruno", 2)];
    for token in ["Fluxo", "One"] {
        let slot = slots.iter().find(|slot| module.get_token_info(**slot).unwrap().label().trim_end() == token);
        let session = module.open_rw_session(*slot.unwrap()).unwrap();
        session.login(UserType::User, Some(&PIN.to_owned().into())).unwrap();
        for (name, id) in all {
            let der = material().der(name);
            let subject = crate::certificate::Certificate::parse(&der).unwrap().subject.raw.to_vec();
            session
                .create_object(&[
                    Attribute::Class(ObjectClass::CERTIFICATE),
                    Attribute::CertificateType(CertificateType::X_509),
                    Attribute::Token(true),
                    Attribute::Subject(subject),
                    Attribute::Id(vec![id]),
                    Attribute::Label(name.into()),
                    Attribute::Value(der),
                ])
                .unwrap();
        }
        session.logout().unwrap();
    }
    module.finalize().unwrap();
}

#[test]
fn a_token_signs_and_tells_what_is_wrong() {
    // SoftHSM reads its variable when its library is loaded, so the test runs in a process that has it.
    let config = PathBuf::from(material().path("softhsm2.conf"));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::tokens::inside", "--ignored", "--nocapture"])
        .env("SOFTHSM2_CONF", config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "run by a_token_signs_and_tells_what_is_wrong, with SoftHSM's variable"]
fn inside() {
    make_tokens();
    put_certificates();
    // Before a session with the right PIN is open: the PIN counts for the whole process.
    let wrong = TokenOptions { pin: Secret("0000".into()), ..token("") };
    assert_eq!(Token::open(&wrong).unwrap_err(), TokenError::WrongPin.into());
    let refused = |options: TokenOptions| Token::open(&options).unwrap_err();
    let no_module = TokenOptions { module: "/nowhere.so".into(), ..token("") };
    assert_eq!(refused(no_module), TokenError::Module { path: "/nowhere.so".into() }.into());
    let unplugged = TokenOptions { token: "Other".into(), ..token("") };
    assert_eq!(refused(unplugged), TokenError::NotFound { label: "Other".into() }.into());
    assert_eq!(refused(TokenOptions { token: String::new(), ..token("") }), TokenError::Several.into());
    assert_eq!(refused(TokenOptions { token: "Empty".into(), ..token("") }), TokenError::NoCertificate.into());
    assert_eq!(refused(token("nobody")), TokenError::NoCertificate.into());

    let ana = Token::open(&token("ana")).unwrap();
    assert_eq!(ana.summary().name, "Ana Conceição");
    assert_eq!(ana.algorithm(), SignatureAlgorithm::RsaSha256);
    assert_eq!(ana.chain(), [material().der("authority"), material().der("root")]);
    let bruno = Token::open(&token(&crate::identity::summary(&material().der("bruno")).serial)).unwrap();
    assert_eq!((bruno.summary().name.as_str(), bruno.algorithm()), ("Bruno Lima", SignatureAlgorithm::EcdsaP256Sha256));
    assert_eq!(format!("{bruno:?}"), "Token { name: \"Bruno Lima\", .. }");

    let first = sign(&plain(), &ana, &options(None), now()).unwrap().pdf;
    let second = sign(&first, &bruno, &options(None), now()).unwrap().pdf;
    validators::pdfsig(&second, 2, None);
    // Without a name nothing is chosen by chance: the error lists those that have a key, which the authorities have not.
    let serial = |name: &str| crate::identity::summary(&material().der(name)).serial;
    let certificates =
        [("Ana Conceição", "ana"), ("Bruno Lima", "bruno")].map(|(n, at)| format!("{n} ({})", serial(at)));
    let Error::Token(TokenError::SeveralCertificates { certificates: mut found }) = refused(token("")) else {
        panic!("one of two was taken");
    };
    found.sort();
    assert_eq!(found, certificates);
    // The only one is taken.
    let one = TokenOptions { token: "One".into(), ..token("") };
    assert_eq!(Token::open(&one).unwrap().summary().name, "Bruno Lima");
    // Signing from several threads waits for the session, and each signature is right.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| sign(&plain(), &bruno, &options(None), now()).unwrap());
        }
    });
}

#[test]
fn every_error_has_its_code_and_sentences() {
    let errors = [
        TokenError::Module { path: "/a.so".into() },
        TokenError::NotFound { label: String::new() },
        TokenError::NotFound { label: "A".into() },
        TokenError::Several,
        TokenError::WrongPin,
        TokenError::PinLocked,
        TokenError::NoCertificate,
        TokenError::SeveralCertificates { certificates: vec!["Ana (01)".into(), "Bruno (02)".into()] },
        TokenError::Removed,
        TokenError::Failed { reason: "FunctionFailed".into() },
    ];
    for error in errors.map(Error::from) {
        assert!(error.code().starts_with("pdf_token_"));
        for lang in [Lang::En, Lang::PtBr] {
            let message = error.message(lang);
            assert!(message.ends_with('.') && message.matches(". ").count() >= 1, "{message}");
        }
        assert_ne!(error.message(Lang::En), error.message(Lang::PtBr));
    }
}
