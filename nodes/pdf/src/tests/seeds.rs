//! What fuzzing starts from, and what it once found (`nodes/pdf/fuzz`), as ordinary tests.

use std::path::{Path, PathBuf};

use lopdf::Object;

use super::hostile::Chance;
use super::signing::options;
use crate::read::Pdf;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::{Error, Format, Identity, Limits, RawSigner, SignOptions, VerifyOptions, Visible, info, sign, verify};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder(target)).unwrap() {
        let path = entry.unwrap().path();
        found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    assert!(!found.is_empty(), "{target} has seeds");
    found
}

#[test]
fn documents_are_signed_right_or_refused() {
    for target in ["document", "verify"] {
        for (name, bytes) in seeds(target) {
            println!("{name}");
            let _ = info(&bytes, None, &Limits::default());
            let options = SignOptions { visible: Some(Visible::default()), ..options(None) };
            match sign(&bytes, bruno(), &options, now()) {
                Ok(signed) => assert!(verify(&signed.pdf, &VerifyOptions::at(now())).is_ok()),
                Err(error) => assert!(!matches!(error, Error::CheckFailed { .. }), "{error}"),
            }
            let _ = verify(&bytes, &VerifyOptions::at(now()));
        }
    }
}

#[test]
fn certificate_files_open_or_are_refused() {
    let mut opened = 0;
    for (name, bytes) in seeds("certificate_file") {
        println!("{name}");
        for password in [PASSWORD, ""] {
            if let Ok(identity) = Identity::from_pkcs12(&bytes, password) {
                identity.sign(b"message").unwrap();
                opened += 1;
            }
        }
    }
    assert!(opened > 0);
}

/// The seeds, and as many changed ones of each.
fn mutated(target: &str, each: usize) -> Vec<Vec<u8>> {
    let mut chance = Chance(0x51ed_270b_9a3c_44e1);
    let seeds = seeds(target);
    seeds.iter().flat_map(|(_, seed)| (0..each).map(|_| chance.mutate(seed)).collect::<Vec<_>>()).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fixtures").join(name)).unwrap()
}

/// When the fixtures were signed.
fn signed_at() -> jiff::Timestamp {
    String::from_utf8(fixture("signed_at")).unwrap().trim().parse().unwrap()
}

/// What was appended to a signed file is told, whatever it is.
#[test]
fn appended_bytes_are_told() {
    let signed = fixture("signed.pdf");
    let mut valid = 0;
    for (name, more) in seeds("changes") {
        println!("{name}");
        let options = VerifyOptions { require_trust: false, ..VerifyOptions::at(signed_at()) };
        let report = verify(&[&signed[..], &more].concat(), &options).unwrap();
        assert!(report.signatures[0].content_after);
        valid += usize::from(report.status == crate::Status::Valid);
    }
    assert!(valid > 0);
    for more in mutated("changes", 25) {
        let file = [&signed[..], &more].concat();
        let _ = verify(&file, &VerifyOptions { require_trust: false, ..VerifyOptions::at(signed_at()) });
        let _ = crate::signed_by(&file, bruno().certificate(), None, &Limits::default());
    }
}

/// Answers of authorities, each with its length in front.
#[test]
fn answers_of_authorities_are_proofs_or_problems() {
    let (signed, contents) = (fixture("stamped.pdf"), fixture("stamped.cms"));
    let gathered = |bytes: &[u8]| {
        let mut rest = bytes;
        let mut answers = Vec::new();
        while let Some((length, more)) = rest.split_at_checked(2) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]])).min(more.len());
            answers.push(&more[..length]);
            rest = &more[length..];
        }
        let (mut collector, mut left) = (crate::Collector::new(&[&contents], signed_at()), answers.iter());
        while let Ok(Some(_)) = collector.next_fetch() {
            let answer = left.next().copied().ok_or_else(|| "HTTP 404".to_owned());
            if collector.answer(answer).is_err() {
                break;
            }
        }
        let proofs = collector.proofs();
        crate::add_proofs(&signed, &proofs, &[&contents], None, &Limits::default()).unwrap();
        let owned: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
        let options = VerifyOptions { crls: owned.clone(), ocsps: owned, ..VerifyOptions::at(signed_at()) };
        verify(&signed, &options).unwrap();
        proofs
    };
    let complete = |bytes: &[u8]| {
        let proofs = gathered(bytes);
        proofs.problems.is_empty() && !proofs.certificates.is_empty()
    };
    assert!(seeds("proofs").iter().all(|(_, bytes)| complete(bytes)));
    let hurt = mutated("proofs", 100);
    assert!(hurt.iter().filter(|bytes| complete(bytes)).count() < hurt.len());
}

