//! An authority with everything that goes with one: a root, time stamps, OCSP and revocation lists,
//! all answered by the `openssl` program at the addresses that its certificates name.

use std::sync::OnceLock;

use jiff::Timestamp;

use super::material::{PASSWORD, run};
use crate::Identity;

/// A folder with keys, certificates and the authority's books.
pub struct Authority {
    folder: tempfile::TempDir,
}

/// Where the time stamps are.
pub const TSA: &str = "http://pki.test/tsa";
/// A policy that the time-stamping authority offers beside its own.
pub const TSA_POLICY: &str = "1.2.3.4.5";

const CONFIG: &str = "
[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
prompt = no
[dn]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityInfoAccess = caIssuers;URI:http://pki.test/root.der
crlDistributionPoints = URI:ldap://pki.test/root,URI:http://pki.test/root.crl
[eva]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
authorityInfoAccess = OCSP;URI:http://pki.test/ocsp,caIssuers;URI:http://pki.test/ca.der
crlDistributionPoints = URI:http://pki.test/ca.crl
[listed]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
authorityInfoAccess = caIssuers;URI:http://pki.test/ca.p7b
crlDistributionPoints = URI:http://pki.test/ca.crl
[silent]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
[tsa]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityInfoAccess = OCSP;URI:http://pki.test/ocsp,caIssuers;URI:http://pki.test/ca.der
crlDistributionPoints = URI:http://pki.test/ca.crl
[responder]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
";

pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(Authority::make)
}

/// When these certificates and lists are valid already.
pub fn now() -> Timestamp {
    static NOW: OnceLock<Timestamp> = OnceLock::new();
    super::material::now();
    authority();
    *NOW.get_or_init(Timestamp::now)
}

