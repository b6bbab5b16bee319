//! A small public key infrastructure with lists, responders and a time-stamp authority, by `openssl`.

use std::path::PathBuf;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};

use super::material::{PASSWORD, run};
use super::resign;
use crate::asn1::{self, Tlv};

const CONFIG: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
[ca]
default_ca = ca_default
[ca_default]
database = INDEX
default_md = sha256
default_crl_days = 3
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[unissuing]
basicConstraints = critical,CA:true
keyUsage = critical,digitalSignature,cRLSign
[unrevoking]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[person]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = emailProtection
authorityInfoAccess = OCSP;URI:http://ocsp.example.org/,caIssuers;URI:http://ca.example.org/middle.der
crlDistributionPoints = URI:http://crl.example.org/middle.crl
[tsa]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[responder]
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
";

/// `top` issues `middle` and `tsa`; `middle` issues `vera` and `responder`. `unissuing` has issued `wanda` although it may
/// not, as `vera` has `zeca`; `unrevoking` has issued `xavier` and may not sign lists. Vera's certificate holds for
/// thirty days, all others for ten years.
pub struct Pki {
    folder: tempfile::TempDir,
}

pub fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(Pki::make)
}

/// A day, to count in.
pub fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

impl Pki {
    fn make() -> Self {
        let pki = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(pki.path("config"), CONFIG).unwrap();
        pki.issue("top", "Topo", None, "authority", 3650);
        pki.issue("middle", "Meio", Some("top"), "authority", 3650);
        pki.issue("tsa", "Carimbo", Some("top"), "tsa", 3650);
        pki.issue("notsa", "Sem carimbo", Some("top"), "responder", 3650);
        pki.issue("vera", "Vera", Some("middle"), "person", 30);
        pki.issue("responder", "Resposta", Some("middle"), "responder", 3650);
        pki.issue("unissuing", "Sem emitir", Some("top"), "unissuing", 3650);
        pki.issue("wanda", "Wanda", Some("unissuing"), "person", 3650);
        pki.issue("zeca", "Zeca", Some("vera"), "person", 3650);
        pki.issue("unrevoking", "Sem listas", Some("top"), "unrevoking", 3650);
        pki.issue("xavier", "Xavier", Some("unrevoking"), "person", 3650);
        pki
    }

