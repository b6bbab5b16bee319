//! Credentials: secrets that nodes use. Their values go in and never come out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Time;
use crate::text::Text;

/// A kind of credential: its form. `GET /api/v1/credential-kinds`
///
/// Kinds: `pkcs12` {file, password}, `http_basic` {user, password}, `http_bearer` {token}, `http_header` {name, value},
/// `http_query` {name, value}, `jwt` {algorithm, secret}, `mtls` {certificate, key, ca}, `password` {password}.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialKind {
    pub kind: String,
    pub name: Text,
    pub icon: String,
    /// JSON Schema of the secret, an object, with the hints of [`crate::KindDescription::parameters`]; additionally
    /// `x-widget`: `password` (never shown) and `upload` (a file as base64).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub schema: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    pub id: String,
    pub name: String,
    pub kind: String,
    /// What may be shown, by kind: a user, a header's name; of `pkcs12` and `mtls` what `certificate` says in full.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub summary: Map<String, Value>,
    /// What its certificate says; absent for kinds without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    pub created_at: Time,
    pub updated_at: Time,
    /// Names of the flows whose draft or published version uses it.
    #[serde(default)]
    pub used_by: Vec<String>,
}

/// What the certificate of a credential says of itself. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Certificate {
    /// Whom it names.
    pub name: String,
    /// The holder's CPF, or that of a company's responsible person, masked: `***.456.789-**`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpf: Option<String>,
    /// The company's CNPJ, 14 characters; since 2026 with letters, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnpj: Option<String>,
    /// Name of who issued it.
    pub issuer: String,
    /// In hexadecimal.
    pub serial: String,
    pub not_before: Time,
    pub not_after: Time,
    /// Kind and size of the key, such as `RSA 2048`.
    pub key: String,
    /// Issued under a policy of ICP-Brasil.
    #[serde(default)]
    pub icp_brasil: bool,
    /// An electronic seal: it shows where a document comes from and is no one's signature. Contracts need a person's
    /// certificate.
    #[serde(default)]
    pub seal: bool,
    pub state: CertificateState,
    /// Whole days until `not_after`; below 0 once it has expired.
    pub days_left: i64,
}

/// How a certificate stands at the moment of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    Valid,
    /// Valid, but not for as many days as the server's `--certificate-warning-days`.
    EndsSoon,
    Expired,
    NotYetValid,
}

/// Something to look at before a run fails of it. `GET /api/v1/notices`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    pub code: NoticeCode,
    /// What is so. What to do.
    pub text: Text,
    /// Id of the credential that it is about.
    pub credential: String,
    /// The credential's name.
    pub name: String,
    /// When its certificate ends, or ended.
    pub at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    CertificateEndsSoon,
    CertificateExpired,
}

/// `POST /api/v1/credentials`; `PUT /api/v1/credentials/{id}` (there, an absent `secret` stays).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCredential {
    pub name: String,
    pub kind: String,
    /// By the kind's schema. Checked before it is stored: a wrong certificate password is an error here.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub secret: Map<String, Value>,
}
