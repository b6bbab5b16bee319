//! The signatures of a file that is a PDF, and the versions that were signed.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::BlobRef;
use flow::api::{PdfSignatures, Problem};
use jiff::Timestamp;
use nodes::kinds::pdf_verify::signatures::{Lang, Refused, Verified};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::access::Viewer;
use super::blobs::disposition;
use super::error::{ApiError, ApiResult};
use super::extract::{Path, Query};

/// A file never changes, but certificates expire and the server's authorities may be others after a restart.
const FRESH: &str = "private, max-age=300";

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "pt-BR")]
    Portuguese,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Report {
    /// Of the sentences: `en`, which it is when absent, or `pt-BR`.
    #[param(inline)]
    #[serde(default)]
    language: Option<Language>,
}

impl Report {
    fn lang(&self) -> Lang {
        match self.language.unwrap_or_default() {
            Language::English => Lang::En,
            Language::Portuguese => Lang::PtBr,
        }
    }
}

async fn verified(app: &App, id: &str, lang: Lang) -> ApiResult<(BlobRef, Verified)> {
    let blob = app.blobs.get(id).await?;
    let read = async { app.blobs.read(id, blob.size).await.map_err(|e| Trouble::Api(e.into())) };
    let verified = app.signatures.verify(&blob, read, lang, Timestamp::now()).await;
    let verified = verified.map_err(|trouble| match trouble {
        Trouble::Refused(refused) => problem(&refused, lang),
        Trouble::Api(error) => error,
    })?;
    Ok((blob, verified))
}

/// Why there is no answer: for a reason that has a sentence in each language, or for one of this server.
enum Trouble {
    Refused(Refused),
    Api(ApiError),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Seconds after which it is worth to ask again.
const AGAIN: u64 = 5;

fn problem(refused: &Refused, lang: Lang) -> ApiError {
    let status = match refused {
        Refused::Busy | Refused::Slow => StatusCode::SERVICE_UNAVAILABLE,
        Refused::NoSignature => StatusCode::NOT_FOUND,
        Refused::Broken => return ApiError::internal("a PDF's verification broke off"),
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut error = ApiError::new(status, refused.code(), refused.message(lang));
    error.retry_after = matches!(refused, Refused::Busy).then_some(AGAIN);
    error
}

/// What a PDF's signatures are worth: ICP-Brasil's roots and the server's own authorities are trusted, and nobody is asked.
#[utoipa::path(get, path = "/blobs/{id}/signatures", tag = "Files", params(Report),
    responses((status = 200, body = PdfSignatures), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub async fn show(
    State(app): State<App>,
    _: Viewer,
    Path(id): Path<String>,
    Query(query): Query<Report>,
) -> ApiResult<Response> {
    let (_, verified) = verified(&app, &id, query.lang()).await?;
    let fresh = [(header::CACHE_CONTROL, HeaderValue::from_static(FRESH))];
    Ok((fresh, Json(verified.signatures)).into_response())
}

/// The file as it was when a signature was made. `number` is the signature's place in the list, from 1.
#[utoipa::path(get, path = "/blobs/{id}/signatures/{number}", tag = "Files", params(Report),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub async fn revision(
    State(app): State<App>,
    _: Viewer,
    Path((id, number)): Path<(String, usize)>,
    Query(query): Query<Report>,
) -> ApiResult<Response> {
    let (blob, verified) = verified(&app, &id, query.lang()).await?;
    let size = verified.revision(number).map_err(|e| problem(&e, query.lang()))?;
    let content = app.blobs.stream_start(&id, size).await?;
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FRESH));
    let name = disposition("attachment", &revision_name(&blob.file_name, number));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(ApiError::internal)?);
    Ok(response)
}

/// `contract.pdf` and 2: `contract-2.pdf`.
fn revision_name(name: &str, number: usize) -> String {
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case("pdf") && !stem.is_empty() => stem,
        _ => name,
    };
    format!("{stem}-{number}.pdf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_after_their_file() {
        for (name, expected) in [
            ("contract.pdf", "contract-2.pdf"),
            ("a.b.PDF", "a.b-2.pdf"),
            ("contract", "contract-2.pdf"),
            (".pdf", ".pdf-2.pdf"),
        ] {
            assert_eq!(revision_name(name, 2), expected);
        }
    }
}