    fn issue(&self, name: &str, subject: &str, issuer: Option<&str>, section: &str, days: u32) {
        let file = |extension: &str| self.path(&format!("{name}.{extension}"));
        let (key, request, pem, config) = (file("key"), file("csr"), file("pem"), self.path("config"));
        // pyHanko's time-stamp authority for tests signs with RSA only.
        let (kind, option) = match name {
            "tsa" | "notsa" => ("RSA", "rsa_keygen_bits:2048"),
            _ => ("EC", "ec_paramgen_curve:P-256"),
        };
        run("openssl", &["genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", &key]);
        let subject = format!("/CN={subject}");
        run("openssl", &["req", "-new", "-config", &config, "-key", &key, "-subj", &subject, "-out", &request]);
        let days = days.to_string();
        let mut arguments = vec!["x509", "-req", "-in", &request, "-out", &pem, "-extfile", &config, "-days", &days];
        arguments.extend(["-extensions", section]);
        let (above, above_key);
        match issuer {
            Some(issuer) => {
                (above, above_key) = (self.path(&format!("{issuer}.pem")), self.path(&format!("{issuer}.key")));
                arguments.extend(["-CA", &above, "-CAkey", &above_key]);
            }
            None => arguments.extend(["-signkey", &key]),
        }
        run("openssl", &arguments);
        run("openssl", &["x509", "-in", &pem, "-outform", "DER", "-out", &file("der")]);
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn scratch(&self) -> PathBuf {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        self.folder.path().join(format!("scratch-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn der(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(&format!("{name}.der"))).unwrap()
    }

    /// A PKCS#12 file of `name`, with or without the authority above.
    pub fn pkcs12(&self, name: &str, with_above: bool) -> Vec<u8> {
        let (key, pem, above) =
            (self.path(&format!("{name}.key")), self.path(&format!("{name}.pem")), self.path("middle.pem"));
        let (out, password) = (self.scratch(), format!("pass:{PASSWORD}"));
        let mut arguments = vec!["pkcs12", "-export", "-inkey", &key, "-in", &pem, "-iter", "100"];
        arguments.extend(["-passout", &password, "-out", out.to_str().unwrap()]);
        if with_above {
            arguments.extend(["-certfile", &above]);
        }
        run("openssl", &arguments);
        std::fs::read(out).unwrap()
    }

    /// The index of an authority: which of its certificates are revoked, and since when.
    fn index(&self, revoked: &[(&str, Timestamp)]) -> String {
        let index = self.scratch();
        let time = |at: Timestamp| at.strftime("%y%m%d%H%M%SZ").to_string();
        let lines = ["vera", "middle", "tsa"].map(|name| {
            let text = run("openssl", &["x509", "-noout", "-serial", "-in", &self.path(&format!("{name}.pem"))]);
            let serial = text.trim().trim_start_matches("serial=").to_owned();
            let since = revoked.iter().find(|(revoked, _)| *revoked == name).map(|(_, at)| time(*at));
            let until = time(Timestamp::now() + days(30));
            let state = if since.is_some() { "R" } else { "V" };
            format!("{state}\t{until}\t{}\t{serial}\tunknown\t/CN={name}\n", since.unwrap_or_default())
        });
        std::fs::write(&index, lines.concat()).unwrap();
        std::fs::write(index.with_extension("attr"), "unique_subject = no\n").unwrap();
        index.to_str().unwrap().to_owned()
    }

    /// A list of `authority`, current for three days from `at`.
    pub fn crl(&self, authority: &str, revoked: &[(&str, Timestamp)], at: Timestamp) -> Vec<u8> {
        let (config, out) = (self.scratch(), self.scratch());
        std::fs::write(&config, CONFIG.replace("INDEX", &self.index(revoked))).unwrap();
        let (pem, key) = (self.path(&format!("{authority}.pem")), self.path(&format!("{authority}.key")));
        let time = |at: Timestamp| at.strftime("%Y%m%d%H%M%SZ").to_string();
        let (from, until) = (time(at), time(at + days(3)));
        let (config, list) = (config.to_str().unwrap(), out.to_str().unwrap());
        run(
            "openssl",
            &[
                "ca",
                "-config",
                config,
                "-gencrl",
                "-cert",
                &pem,
                "-keyfile",
                &key,
                "-out",
                list,
                "-crl_lastupdate",
                &from,
                "-crl_nextupdate",
                &until,
            ],
        );
        let der = self.scratch();
        run("openssl", &["crl", "-in", list, "-outform", "DER", "-out", der.to_str().unwrap()]);
        std::fs::read(der).unwrap()
    }

    /// A list of `authority` that does not say when there is a newer one.
    pub fn crl_without_end(&self, authority: &str, revoked: &[(&str, Timestamp)], at: Timestamp) -> Vec<u8> {
        let list = self.crl(authority, revoked, at);
        let mut outer = Tlv::parse(&list).unwrap().children();
        let (content, algorithm) = (outer.one().unwrap(), outer.one().unwrap());
        let mut times = content.children().filter(|part| matches!(part.tag, asn1::UTC_TIME | asn1::GENERALIZED_TIME));
        let content = resign::replaced(content.raw, &[(times.nth(1).unwrap().raw, Vec::new())]);
        let signature = resign::signed(&self.path(&format!("{authority}.key")), "sha256", &content);
        let signature = asn1::tlv(asn1::BIT_STRING, &[&[0], &signature[..]].concat());
        asn1::sequence(&[&content, algorithm.raw, &signature])
    }

    /// What a responder with the certificate `by` answers to `request`.
    pub fn ocsp(&self, request: &[u8], by: &str, revoked: &[(&str, Timestamp)]) -> Vec<u8> {
        self.ocsp_until(request, by, revoked, &["-ndays", "3"])
    }

    /// The same without a word about when there is a newer answer.
    pub fn ocsp_without_end(&self, request: &[u8], by: &str, revoked: &[(&str, Timestamp)]) -> Vec<u8> {
        self.ocsp_until(request, by, revoked, &[])
    }

    fn ocsp_until(&self, request: &[u8], by: &str, revoked: &[(&str, Timestamp)], until: &[&str]) -> Vec<u8> {
        let (asked, answered) = (self.scratch(), self.scratch());
        std::fs::write(&asked, request).unwrap();
        let (index, ca) = (self.index(revoked), self.path("middle.pem"));
        let (signer, key) = (self.path(&format!("{by}.pem")), self.path(&format!("{by}.key")));
        let who = ["-index", &index, "-CA", &ca, "-rsigner", &signer, "-rkey", &key];
        let what = ["-reqin", asked.to_str().unwrap(), "-respout", answered.to_str().unwrap(), "-no_nonce"];
        run("openssl", &[&["ocsp"], &who[..], &what, until].concat());
        std::fs::read(answered).unwrap()
    }
}