impl Authority {
    fn make() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(made.path("config"), CONFIG).unwrap();
        for (serial, (name, subject, issuer, section)) in (0x1000..).zip([
            ("root", "/CN=Raiz de Provas/O=Fluxo", "", "root"),
            ("ca", "/CN=Autoridade de Provas", "root", "ca"),
            ("eva", "/CN=Eva Souza", "ca", "eva"),
            ("fabio", "/CN=Fábio Reis", "ca", "listed"),
            ("gil", "/CN=Gil Revogado", "ca", "eva"),
            ("gal", "/CN=Gal Revogada", "ca", "listed"),
            ("hugo", "/CN=Hugo Calado", "ca", "silent"),
            ("clock", "/CN=Carimbo de Teste", "ca", "tsa"),
            ("responder", "/CN=Resposta de Teste", "ca", "responder"),
        ]) {
            made.issue(name, subject, issuer, section, &format!("{serial:#x}"));
        }
        made.write_books();
        made
    }

    fn issue(&self, name: &str, subject: &str, issuer: &str, section: &str, serial: &str) {
        let (file, config) = (|extension: &str| self.path(&format!("{name}.{extension}")), self.path("config"));
        let (key, request, certificate) = (file("key"), file("csr"), file("pem"));
        // One of each kind of key signs the proofs.
        let kind: &[&str] = match name {
            "root" | "clock" => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            _ => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        };
        run("openssl", &[&["genpkey", "-out", &key], kind].concat());
        let subject = ["-utf8", "-key", &key, "-subj", subject, "-out", &request];
        run("openssl", &[&["req", "-new", "-config", &config], &subject[..]].concat());
        let mut arguments = vec!["x509", "-req", "-in", &request, "-out", &certificate, "-extfile", &config];
        arguments.extend(["-extensions", section, "-set_serial", serial, "-days", "60"]);
        let (above, above_key) = (self.path(&format!("{issuer}.pem")), self.path(&format!("{issuer}.key")));
        match issuer {
            "" => arguments.extend(["-signkey", &key]),
            _ => arguments.extend(["-CA", &above, "-CAkey", &above_key]),
        }
        run("openssl", &arguments);
        run("openssl", &["x509", "-in", &certificate, "-outform", "DER", "-out", &file("der")]);
    }

    /// The list of what was issued, from which `openssl` answers, and the revocation lists.
    fn write_books(&self) {
        let mut book = String::new();
        for (serial, revoked) in (0x1002..=0x1008).map(|serial| (serial, matches!(serial, 0x1004 | 0x1005))) {
            let (mark, on) = if revoked { ("R", "260102030405Z") } else { ("V", "") };
            book += &format!("{mark}\t491231235959Z\t{on}\t{serial:X}\tunknown\t/CN={serial:X}\n");
        }
        std::fs::write(self.path("ca.index"), book).unwrap();
        std::fs::write(self.path("root.index"), "").unwrap();
        for name in ["ca", "root"] {
            let (index, pem, key) = (format!("{name}.index"), format!("{name}.pem"), format!("{name}.key"));
            let config = format!(
                "[ca]\ndefault_ca = own\n[own]\ndatabase = {}\ncertificate = {}\nprivate_key = {}\ndefault_md = sha256\n",
                self.path(&index),
                self.path(&pem),
                self.path(&key)
            );
            let (file, list, der) = (format!("{name}.conf"), format!("{name}.crl.pem"), format!("{name}.crl"));
            std::fs::write(self.path(&file), config).unwrap();
            let (file, list) = (self.path(&file), self.path(&list));
            run("openssl", &["ca", "-gencrl", "-config", &file, "-crldays", "30", "-out", &list]);
            run("openssl", &["crl", "-in", &list, "-outform", "DER", "-out", &self.path(&der)]);
        }
        let (pem, bundle) = (self.path("ca.pem"), self.path("ca.p7b"));
        run("openssl", &["crl2pkcs7", "-nocrl", "-certfile", &pem, "-outform", "DER", "-out", &bundle]);
        let many: String = std::iter::repeat_n(std::fs::read_to_string(&pem).unwrap(), 60).collect();
        std::fs::write(self.path("many.pem"), many).unwrap();
        self.write_clock("tsa", "ca.pem");
        self.write_clock("tsa-large", "many.pem");
    }

    /// How `openssl ts` answers; with `certificates` in each token.
    fn write_clock(&self, name: &str, certificates: &str) {
        let config = format!(
            "[tsa]\ndefault_tsa = own\n[own]\nserial = {}\nsigner_cert = {}\ncerts = {}\nsigner_key = {}\nsigner_digest = sha256\n\
             default_policy = 1.2.3.4.1\nother_policies = {TSA_POLICY}\ndigests = sha256\naccuracy = secs:1\nordering = no\n\
             tsa_name = yes\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n",
            self.path("tsa.serial"),
            self.path("clock.pem"),
            self.path(certificates),
            self.path("clock.key")
        );
        std::fs::write(self.path(&format!("{name}.conf")), config).unwrap();
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn der(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(&format!("{name}.der"))).unwrap()
    }

    /// A PKCS#12 file with a certificate and its key, without those above.
    pub fn pkcs12(&self, name: &str) -> Vec<u8> {
        self.pkcs12_with(name, &[])
    }

    fn pkcs12_with(&self, name: &str, more: &[&str]) -> Vec<u8> {
        let (key, certificate) = (self.path(&format!("{name}.key")), self.path(&format!("{name}.pem")));
        let (out, password) = (self.scratch(), format!("pass:{PASSWORD}"));
        let what = ["-inkey", &key, "-in", &certificate, "-out", &out, "-passout", &password, "-iter", "100"];
        run("openssl", &[&["pkcs12", "-export"], &what[..], more].concat());
        std::fs::read(out).unwrap()
    }

    /// Who signs with the certificate `name`.
    pub fn identity(&self, name: &str) -> Identity {
        Identity::from_pkcs12(&self.pkcs12(name), PASSWORD).unwrap()
    }

    /// The same with the authority above in the signature.
    pub fn identity_with_chain(&self, name: &str) -> Identity {
        let file = self.pkcs12_with(name, &["-certfile", &self.path("ca.pem")]);
        Identity::from_pkcs12(&file, PASSWORD).unwrap()
    }

    fn scratch(&self) -> String {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        self.path(&format!("scratch-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// What is at an address; none if nothing is.
    pub fn answer(&self, url: &str, body: &[u8]) -> Option<Vec<u8>> {
        let name = url.strip_prefix("http://pki.test/")?;
        match name {
            "tsa" | "tsa-large" => Some(self.stamp_by(name, body)),
            "ocsp" => Some(self.ocsp(body)),
            _ => std::fs::read(self.path(name)).ok(),
        }
    }

    /// `openssl ts` answers a request for a time stamp.
    pub fn time_stamp(&self, request: &[u8]) -> Vec<u8> {
        self.stamp_by("tsa", request)
    }

    fn stamp_by(&self, name: &str, request: &[u8]) -> Vec<u8> {
        // It counts its answers in a file.
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (query, reply, config) = (self.scratch(), self.scratch(), self.path(&format!("{name}.conf")));
        std::fs::write(&query, request).unwrap();
        run("openssl", &["ts", "-reply", "-config", &config, "-queryfile", &query, "-out", &reply]);
        std::fs::read(reply).unwrap()
    }

    /// `openssl ocsp` answers whether a certificate is revoked.
    pub fn ocsp(&self, request: &[u8]) -> Vec<u8> {
        self.ocsp_with(request, "sha256")
    }

    /// The same, signed with another hash.
    pub fn ocsp_with(&self, request: &[u8], digest: &str) -> Vec<u8> {
        let (query, reply) = (self.scratch(), self.scratch());
        std::fs::write(&query, request).unwrap();
        let [index, ca, signer, key] = ["ca.index", "ca.pem", "responder.pem", "responder.key"].map(|n| self.path(n));
        let who = ["-index", &index, "-CA", &ca, "-rsigner", &signer, "-rkey", &key, "-rmd", digest];
        let what = ["-reqin", &query, "-respout", &reply, "-ndays", "1", "-noverify"];
        run("openssl", &[&["ocsp"], &who[..], &what].concat());
        std::fs::read(reply).unwrap()
    }
}
