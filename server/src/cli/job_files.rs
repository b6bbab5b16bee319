//! `fluxo job-files`: the helper beside a Job's container that brings what it is given and keeps what it leaves. Started by
//! the server in pods, not by people.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

/// A transfer is tried this often: the server may be starting again.
const TRIES: u32 = 8;
/// Between two pieces of a transfer.
const SILENCE: Duration = Duration::from_secs(60);
/// A folder within a folder, at most.
const DEEP: usize = 32;

#[derive(Clone, clap::Subcommand)]
pub(super) enum JobFiles {
    /// Brings the files that the container is given.
    Fetch(Options),
    /// Keeps the files that the container left.
    Keep(Options),
}

#[derive(Clone, clap::Args)]
pub(super) struct Options {
    /// Address of the server.
    #[arg(long, env = "FLUXO_JOB_URL")]
    url: String,
    #[arg(long, env = "FLUXO_JOB_TOKEN", hide_env_values = true)]
    token: String,
    /// Folder with the list of files.
    #[arg(long, env = "FLUXO_JOB_GIVEN")]
    given: PathBuf,
    #[arg(long, env = "FLUXO_JOB_FOLDER")]
    folder: PathBuf,
}

/// A file of the list.
#[derive(Deserialize)]
struct Listed {
    path: String,
    blob: String,
}

pub(super) async fn run(command: JobFiles) -> Result<(), String> {
    // A second call, in tests, finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(SILENCE).build();
    let client = client.map_err(|e| format!("No request can be made: {e}."))?;
    match command {
        JobFiles::Fetch(options) => fetch(&client, &options).await,
        JobFiles::Keep(options) => keep(&client, &options).await,
    }
}

async fn fetch(client: &Client, options: &Options) -> Result<(), String> {
    let list = options.given.join(crate::cluster::manifest::LIST);
    let list = tokio::fs::read(&list).await.map_err(|e| format!("{} can't be read: {e}.", list.display()))?;
    let list: Vec<Listed> = serde_json::from_slice(&list).map_err(|e| format!("The list of files is damaged: {e}."))?;
    for file in &list {
        let target = inside(&options.folder, &file.path)?;
        if let Some(folder) = target.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(|e| format!("{} can't be made: {e}.", folder.display()))?;
        }
        let url = format!("{}/api/v1/job/blobs/{}", options.url, file.blob);
        again(async || download(client, options, &url, &target).await).await?;
    }
    println!("{} files fetched", list.len());
    Ok(())
}

async fn keep(client: &Client, options: &Options) -> Result<(), String> {
    let mut kept = 0;
    for path in files(&options.folder).await? {
        let inside = path.strip_prefix(&options.folder).unwrap_or(&path).to_string_lossy().into_owned();
        again(async || upload(client, options, &path, &inside).await).await?;
        kept += 1;
    }
    println!("{kept} files kept");
    Ok(())
}

/// What went wrong, and whether it may go well next time.
type Tried = Result<(), (String, bool)>;

async fn again(mut work: impl AsyncFnMut() -> Tried) -> Result<(), String> {
    let mut pause = Duration::from_millis(500);
    let mut tried = 1;
    loop {
        match work().await {
            Ok(()) => return Ok(()),
            Err((why, true)) if tried < TRIES => {
                eprintln!("{why} It is tried again.");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(15));
                tried += 1;
            }
            Err((why, _)) => return Err(why),
        }
    }
}

async fn download(client: &Client, options: &Options, url: &str, target: &Path) -> Tried {
    let response =
        client.get(url).bearer_auth(&options.token).send().await.map_err(|e| (unreachable(options, &e), true))?;
    let response = checked(response).await?;
    let full = |e: std::io::Error| (format!("{} can't be written: {e}.", target.display()), false);
    let mut file = tokio::fs::File::create(target).await.map_err(full)?;
    let mut content = response.bytes_stream();
    while let Some(piece) = content.next().await {
        let piece = piece.map_err(|e| (unreachable(options, &e), true))?;
        file.write_all(&piece).await.map_err(full)?;
    }
    file.flush().await.map_err(full)
}

async fn upload(client: &Client, options: &Options, path: &Path, inside: &str) -> Tried {
    let unreadable = |e: std::io::Error| (format!("{} can't be read: {e}.", path.display()), false);
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let size = file.metadata().await.map_err(unreadable)?.len();
    let mime = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("path", inside).finish();
    let request = client
        .post(format!("{}/api/v1/job/files?{query}", options.url))
        .bearer_auth(&options.token)
        .header("content-type", mime)
        .header("content-length", size)
        .body(reqwest::Body::wrap_stream(ReaderStream::new(file)));
    let response = request.send().await.map_err(|e| (unreachable(options, &e), true))?;
    checked(response).await.map(drop)
}

async fn checked(response: reqwest::Response) -> Result<reqwest::Response, (String, bool)> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let text = response.text().await.unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let said = problem["detail"].as_str().unwrap_or("it does not say why");
    Err((format!("The server answered {}: {said}", status.as_u16()), passes))
}

fn unreachable(options: &Options, error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    format!("The server at {} can't be reached: {inner}.", options.url)
}

/// A path of the list, which stays inside the folder.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    match plain && !path.is_empty() {
        true => Ok(folder.join(path)),
        false => Err(format!("'{path}' leads out of the folder.")),
    }
}

/// All plain files below a folder, by path. Links are not followed: they may lead out of it.
async fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |e: std::io::Error| format!("{} can't be read: {e}.", folder.display());
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(unreadable)?;
        while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
            let kind = entry.file_type().await.map_err(unreadable)?;
            if kind.is_dir() && depth < DEEP {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_leads_out_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c.txt"), "c").unwrap();
        std::fs::write(folder.path().join("d.txt"), "d").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        let found = files(folder.path()).await.unwrap();
        let expected = ["a/b/c.txt", "d.txt"].map(|path| folder.path().join(path));
        assert_eq!(found, expected);
        for path in ["../x", "/etc/passwd", "a/../../x", ""] {
            assert!(inside(folder.path(), path).is_err(), "{path}");
        }
        assert_eq!(inside(Path::new("/in"), "files/0/a.pdf").unwrap(), Path::new("/in/files/0/a.pdf"));
    }
}
