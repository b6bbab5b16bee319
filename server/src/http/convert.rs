//! Which status and code each inner error has at the edge.

use axum::http::StatusCode;

use super::error::ApiError;
use crate::auth::AuthError;
use crate::blobs::BlobError;
use crate::credentials::CredentialError;
use crate::engine::EngineError;
use crate::engine::remote::JobError;
use crate::flows::FlowError;
use crate::store::StoreError;
use crate::vault::VaultError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        let (status, code) = match error {
            StoreError::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            StoreError::Conflict(_) => (StatusCode::PRECONDITION_FAILED, "conflict"),
            StoreError::WebhookTaken { .. } => (StatusCode::CONFLICT, "webhook_taken"),
            StoreError::Duplicate(_) => (StatusCode::CONFLICT, "duplicate"),
            StoreError::Refused(_) => (StatusCode::CONFLICT, "refused"),
            StoreError::Fenced => (StatusCode::CONFLICT, "fenced"),
            StoreError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            StoreError::ReadOnly(_) => (StatusCode::INSUFFICIENT_STORAGE, "database_read_only"),
            StoreError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable"),
            StoreError::NoSuchPage => (StatusCode::BAD_REQUEST, "cursor_invalid"),
            StoreError::Unstorable => (StatusCode::BAD_REQUEST, "text_invalid"),
            StoreError::Locked(_) | StoreError::Invalid(_) | StoreError::Database(_) => return Self::internal(detail),
        };
        Self::new(status, code, detail)
    }
}

impl From<FlowError> for ApiError {
    fn from(error: FlowError) -> Self {
        let detail = error.to_string();
        match error {
            FlowError::Store(error) => error.into(),
            FlowError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            FlowError::Conflict(conflict) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "conflict", detail).with(*conflict)
            }
            FlowError::Findings(findings) => Self::unprocessable("flow_invalid", detail).with(findings),
            FlowError::TooLarge(_) => Self::unprocessable("flow_too_large", detail),
            FlowError::Invalid(_) => Self::unprocessable("flow_invalid", detail),
        }
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let status = match error {
            EngineError::NotFound => StatusCode::NOT_FOUND,
            EngineError::Busy(_) | EngineError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            EngineError::Ended | EngineError::NotRetryable | EngineError::NotKept | EngineError::NoVersion => {
                StatusCode::CONFLICT
            }
            EngineError::NoTrigger(_) => StatusCode::UNPROCESSABLE_ENTITY,
            EngineError::Store(_) => StatusCode::INSUFFICIENT_STORAGE,
            EngineError::Damaged(_) | EngineError::Defect => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut answer = Self::new(status, error.code(), error.to_string());
        answer.retry_after = matches!(error, EngineError::Busy(_) | EngineError::Stopping).then_some(2);
        answer
    }
}

impl From<JobError> for ApiError {
    fn from(error: JobError) -> Self {
        let detail = error.to_string();
        match error {
            JobError::Over => Self::new(StatusCode::GONE, "job_over", detail),
            JobError::Away => {
                Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "job_away", detail) }
            }
            JobError::Refused(_) => Self::unprocessable("job_post", detail),
            JobError::Engine(error) => error.into(),
        }
    }
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        let detail = error.to_string();
        match error {
            CredentialError::Store(error) => error.into(),
            CredentialError::Vault(error) => error.into(),
            CredentialError::UnknownKind(_) => Self::unprocessable("unknown_credential_kind", detail).at("/kind"),
            CredentialError::Unnamed => Self::unprocessable("name_missing", detail).at("/name"),
            CredentialError::KindChanged => Self::unprocessable("kind_changed", detail).at("/kind"),
            CredentialError::InUse(_) => Self::new(StatusCode::CONFLICT, "credential_in_use", detail),
            CredentialError::Refused(error) => {
                let field = error.details["field"].as_str().map(|field| format!("/secret/{field}"));
                let answer = Self { pointer: field, ..Self::unprocessable(error.code, error.message) };
                answer.with(error.details)
            }
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        // What is wrong with the key is for the log; the caller can do nothing about it.
        Self::internal(error)
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        let detail = error.to_string();
        match error {
            BlobError::Store(error) => error.into(),
            BlobError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            BlobError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail),
            BlobError::DiskFull => Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", detail),
            BlobError::Broken(_) => Self::bad_request("body_broken", detail),
            _ => Self::internal(detail),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let detail = error.to_string();
        match error {
            AuthError::Store(error) => error.into(),
            other => {
                let status = StatusCode::from_u16(other.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                let mut answer = Self::new(status, other.code(), detail);
                answer.retry_after = other.retry_after();
                answer
            }
        }
    }
}
