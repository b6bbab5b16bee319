//! Keys, certificates and kubeconfigs. Elliptic curves: RSA keys would take seconds.

use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::place::{NODE, NODE_IP, Place, SERVICE_IP};
use crate::sh;

/// Who talks to the API server: the file's name and the certificate's subject.
const CLIENTS: [(&str, &str); 6] = [
    ("admin", "/O=system:masters/CN=admin"),
    ("controller-manager", "/CN=system:kube-controller-manager"),
    ("scheduler", "/CN=system:kube-scheduler"),
    ("kubelet", "/O=system:nodes/CN=system:node:node1"),
    ("proxy", "/CN=system:kube-proxy"),
    ("apiserver-kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
];

/// Makes all of them in `pki/`, and `<client>.kubeconfig` beside it.
pub fn make(place: &Place) -> Result<()> {
    let pki = Pki { folder: &place.file("pki") };
    std::fs::create_dir_all(pki.folder)?;
    pki.authority("ca")?;
    // The aggregation layer, which metrics-server is behind, has an authority of its own.
    pki.authority("front-ca")?;
    pki.key("sa")?;
    pki.openssl(&["pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub"])?;
    let names = [
        "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc",
        "DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1",
        &format!("IP:{SERVICE_IP},IP:{NODE_IP},IP:{}", place.cluster_ip),
    ];
    pki.leaf("ca", "apiserver", "/CN=kube-apiserver", "serverAuth", &names.join(","))?;
    let node = format!("DNS:{NODE},IP:127.0.0.1,IP:{NODE_IP}");
    pki.leaf("ca", "kubelet-serving", "/O=system:nodes/CN=system:node:node1", "serverAuth", &node)?;
    pki.leaf("front-ca", "front", "/CN=front-proxy", "clientAuth", "DNS:front-proxy")?;
    for (name, subject) in CLIENTS {
        pki.leaf("ca", name, subject, "clientAuth", &format!("DNS:{name}"))?;
        // The administrator comes from outside, the node's own programs stay inside.
        let server = if name == "admin" { place.cluster_ip.to_string() } else { "127.0.0.1".to_owned() };
        write_secret(&place.file(&format!("{name}.kubeconfig")), &pki.kubeconfig(name, &server)?)?;
    }
    Ok(())
}

struct Pki<'a> {
    folder: &'a Path,
}

impl Pki<'_> {
    fn openssl(&self, words: &[&str]) -> Result<()> {
        sh::output(sh::command("openssl").args(words).current_dir(self.folder)).map(drop)
    }

    fn key(&self, name: &str) -> Result<()> {
        self.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &format!("{name}.key")])
    }

    fn authority(&self, name: &str) -> Result<()> {
        self.key(name)?;
        let [key, cert, subject] = [format!("{name}.key"), format!("{name}.crt"), format!("/CN=fluxo-test-{name}")];
        self.openssl(&["req", "-x509", "-new", "-key", &key, "-subj", &subject, "-days", "30", "-out", &cert])
    }

    fn leaf(&self, authority: &str, name: &str, subject: &str, usage: &str, names: &str) -> Result<()> {
        self.key(name)?;
        let file = |ending: &str| format!("{name}.{ending}");
        let extensions = format!(
            "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage={usage}\nsubjectAltName={names}\n"
        );
        std::fs::write(self.folder.join(file("ext")), extensions)?;
        self.openssl(&["req", "-new", "-key", &file("key"), "-subj", subject, "-out", &file("csr")])?;
        let [ca, ca_key] = [format!("{authority}.crt"), format!("{authority}.key")];
        let request = ["x509", "-req", "-in", &file("csr"), "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial"];
        let output = ["-days", "30", "-sha256", "-extfile", &file("ext"), "-out", &file("crt")];
        self.openssl(&[&request[..], &output[..]].concat())
    }

    /// A kubeconfig is YAML, and JSON is YAML.
    fn kubeconfig(&self, name: &str, server: &str) -> Result<String> {
        let read = |file: String| Ok::<_, anyhow::Error>(BASE64.encode(std::fs::read(self.folder.join(file))?));
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fluxo-test", "cluster": {
                "server": format!("https://{server}:6443"), "certificate-authority-data": read("ca.crt".into())?,
            }}],
            "users": [{"name": name, "user": {
                "client-certificate-data": read(format!("{name}.crt"))?, "client-key-data": read(format!("{name}.key"))?,
            }}],
            "contexts": [{"name": "fluxo-test", "context": {"cluster": "fluxo-test", "user": name}}],
            "current-context": "fluxo-test",
        });
        Ok(serde_json::to_string_pretty(&config)?)
    }
}

fn write_secret(file: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())?;
    Ok(())
}
