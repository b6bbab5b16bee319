//! Any bytes may come in: what goes out is a result or an error, never a panic or a wrong "valid".

use super::signing::options;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{PASSWORD, ana, material, now};
use crate::{Identity, Limits, Secret, SignOptions, Status, VerifyOptions, Visible, info, sign, verify};

/// A small generator of chance that gives the same numbers every time.
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }

    /// Changes, cuts, repeats or replaces a part of `bytes`.
    pub fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        const TOKENS: [&[u8]; 14] = [
            b"/Kids",
            b"99999999999999999999",
            b"-1",
            b"1 0 R",
            b"<<",
            b">>",
            b"[",
            b"(",
            b"\x80",
            b"\xff\xff\xff\xff",
            b"/Prev 0",
            b"/Length 1",
            b"endobj",
            b"5 0 R",
        ];
        let mut out = bytes.to_vec();
        for _ in 0..=self.next(4) {
            if out.is_empty() {
                break;
            }
            let at = self.next(out.len());
            match self.next(7) {
                0 => out[at] ^= 1 << self.next(8),
                1 => out[at] = self.next(256) as u8,
                2 => out.truncate(at),
                3 => {
                    let end = (at + self.next(64)).min(out.len());
                    out.drain(at..end);
                }
                4 => {
                    let end = (at + self.next(200)).min(out.len());
                    let part = out[at..end].to_vec();
                    let to = self.next(out.len());
                    out.splice(to..to, part);
                }
                5 => {
                    let token = TOKENS[self.next(TOKENS.len())];
                    let end = (at + token.len()).min(out.len());
                    out.splice(at..end, token.iter().copied());
                }
                _ => {
                    // A number somewhere becomes another.
                    if let Some(digit) = out[at..].iter().position(u8::is_ascii_digit) {
                        out[at + digit] = b'0' + self.next(10) as u8;
                    }
                }
            }
        }
        out
    }
}

/// Everything that can be done with a file. What comes out of signing has passed its check.
fn exercise(bytes: &[u8], password: Option<&str>) {
    let limits = Limits { stream_bytes: 4 << 20, ..Limits::default() };
    let _ = info(bytes, password, &limits);
    let verify_options = VerifyOptions {
        roots: vec![material().der("root")],
        password: password.map(|p| Secret(p.into())),
        limits,
        ..VerifyOptions::at(now())
    };
    let _ = verify(bytes, &verify_options);
    let options = SignOptions { visible: Some(Visible::default()), limits, ..options(password) };
    if let Ok(signed) = sign(bytes, ana(), &options, now()) {
        assert!(signed.pdf.starts_with(bytes));
    }
}

#[test]
fn mutated_pdfs() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut seeds = all_kinds();
    let signed = sign(&form(), ana(), &options(None), now()).unwrap().pdf;
    seeds.push(("signed", signed, None));
    for (_, bytes, password) in &seeds {
        for _ in 0..60 {
            exercise(&chance.mutate(bytes), *password);
        }
    }
}

#[test]
fn random_bytes() {
    let mut chance = Chance(42);
    for _ in 0..500 {
        let length = chance.next(400);
        let mut bytes: Vec<u8> = (0..length).map(|_| chance.next(256) as u8).collect();
        exercise(&bytes, None);
        let header = b"%PDF-1.7\n";
        bytes.splice(0..0, header.iter().copied());
        exercise(&bytes, None);
        assert!(Identity::from_pkcs12(&bytes, "x").is_err());
    }
}

#[test]
fn mutated_certificate_files() {
    let mut chance = Chance(7);
    let seeds: Vec<Vec<u8>> = [&[][..], &["-legacy"], &["-nomac"], &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"]]
        .iter()
        .map(|way| material().pkcs12("bruno", way))
        .collect();
    for seed in &seeds {
        for _ in 0..400 {
            let _ = Identity::from_pkcs12(&chance.mutate(seed), PASSWORD);
        }
    }
}

/// No change inside what a signature covers is ever called valid.
#[test]
fn no_changed_byte_is_called_valid() {
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
    let hole = crate::read::find(&signed, b"/Contents <").unwrap() + 10;
    let end = hole + signed[hole..].iter().position(|b| *b == b'>').unwrap() + 1;
    let mut chance = Chance(3);
    for _ in 0..600 {
        let at = match chance.next(signed.len() - (end - hole)) {
            at if at < hole => at,
            at => at + (end - hole),
        };
        let mut changed = signed.clone();
        changed[at] ^= 1 << chance.next(8);
        if let Ok(report) = verify(&changed, &options) {
            assert_ne!(report.status, Status::Valid, "byte {at}");
        }
    }
}

/// Structures that are deep, circular or claim to be huge.
#[test]
fn shapes_that_exhaust() {
    use crate::testing::documents::{assemble, pages};
    let deep = format!("/X {}{}", "[".repeat(5000), "]".repeat(5000));
    exercise(&assemble(&pages(1, "", &deep)), None);
    let deep_names = format!("/X {}{}", "<</A ".repeat(5000), ">>".repeat(5000));
    exercise(&assemble(&pages(1, "", &deep_names)), None);
    let circle = "/AcroForm <</Fields [7 0 R 8 0 R]>>";
    let mut objects = pages(1, "/Parent 5 0 R", circle);
    objects.push("<</T (a) /Kids [8 0 R 7 0 R]>>".into());
    objects.push("<</T (b) /Kids [7 0 R]>>".into());
    exercise(&assemble(&objects), None);
    let mut objects = pages(1, "", "");
    objects[1] = "<</Type/Pages /Count 9000000000000000000 /Kids [5 0 R 2 0 R 2 0 R]>>".into();
    exercise(&assemble(&objects), None);
    objects[1] = "<</Type/Pages /Count 100000000000 /Kids [2 0 R 5 0 R]>>".into();
    exercise(&assemble(&objects), None);
    let mut objects = pages(1, "/MediaBox [0 0 1e38 1e38] /UserUnit 1e30 /Rotate 9223372036854775807", "");
    objects.push("7 0 R".into());
    exercise(&assemble(&objects), None);
    // A form that leads to itself, and one that is no dictionary.
    exercise(&assemble(&pages(1, "/Annots 99 0 R", "/AcroForm 1 0 R")), None);
    exercise(&assemble(&pages(1, "/Annots (x)", "/AcroForm 3")), None);
    let nested = [0x30, 0x80].repeat(50_000);
    assert!(Identity::from_pkcs12(&nested, "").is_err());
}
