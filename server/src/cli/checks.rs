//! What `fluxo doctor` looks at, one function each: what is fine, or what is wrong and what to do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flow::api::{CertificateState, Role};
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use crate::certificates::{self, Outlook};
use crate::config::{DataOptions, ServeOptions};
use crate::script::{RunnerOptions, RunnerPool};
use crate::store::{CredentialRow, Store, StoreError, StoreOptions, UserRow};
use crate::world::{AllowList, Networks};

pub(super) type Check = Result<String, String>;

/// Free bytes below which a day of runs may fill the disk.
const LITTLE: u64 = 512 << 20;

/// The nearest folder in the path that exists.
fn existing(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/")).to_owned()
}

pub(super) fn folder(path: &Path) -> Check {
    let shown = path.display();
    if path.exists() && !path.is_dir() {
        return Err(format!("{shown} is no folder. Choose another one with --data."));
    }
    let near = existing(path);
    access(&near, AccessFlags::W_OK | AccessFlags::X_OK)
        .map_err(|e| format!("{} can't be written: {}. Correct its permissions.", near.display(), e.desc()))?;
    match path.exists() {
        true => Ok(format!("{shown} can be written")),
        false => Ok(format!("{shown} is not there yet; the first start of the server makes it")),
    }
}

pub(super) fn space(path: &Path) -> Check {
    let near = existing(path);
    let disk = statvfs(&near).map_err(|e| format!("{} can't be asked: {}.", near.display(), e.desc()))?;
    #[expect(clippy::useless_conversion, reason = "the types differ between systems")]
    let free = u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size()));
    match free {
        _ if free < LITTLE => Err(format!(
            "{} MiB are free in {}. Free some, or keep runs for fewer days with --keep-days.",
            free >> 20,
            near.display()
        )),
        _ => Ok(format!("{:.1} GiB free", free as f64 / f64::from(1 << 30))),
    }
}

pub(super) fn address(options: &ServeOptions) -> Check {
    match std::net::TcpListener::bind(options.listen) {
        Ok(_) => Ok(format!("{} is free", options.listen)),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{} is in use; fine if that is Fluxo, otherwise choose another with --listen", options.listen))
        }
        Err(e) => Err(format!("{} can't be listened on: {e}. Choose another one with --listen.", options.listen)),
    }
}

pub(super) fn public_url(options: &ServeOptions) -> Check {
    let Some(given) = &options.public_url else {
        return Ok(format!("{}; set --public-url when people use another address", options.public_url()));
    };
    let wrong = || format!("'{given}' is no address. Write one like https://fluxo.example.com in --public-url.");
    let url = reqwest::Url::parse(given).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "'{given}' goes on after the host, which Fluxo does not support. Write {} in --public-url.",
            url.origin().ascii_serialization()
        ));
    }
    Ok(options.public_url())
}

pub(super) fn proxies(options: &ServeOptions) -> Check {
    let networks: Networks = options.trusted_proxies.join(",").parse().map_err(|e| format!("{e}"))?;
    let https = options.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    match (networks.is_empty(), https) {
        (false, _) => Ok(options.trusted_proxies.join(", ")),
        (true, false) => Ok("none".to_owned()),
        (true, true) => Ok("none; with a proxy before Fluxo, as https in --public-url tells, name its network in \
                            --trusted-proxies, so that one person's wrong passwords don't make everybody wait"
            .to_owned()),
    }
}

pub(super) fn allowed(options: &ServeOptions) -> Check {
    let list = options.http_allow.join(",");
    list.parse::<AllowList>().map_err(|e| e.to_string())?;
    Ok(if list.is_empty() { "public addresses alone".to_owned() } else { format!("public ones, {list}") })
}

