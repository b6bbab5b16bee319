//! What tokens (JWT) are checked with.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{CredentialType, describe, text, wrong};
use crate::error::NodeError;
use crate::kinds::describe::{choice, pt};
use crate::kinds::webhook;

choice! {
    /// How tokens are signed.
    enum Algorithm {
        #[default]
        Hs256 = "HS256", "HS256 (shared secret)", "HS256 (segredo compartilhado)";
        Hs384 = "HS384", "HS384 (shared secret)", "HS384 (segredo compartilhado)";
        Hs512 = "HS512", "HS512 (shared secret)", "HS512 (segredo compartilhado)";
        Rs256 = "RS256", "RS256 (public key)", "RS256 (chave pública)";
        Rs384 = "RS384", "RS384 (public key)", "RS384 (chave pública)";
        Rs512 = "RS512", "RS512 (public key)", "RS512 (chave pública)";
        Ps256 = "PS256", "PS256 (public key)", "PS256 (chave pública)";
        Es256 = "ES256", "ES256 (public key)", "ES256 (chave pública)";
        Es384 = "ES384", "ES384 (public key)", "ES384 (chave pública)";
        EdDsa = "EdDSA", "EdDSA (public key)", "EdDSA (chave pública)";
    }
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct Fields {
    /// How the tokens are signed. A token that says otherwise is refused.
    #[schemars(title = "Algorithm", extend("x-pt" = pt("Algoritmo", "Como os tokens são assinados. Um token que diga outra coisa é recusado."), "default" = "HS256"))]
    algorithm: Algorithm,
    /// The shared secret; for a public key, its PEM text.
    #[schemars(title = "Secret or public key", length(min = 1), extend("x-pt" = pt("Segredo ou chave pública", "O segredo compartilhado; para uma chave pública, seu texto PEM."), "x-widget" = "password"))]
    secret: String,
}

pub(super) struct Jwt;

impl CredentialType for Jwt {
    fn describe(&self) -> CredentialKind {
        describe::<Fields>("jwt", ["Token check (JWT)", "Verificação de token (JWT)"], "shield-check")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let named = text(secret, "algorithm");
        let algorithm = named.parse().map_err(|_| {
            let en = "The algorithm is not known. Choose one of the list.";
            wrong("algorithm", en, "O algoritmo não é conhecido. Escolha um da lista.")
        })?;
        let given = text(secret, "secret");
        if named.starts_with("HS") && given.len() < 16 {
            return Err(wrong(
                "secret",
                "The shared secret is short enough to be guessed. Use 16 characters or more.",
                "O segredo compartilhado é curto o bastante para ser adivinhado. Use 16 caracteres ou mais.",
            ));
        }
        if webhook::key(algorithm, given).is_none() {
            let en = format!("The text is no public key for {named}. Paste it as PEM, from -----BEGIN to the end.");
            let pt =
                format!("O texto não é uma chave pública para {named}. Cole-a em PEM, desde -----BEGIN até o fim.");
            return Err(wrong("secret", &en, &pt));
        }
        Ok(Map::from_iter([("algorithm".to_owned(), json!(named))]))
    }
}
