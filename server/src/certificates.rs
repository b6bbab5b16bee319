//! What the certificates of credentials say, and which of them end soon. It is kept beside the credential, so nothing is
//! decrypted for it, and answers to "what ends soon?" come from an index.

use flow::Text;
use flow::api::{Certificate, CertificateState, Notice, NoticeCode, Page};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::store::{CredentialRow, ExpiringRow, PageOf, Store, StoreError, time};
use crate::vault::Vault;

/// Days before its end that a certificate is warned of, unless the server is told otherwise.
pub const DAYS: u32 = 30;

/// The setting that says on which day somebody warned last.
const WARNED: &str = "certificates_warned";
/// Certificates that one warning names; further ones are on the credentials page.
const NAMED: u32 = 100;
/// Credentials in memory at once while old ones are read.
const AT_ONCE: u64 = 20;

/// From where a certificate's end is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    pub now: Timestamp,
    /// Days before the end that count as soon; with 0 only expired ones are told of.
    pub days: u32,
}

impl Outlook {
    /// What ends before it ends soon or has ended; milliseconds since 1970.
    fn horizon(&self) -> i64 {
        self.now.as_millisecond().saturating_add(i64::from(self.days) * DAY_MS)
    }

    /// Whole days until then; below 0 after it.
    fn days_left(&self, end: i64) -> i64 {
        (end - self.now.as_millisecond()).div_euclid(DAY_MS)
    }

    fn state(&self, start: Option<i64>, end: i64) -> CertificateState {
        let now = self.now.as_millisecond();
        if end < now {
            CertificateState::Expired
        } else if start.is_some_and(|start| now < start) {
            CertificateState::NotYetValid
        } else if end < self.horizon() {
            CertificateState::EndsSoon
        } else {
            CertificateState::Valid
        }
    }
}

const DAY_MS: i64 = SignedDuration::from_hours(24).as_millis() as i64;

/// When the certificate ends that a summary is of; `None` when it is of none.
pub fn ends(summary: &Map<String, Value>) -> Option<i64> {
    time::parse(summary.get("not_after")?.as_str()?)
}

/// The certificate that a summary is of.
pub fn of(summary: &Map<String, Value>, outlook: &Outlook) -> Option<Certificate> {
    let text = |field: &str| summary.get(field).and_then(Value::as_str).map(str::to_owned);
    let is = |field: &str| summary.get(field).and_then(Value::as_bool).unwrap_or(false);
    let start = time::parse(summary.get("not_before")?.as_str()?);
    let end = ends(summary)?;
    Some(Certificate {
        name: text("name").unwrap_or_default(),
        cpf: text("cpf"),
        cnpj: text("cnpj"),
        issuer: text("issuer").unwrap_or_default(),
        serial: text("serial").unwrap_or_default(),
        not_before: time::rfc3339(start?),
        not_after: time::rfc3339(end),
        key: text("key").unwrap_or_default(),
        icp_brasil: is("icp_brasil"),
        seal: is("seal"),
        state: outlook.state(start, end),
        days_left: outlook.days_left(end),
    })
}

/// A notice for each certificate that ends soon or has ended, the earliest first.
pub async fn notices(store: &Store, outlook: &Outlook, page: &PageOf) -> Result<Page<Notice>, StoreError> {
    let Page { items, next } = store.expiring(outlook.horizon(), page).await?;
    Ok(Page { items: items.into_iter().map(|row| notice(row, outlook)).collect(), next })
}

fn notice(row: ExpiringRow, outlook: &Outlook) -> Notice {
    let ExpiringRow { id, name, expires_at } = row;
    let at = time::rfc3339(expires_at);
    let day = at.split('T').next().unwrap_or_default().to_owned();
    let (code, text) = match outlook.state(None, expires_at) {
        CertificateState::Expired => (
            NoticeCode::CertificateExpired,
            Text::new(
                format!(
                    "The certificate of “{name}” expired on {day}. Get a new one and replace it in the credential."
                ),
                format!("O certificado de “{name}” expirou em {day}. Obtenha um novo e troque-o na credencial."),
            ),
        ),
        _ => (
            NoticeCode::CertificateEndsSoon,
            Text::new(
                format!(
                    "The certificate of “{name}” ends on {day}. Renew it and replace it in the credential before then."
                ),
                format!("O certificado de “{name}” termina em {day}. Renove-o e troque-o na credencial antes disso."),
            ),
        ),
    };
    Notice { code, text, credential: id, name, at }
}

/// Warns in the log of what ends soon, once a day (UTC) whatever the number of servers; whom it warned of.
pub async fn warn(store: &Store, outlook: &Outlook) -> Result<Vec<ExpiringRow>, StoreError> {
    let page = PageOf { limit: Some(NAMED), cursor: None };
    let Page { items, next } = store.expiring(outlook.horizon(), &page).await?;
    let today = outlook.now.strftime("%F").to_string();
    if items.is_empty() || !store.take_turn(WARNED, &today).await? {
        return Ok(Vec::new());
    }
    for row in &items {
        let (credential, until, days_left) =
            (&row.name, time::rfc3339(row.expires_at), outlook.days_left(row.expires_at));
        match outlook.state(None, row.expires_at) {
            CertificateState::Expired => tracing::warn!(
                credential,
                until,
                id = row.id,
                "A credential's certificate has expired. Get a new one and replace it."
            ),
            _ => tracing::warn!(
                credential,
                until,
                days_left,
                id = row.id,
                "A credential's certificate ends soon. Renew it and replace it."
            ),
        }
    }
    if next.is_some() {
        tracing::warn!(named = items.len(), "Further certificates end soon or have expired; see the credentials page.");
    }
    Ok(items)
}

/// Reads the certificates of credentials that were stored before certificates were kept beside them; how many it read.
/// One that can't be read is left for the next time.
pub async fn read_stored(store: &Store, vault: &Vault) -> Result<usize, StoreError> {
    let (mut last, mut read) = (String::new(), 0);
    loop {
        let rows = store.credentials_unread(&nodes::credentials::WITH_CERTIFICATE, &last, AT_ONCE).await?;
        let Some(end) = rows.last() else { return Ok(read) };
        last.clone_from(&end.id);
        for row in rows {
            let (id, vault) = (row.id.clone(), vault.clone());
            // Deriving the key from a password keeps a core busy.
            match tokio::task::spawn_blocking(move || with_certificate(&vault, row)).await {
                Ok(Some(row)) => read += usize::from(store.keep_certificate(row).await?),
                _ => tracing::debug!(id, "the certificate of a stored credential can't be read"),
            }
        }
    }
}

fn with_certificate(vault: &Vault, row: CredentialRow) -> Option<CredentialRow> {
    let plain = vault.open(&row.sealed, row.id.as_bytes()).ok()?;
    let fields: Map<String, Value> = serde_json::from_slice(&plain).ok()?;
    let summary = nodes::credentials::get(&row.kind)?.summary(&fields).ok()?;
    let expires_at = Some(ends(&summary)?);
    Some(CredentialRow { summary, expires_at, ..row })
}

#[cfg(test)]
mod tests;
