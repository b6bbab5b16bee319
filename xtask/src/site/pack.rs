//! The folder itself: hashed names, compressed forms, manifest.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sh;

/// Formats that are compressed already.
const COMPRESSED: [&str; 6] = ["woff2", "png", "jpg", "webp", "gz", "br"];
/// What a browser fetches, beside the page itself, before the first page can be used.
const FIRST_OPEN: [&str; 5] = ["boot.js", "app.js", "app.wasm", "style.css", "inter-latin.woff2"];

/// What stands in `manifest.json`: names by logical name, and all files.
#[derive(Serialize, Deserialize, Default)]
struct Manifest {
    /// Hash of what the site was built from.
    inputs: String,
    files: Vec<String>,
    #[serde(flatten)]
    names: BTreeMap<String, String>,
}

/// A site being written, beside the former one, which it replaces at the end.
pub struct Site {
    pub release: bool,
    folder: PathBuf,
    new: PathBuf,
    manifest: Manifest,
}

/// What the site in `folder` was built from, if there is one.
pub fn inputs(folder: &Path) -> Option<String> {
    let text = std::fs::read(folder.join("manifest.json")).ok()?;
    Some(serde_json::from_slice::<Manifest>(&text).ok()?.inputs)
}

impl Site {
    pub fn new(folder: &Path, release: bool) -> Site {
        let new = folder.with_extension("new");
        Site { release, folder: folder.to_path_buf(), new, manifest: Manifest::default() }
    }

    /// The hashed name of a logical one.
    pub fn name(&self, logical: &str) -> Option<&str> {
        self.manifest.names.get(logical).map(String::as_str)
    }

    /// The path on the server of everything so far.
    pub fn urls(&self) -> BTreeMap<&str, String> {
        self.manifest.names.iter().map(|(logical, name)| (logical.as_str(), format!("/assets/{name}"))).collect()
    }

    /// Adds a file; a hash of its content goes before its extension.
    pub fn add(&mut self, logical: &str, name: &str, content: &[u8]) -> Result<()> {
        let hash = sh::hex(&Sha256::digest(content)[..6]);
        let hashed = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
            None => format!("{name}-{hash}"),
        };
        self.add_hashed(logical, &hashed, content)
    }

    /// Adds a file whose name says its content already.
    pub fn add_hashed(&mut self, logical: &str, hashed: &str, content: &[u8]) -> Result<()> {
        if self.manifest.files.is_empty() {
            let _ = std::fs::remove_dir_all(&self.new);
        }
        let file = self.new.join(hashed);
        std::fs::create_dir_all(file.parent().unwrap_or(&self.new)).context("Can't make the site's folder.")?;
        std::fs::write(&file, content)?;
        let extension = hashed.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !COMPRESSED.contains(&extension) {
            self.compress(hashed, content, "br", brotli)?;
            self.compress(hashed, content, "gz", gzip)?;
        }
        self.manifest.files.push(hashed.to_owned());
        self.manifest.names.insert(logical.to_owned(), hashed.to_owned());
        Ok(())
    }

    /// Writes the compressed form if it is worth a thing. A file of the same name in the former site had the same
    /// content: what was made of it then is taken again.
    fn compress(
        &self,
        hashed: &str,
        content: &[u8],
        form: &str,
        with: fn(&[u8], bool) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let name = format!("{hashed}.{form}");
        let compressed = match std::fs::read(self.folder.join(&name)) {
            Ok(former) => former,
            Err(_) => with(content, self.release)?,
        };
        if compressed.len() * 20 < content.len() * 19 {
            std::fs::write(self.new.join(name), compressed)?;
        }
        Ok(())
    }

    /// Writes the manifest and puts the site in its place. Gives the bytes of a first open.
    pub fn finish(mut self, inputs: &str) -> Result<u64> {
        self.manifest.inputs = inputs.to_owned();
        self.manifest.files.sort();
        let mut first_open = 0;
        for name in FIRST_OPEN.iter().filter_map(|logical| self.name(logical)) {
            let brotli = self.new.join(format!("{name}.br")).metadata();
            first_open += brotli.or_else(|_| self.new.join(name).metadata())?.len();
        }
        std::fs::write(self.new.join("manifest.json"), serde_json::to_vec_pretty(&self.manifest)?)?;
        let _ = std::fs::remove_dir_all(&self.folder);
        std::fs::rename(&self.new, &self.folder)?;
        Ok(first_open)
    }
}

fn brotli(content: &[u8], release: bool) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let quality = if release { 11 } else { 5 };
    let mut writer = brotli::CompressorWriter::new(&mut out, 64 * 1024, quality, 22);
    writer.write_all(content)?;
    drop(writer);
    Ok(out)
}

fn gzip(content: &[u8], release: bool) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), if release { Compression::best() } else { Compression::fast() });
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
