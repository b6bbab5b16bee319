//! Certificates and keys, made once per test run with the `openssl` program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use jiff::Timestamp;

use crate::Identity;

/// A folder with keys and certificates in it; the PKCS#12 files are made as they are asked for.
pub struct Material {
    folder: tempfile::TempDir,
}

pub const PASSWORD: &str = "segredo";

/// The certificates of these tests are valid from today.
pub fn now() -> Timestamp {
    static NOW: OnceLock<Timestamp> = OnceLock::new();
    // After the certificates are made, or they would not be valid yet.
    material();
    *NOW.get_or_init(Timestamp::now)
}

pub fn material() -> &'static Material {
    static MATERIAL: OnceLock<Material> = OnceLock::new();
    MATERIAL.get_or_init(Material::make)
}

/// Ana's RSA-2048 certificate, with CPF, below an authority below the root.
pub fn ana() -> &'static Identity {
    static ANA: OnceLock<Identity> = OnceLock::new();
    ANA.get_or_init(|| Identity::from_pkcs12(&material().pkcs12("ana", &[]), PASSWORD).unwrap())
}

/// Bruno's EC P-256 certificate.
pub fn bruno() -> &'static Identity {
    static BRUNO: OnceLock<Identity> = OnceLock::new();
    BRUNO.get_or_init(|| Identity::from_pkcs12(&material().pkcs12("bruno", &[]), PASSWORD).unwrap())
}

/// Runs a program; its failure is the test's.
#[track_caller]
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C.UTF-8").output();
    let output = output.unwrap_or_else(|error| panic!("{program} did not start: {error}. Run `cargo xtask setup`."));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{text}");
    text
}

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
[person]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = clientAuth,emailProtection
certificatePolicies = 2.16.76.1.2.3.1
subjectAltName = email:ana@example.org,otherName:2.16.76.1.3.1;PRINTABLESTRING:0101198012345678909000000000001234567SSPSP
[company]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
certificatePolicies = 2.16.76.1.2.201.7
subjectAltName = otherName:2.16.76.1.3.3;PRINTABLESTRING:12345678000195,otherName:2.16.76.1.3.4;PRINTABLESTRING:0101198098765432100000000000000000000000000
[plain]
basicConstraints = CA:false
keyUsage = critical,digitalSignature,nonRepudiation
[encipher]
keyUsage = critical,keyEncipherment
[server]
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
";

impl Material {
    fn make() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(made.path("config"), CONFIG).unwrap();
        let rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
        let ec = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let ec384 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
        let ec521 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
        let small = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
        made.issue("root", &rsa, "/CN=Raiz de Teste/O=Fluxo", None, "root", &["-days", "3650"]);
        made.issue("authority", &ec, "/CN=Autoridade de Teste", Some("root"), "root", &["-days", "1800"]);
        made.issue("ana", &rsa, "/C=BR/O=ICP-Teste/CN=Ana Conceição:12345678909", Some("authority"), "person", &[]);
        made.issue("bruno", &ec, "/CN=Bruno Lima", Some("root"), "plain", &[]);
        made.issue("carla", &ec384, "/CN=Carla", Some("root"), "plain", &[]);
        made.issue("davi", &ec521, "/CN=Davi", Some("root"), "plain", &[]);
        made.issue("company", &rsa, "/CN=Empresa Ltda:12345678000195", Some("root"), "company", &[]);
        made.issue("small", &small, "/CN=Small", Some("root"), "plain", &[]);
        made.issue("edward", &["-algorithm", "ED25519"], "/CN=Edward", Some("root"), "plain", &[]);
        made.issue("encipher", &ec, "/CN=Encipher", Some("root"), "encipher", &[]);
        made.issue("server", &ec, "/CN=server.example.org", Some("root"), "server", &[]);
        made.issue("sha1", &rsa, "/CN=Old", Some("root"), "plain", &["-sha1"]);
        made.issue("alone", &ec, "/CN=Alone", None, "plain", &[]);
        made
    }

    /// Makes a key and a certificate; without `issuer` it signs itself.
    fn issue(&self, name: &str, key: &[&str], subject: &str, issuer: Option<&str>, section: &str, more: &[&str]) {
        let (file, config) = (|extension: &str| self.path(&format!("{name}.{extension}")), self.path("config"));
        let (key_file, request, certificate) = (file("key"), file("csr"), file("pem"));
        let mut arguments = vec!["genpkey", "-out", &key_file];
        arguments.extend(key);
        run("openssl", &arguments);
        run(
            "openssl",
            &["req", "-new", "-config", &config, "-utf8", "-key", &key_file, "-subj", subject, "-out", &request],
        );
        let mut arguments = vec!["x509", "-req", "-in", &request, "-out", &certificate, "-extfile", &config];
        arguments.extend(["-extensions", section]);
        let (issuer_certificate, issuer_key);
        match issuer {
            Some(issuer) => {
                issuer_certificate = self.path(&format!("{issuer}.pem"));
                issuer_key = self.path(&format!("{issuer}.key"));
                arguments.extend(["-CA", &issuer_certificate, "-CAkey", &issuer_key]);
            }
            None => arguments.extend(["-signkey", &key_file]),
        }
        arguments.extend(more);
        run("openssl", &arguments);
        run("openssl", &["x509", "-in", &certificate, "-outform", "DER", "-out", &file("der")]);
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn der(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(&format!("{name}.der"))).unwrap()
    }

    /// A PKCS#12 file of a certificate with its key and the authorities above, made as `options` say.
    pub fn pkcs12(&self, name: &str, options: &[&str]) -> Vec<u8> {
        self.pkcs12_with(name, PASSWORD, options)
    }

    pub fn pkcs12_with(&self, name: &str, password: &str, options: &[&str]) -> Vec<u8> {
        let (key, certificate) = (self.path(&format!("{name}.key")), self.path(&format!("{name}.pem")));
        let above = self.scratch();
        let read = |name: &str| std::fs::read_to_string(self.path(name)).unwrap();
        std::fs::write(&above, read("authority.pem") + &read("root.pem")).unwrap();
        let out = self.scratch();
        let (out, above) = (out.to_str().unwrap(), above.to_str().unwrap());
        let password = format!("pass:{password}");
        let mut arguments = vec!["pkcs12", "-export", "-inkey", &key, "-in", &certificate, "-certfile", above];
        arguments.extend(["-out", out, "-passout", &password, "-iter", "100"]);
        arguments.extend(options);
        run("openssl", &arguments);
        std::fs::read(out).unwrap()
    }

    /// A path that no other test uses.
    pub fn scratch(&self) -> PathBuf {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        self.folder.path().join(format!("scratch-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Writes bytes to a file of their own.
    pub fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.scratch();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
