//! A client certificate for HTTP requests: PEM.

use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};
use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{CredentialType, certificate, describe, text, wrong};
use crate::error::NodeError;
use crate::kinds::common::unbase64;
use crate::kinds::describe::pt;
use pdf::{Certificate, PublicKey};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct MtlsFields {
    /// The client certificate as PEM, followed by those above it, if there are any.
    #[schemars(title = "Certificate (PEM)", length(min = 1), extend("x-pt" = pt("Certificado (PEM)", "O certificado do cliente em PEM, seguido dos que estão acima dele, se houver."), "x-widget" = "multiline"))]
    certificate: String,
    /// The certificate's private key as PEM, without a password.
    #[schemars(title = "Private key (PEM)", length(min = 1), extend("x-pt" = pt("Chave privada (PEM)", "A chave privada do certificado em PEM, sem senha."), "x-widget" = "password"))]
    key: String,
    /// The server's authority as PEM, when it is not one that everybody trusts.
    #[schemars(title = "Server's authority (PEM)", extend("x-pt" = pt("Autoridade do servidor (PEM)", "A autoridade do servidor em PEM, quando não é uma em que todos confiam."), "x-widget" = "multiline", "default" = ""))]
    #[serde(default)]
    ca: String,
}

pub(super) struct Mtls;

impl CredentialType for Mtls {
    fn describe(&self) -> CredentialKind {
        let name = ["Client certificate (mTLS)", "Certificado do cliente (mTLS)"];
        describe::<MtlsFields>("mtls", name, "shield-check")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let blocks = pem(text(secret, "certificate"));
        let certificates: Vec<&Vec<u8>> =
            blocks.iter().filter(|(l, _)| l == "CERTIFICATE").map(|(_, der)| der).collect();
        let own = certificates.first().and_then(|der| Certificate::parse(der).ok()).ok_or_else(|| {
            let en = "The certificate is no PEM certificate. Paste it from -----BEGIN CERTIFICATE----- to the end.";
            let pt = "O certificado não está em PEM. Cole-o desde -----BEGIN CERTIFICATE----- até o fim.";
            wrong("certificate", en, pt)
        })?;
        let keys = pem(text(secret, "key"));
        if keys.iter().any(|(label, _)| label == "ENCRYPTED PRIVATE KEY") {
            return Err(wrong(
                "key",
                "The private key has a password. Remove it first: openssl pkey -in key.pem -out plain.pem",
                "A chave privada tem uma senha. Remova-a antes: openssl pkey -in key.pem -out plain.pem",
            ));
        }
        let public = keys.iter().find_map(|(label, der)| public_key(label, der));
        let public = public.ok_or_else(|| {
            let en = "The private key is no RSA or elliptic-curve key in PEM. Paste it from -----BEGIN to the end.";
            let pt =
                "A chave privada não é uma chave RSA ou de curva elíptica em PEM. Cole-a desde -----BEGIN até o fim.";
            wrong("key", en, pt)
        })?;
        let certified = match own.key {
            PublicKey::Rsa { key, .. } => key,
            PublicKey::Ec { point, .. } => point,
            _ => &[],
        };
        if certified != public {
            return Err(wrong(
                "key",
                "The private key belongs to another certificate. Use the pair that was made together.",
                "A chave privada pertence a outro certificado. Use o par que foi feito junto.",
            ));
        }
        let ca = text(secret, "ca");
        if !ca.is_empty()
            && !pem(ca).iter().any(|(label, der)| label == "CERTIFICATE" && Certificate::parse(der).is_ok())
        {
            return Err(wrong(
                "ca",
                "The server's authority is no PEM certificate. Correct it, or leave it empty.",
                "A autoridade do servidor não é um certificado em PEM. Corrija-a ou deixe-a vazia.",
            ));
        }
        Ok(certificate(&own.summary()))
    }
}

/// The blocks of a PEM text: label and bytes. What is no PEM is skipped.
pub(crate) fn pem(text: &str) -> Vec<(String, Vec<u8>)> {
    let blocks = text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (label, rest) = block.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        // Old keys carry headers (`Proc-Type: …`) before an empty line.
        let body = body.rsplit_once("\n\n").map_or(body, |(_, data)| data);
        Some((label.trim().to_owned(), unbase64(body)?))
    });
    blocks.collect()
}

fn public_key(label: &str, der: &[u8]) -> Option<Vec<u8>> {
    let rsa = match label {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(der).ok(),
        _ => RsaKeyPair::from_pkcs8(der).ok(),
    };
    if let Some(key) = rsa {
        return Some(key.public_key().as_ref().to_vec());
    }
    let curves = [
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    curves.into_iter().find_map(|curve| {
        let pkcs8 = EcdsaKeyPair::from_pkcs8(curve, der).ok();
        let key = pkcs8.or_else(|| EcdsaKeyPair::from_private_key_der(curve, der).ok())?;
        Some(key.public_key().as_ref().to_vec())
    })
}