#[test]
fn answers_of_time_stamping_authorities_hold_or_are_refused() {
    let request = stamp_request();
    let good = seeds("time_stamp").iter().filter(|(_, answer)| request.token(answer, &[]).is_ok()).count();
    assert!(good > 0);
    for answer in mutated("time_stamp", 200) {
        if let Ok(stamp) = request.token(&answer, &[]) {
            assert_eq!(stamp.authority, "Carimbo de Teste");
        }
    }
}

/// The request of the fuzz target.
fn stamp_request() -> crate::StampRequest {
    crate::StampRequest::new(&[b"what is stamped"], *b"fluxofuz", "").unwrap()
}

#[test]
fn pictures_are_drawn_or_refused() {
    let mut drawn = 0;
    let good = seeds("picture").into_iter().map(|(_, picture)| picture);
    for picture in good.chain(mutated("picture", 60)) {
        let visible = Visible { picture: Some(picture), ..Visible::default() };
        let options = SignOptions { visible: Some(visible), ..options(None) };
        match sign(&plain(), bruno(), &options, now()) {
            Err(Error::CheckFailed { check }) => panic!("{check}"),
            signed => drawn += usize::from(signed.is_ok()),
        }
    }
    assert!(drawn > 0);
}

/// Every document through every tool: each is refused, or passes the check of what was made.
#[test]
fn documents_go_through_the_tools() {
    use crate::tools::{
        FillOptions, Mark, MergeOptions, MergeSource, OnSigned, SignedPages, SplitOptions, Splitter, StampOptions,
        StampPlace, TextOptions, Value, fill, merge, stamp, text,
    };
    fn made<T>(result: Result<T, Error>) -> usize {
        match result {
            Err(Error::CheckFailed { check }) => panic!("{check}"),
            result => usize::from(result.is_ok()),
        }
    }
    let mut done = 0;
    for target in ["document", "verify", "tools"] {
        let good = seeds(target).into_iter().map(|(_, bytes)| bytes);
        for bytes in good.chain(mutated(target, if target == "tools" { 25 } else { 4 })) {
            done += made(text(&bytes, &TextOptions::default()));
            let Ok(found) = info(&bytes, None, &Limits::default()) else { continue };
            for flatten in [false, true] {
                for field in found.fields.iter().take(6) {
                    let values = [(field.name.clone(), Value::Text("Ação".into()))].into();
                    let signed = OnSigned::Break;
                    done += made(fill(&bytes, &FillOptions { values, flatten, signed, ..FillOptions::default() }));
                }
            }
            let mark = Mark::Text { text: "{page}".into(), size: 0.0, colour: [0.0; 3] };
            let options = StampOptions::new(mark, StampPlace::Middle { width: 20.0, height: 20.0 });
            done += made(stamp(&bytes, &StampOptions { signed: OnSigned::Break, ..options }));
            let sources = [&bytes, &bytes].map(|bytes| MergeSource { bytes, ..MergeSource::default() });
            let options = MergeOptions { signed: SignedPages::Drop, ..MergeOptions::default() };
            done += made(merge(&sources, &options));
            let options = SplitOptions { signed: SignedPages::Drop, ..SplitOptions::default() };
            if let Ok(splitter) = Splitter::new(&bytes, &options) {
                for part in 0..splitter.parts().len().min(3) {
                    done += made(splitter.part(part));
                }
            }
        }
    }
    assert!(done > 50, "{done}");
}

