//! Keys for signing a corpus, and a database in which `pdfsig` finds that their root is trusted.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sh;

pub const PASSWORD: &str = "corpus";

pub struct Material {
    folder: PathBuf,
}

impl Material {
    /// A root, an RSA-2048 and a P-256 key under it as PKCS#12 files, in `folder`.
    pub fn make(folder: &Path) -> Result<Material> {
        let made = Material { folder: folder.to_owned() };
        std::fs::create_dir_all(made.nss())?;
        let openssl = |words: &str| sh::output(sh::command("openssl").args(words.split(' ')).current_dir(folder));
        let usage = "-addext keyUsage=critical,digitalSignature,nonRepudiation";
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=Corpus_root")?;
        for (name, key) in [("first", "rsa:2048"), ("second", "ec -pkeyopt ec_paramgen_curve:P-256")] {
            openssl(&format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name} {usage}"))?;
            openssl(&format!(
                "x509 -req -in {name}.csr -copy_extensions copyall -CA root.pem -CAkey root.key -out {name}.pem -days 30"
            ))?;
            openssl(&format!(
                "pkcs12 -export -inkey {name}.key -in {name}.pem -certfile root.pem -out {name}.p12 -passout pass:{PASSWORD}"
            ))?;
        }
        let certutil = |words: &[&str]| sh::output(sh::command("certutil").args(words).current_dir(folder));
        certutil(&["-N", "-d", "nss", "--empty-password"])?;
        certutil(&["-A", "-d", "nss", "-n", "root", "-t", "CT,C,C", "-i", "root.pem"])?;
        Ok(made)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn nss(&self) -> PathBuf {
        self.path("nss")
    }
}