/// The database as it is: none is made, nothing is changed. `None` when there is none yet.
pub(super) async fn database(options: &DataOptions) -> Result<Option<Store>, String> {
    let store = match &options.database_url {
        Some(url) => StoreOptions::new(url.clone()),
        None => StoreOptions::in_folder(&options.data),
    };
    match Store::look(&store).await {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn users(users: &[UserRow]) -> Check {
    let owners = users.iter().filter(|user| user.role == Role::Owner && !user.disabled).count();
    match owners {
        0 => Err("there is no owner who could sign in. Open the page, or use `fluxo user add EMAIL --role owner`."
            .to_owned()),
        _ => Ok(format!("{}, {owners} of them owners", users.len())),
    }
}

pub(super) fn certificates(credentials: &[CredentialRow], outlook: &Outlook) -> Check {
    let (mut checked, mut late) = (0, Vec::new());
    for row in credentials {
        let Some(certificate) = certificates::of(&row.summary, outlook) else { continue };
        checked += 1;
        let day = certificate.not_after.split('T').next().unwrap_or_default();
        match certificate.state {
            CertificateState::Expired => late.push(format!("“{}” expired on {day}", row.name)),
            CertificateState::EndsSoon => late.push(format!("“{}” ends on {day}", row.name)),
            CertificateState::Valid | CertificateState::NotYetValid => {}
        }
    }
    match late.is_empty() {
        true => Ok(format!("{checked}, none ends within {} days", outlook.days)),
        false => Err(format!("{}. Renew them, then change the credentials.", late.join(", "))),
    }
}

pub(super) fn folders(options: &ServeOptions) -> Check {
    let folders =
        options.file_folders().map_err(|e| format!("one can't be found: {e}. Make it, or correct --files."))?;
    for folder in &folders {
        // The default one is made at the start.
        if !folder.is_dir() && !options.files.is_empty() {
            return Err(format!("{} is no folder. Make it, or correct --files.", folder.display()));
        }
    }
    let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Ok(names.join(", "))
}

/// Starts a process of the Code node, as a run would.
pub(super) async fn runner() -> Check {
    let pool = RunnerPool::start(RunnerOptions { most: 1, ready: 0, ..RunnerOptions::default() });
    match tokio::time::timeout(Duration::from_secs(30), pool.check()).await {
        Ok(Ok(())) => Ok("its process starts".to_owned()),
        Ok(Err(error)) => Err(error.message),
        Err(_) => Err("its process does not answer. Look at the machine's load and limits.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vault::Sealed;

    fn credential(name: &str, not_after: &str) -> CredentialRow {
        CredentialRow {
            id: name.into(),
            name: name.into(),
            kind: "pkcs12".into(),
            summary: json!({"not_before": "2025-05-01T00:00:00Z", "not_after": not_after}).as_object().unwrap().clone(),
            sealed: Sealed { key: String::new(), bytes: Vec::new() },
            created_at: 0,
            updated_at: 0,
            updated_by: String::new(),
            expires_at: None,
        }
    }

    #[test]
    fn certificates_are_renewed_in_time() {
        let outlook = Outlook { now: "2026-05-01T12:00:00Z".parse().unwrap(), days: 30 };
        let check = |end: &str| super::certificates(&[credential("A1", end), credential("other", "no date")], &outlook);
        assert_eq!(check("2026-07-01T00:00:00Z"), Ok("1, none ends within 30 days".to_owned()));
        assert!(check("2026-05-20T00:00:00Z").unwrap_err().starts_with("“A1” ends on 2026-05-20. Renew"));
        assert!(check("2026-05-01T11:00:00Z").unwrap_err().starts_with("“A1” expired on 2026-05-01. Renew"));
    }

    #[test]
    fn what_is_not_there_is_looked_for_above() {
        let folder_ = tempfile::tempdir().unwrap();
        let missing = folder_.path().join("a/b");
        assert!(folder(&missing).unwrap().contains("is not there yet") && space(&missing).is_ok());
        assert!(!folder_.path().join("a").exists());
        std::fs::write(folder_.path().join("file"), "").unwrap();
        assert!(folder(&folder_.path().join("file")).unwrap_err().contains("is no folder"));
    }
}