/// Files that others work on, and what belongs to them.
fn write_fixtures(write: &impl Fn(&str, &str, &[u8])) {
    use super::levels::{archived, proven, stamped};
    use crate::testing::authority::{self, authority};
    use crate::tools::{FillOptions, Value, fill};
    let fixture = |name: &str, bytes: &[u8]| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fixtures");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    };
    let at = authority::now();
    fixture("signed_at", format!("{}\n", at + jiff::SignedDuration::from_secs(60)).as_bytes());

    let signed = sign(&form(), bruno(), &options(None), now()).unwrap().pdf;
    fixture("signed.pdf", &signed);
    let append = |name: &str, file: &[u8]| write("changes", name, &file[signed.len()..]);
    append("another signature", &sign(&signed, ana(), &options(None), now()).unwrap().pdf);
    let values = [("City".to_owned(), Value::Text("Olinda".into()))].into();
    append("a value", &fill(&signed, &FillOptions { values, ..FillOptions::default() }).unwrap().pdf);
    let eva = authority().identity("eva");
    append("proofs and stamps", &archived(&proven(&stamped(&signed, &eva, &options(None)), None), None));
    let content = "<</Length 9>>\nstream\n% nothing\nendstream";
    append("another page", &super::attacks::made::update(&signed, &[(6, content.into())]));

    let stamped = stamped(&plain(), &eva, &options(None));
    fixture("stamped.pdf", &stamped.pdf);
    fixture("stamped.cms", &stamped.contents);
    for (name, lists) in [("ocsp", false), ("lists", true)] {
        let mut collector = crate::Collector::new(&[&stamped.contents], at + jiff::SignedDuration::from_secs(60));
        let mut answers = Vec::new();
        while let Some(fetch) = collector.next_fetch().unwrap() {
            let body = fetch.post.as_ref().map_or(&[][..], |(body, _)| body);
            let answer = authority().answer(&fetch.url, body).filter(|_| !lists || fetch.post.is_none());
            let answer = answer.unwrap_or_default();
            answers.extend_from_slice(&(answer.len() as u16).to_be_bytes());
            answers.extend_from_slice(&answer);
            collector.answer(Ok(&answer)).unwrap();
        }
        write("proofs", name, &answers);
    }
    write("time_stamp", "granted", &authority().time_stamp(&stamp_request().bytes()));
    let refused = crate::StampRequest::new(&[b"what is stamped"], *b"fluxofuz", "1.2.3.4.999").unwrap();
    write("time_stamp", "refused", &authority().time_stamp(&refused.bytes()));
    write("picture", "png", &crate::testing::pictures::png_with_transparency());
    write("picture", "jpeg", &crate::testing::pictures::jpeg());
    write("tools", "every kind of field", &crate::tools::tests::fill::every_kind());
    write("tools", "a book", &crate::tools::tests::bind::book());
    write("tools", "archive", &crate::testing::archive::pdf_a(1, "B"));
}

#[test]
#[ignore = "writes nodes/pdf/fuzz/seeds and fixtures anew"]
fn write_seeds() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        std::fs::create_dir_all(folder(target)).unwrap();
        std::fs::write(folder(target).join(name), bytes).unwrap();
    };
    for (kind, bytes, password) in all_kinds() {
        if password.is_none() {
            write("document", kind, &bytes);
        }
    }
    let signed = sign(&plain(), bruno(), &options(None), now()).unwrap().pdf;
    write("verify", "signed", &signed);
    write("verify", "signed twice", &sign(&signed, ana(), &options(None), now()).unwrap().pdf);
    let field = SignOptions { field: "Approval".into(), ..options(None) };
    write("verify", "lock", &sign(&form(), bruno(), &field, now()).unwrap().pdf);
    for (at, format) in [Format::Pades, Format::Adobe].into_iter().enumerate() {
        let signed = sign(&plain(), ana(), &SignOptions { format, ..options(None) }, now()).unwrap().pdf;
        let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
        let value = crate::field::all(&pdf).remove(0).value.unwrap();
        let contents = value.get(b"Contents").and_then(Object::as_str).unwrap();
        let der = crate::asn1::to_der(contents).unwrap();
        write("signature", &format!("{format:?}"), &[&[at as u8], &der[..]].concat());
    }
    write_fixtures(&write);
    let ways: [(&str, &[&str]); 5] = [
        ("aes", &[]),
        ("legacy", &["-legacy"]),
        ("no mac", &["-nomac"]),
        ("open", &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"]),
        ("3des", &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]),
    ];
    for (name, way) in ways {
        let file = material().pkcs12("bruno", way);
        write("certificate_file", name, &file);
        let ber = super::certificates::to_ber(crate::asn1::Tlv::parse(&file).unwrap());
        write("certificate_file", &format!("{name} ber"), &ber);
    }
}
