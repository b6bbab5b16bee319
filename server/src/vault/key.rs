//! One key, and the file that it is kept in.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

use super::VaultError;
use crate::auth::random;

const LENGTH: usize = 32;
const HEADER: &str =
    "# The key that Fluxo encrypts credentials with. Keep a copy elsewhere: without it they are lost.\n";

pub(super) struct Key {
    id: String,
    aead: RandomizedNonceKey,
    derive: hmac::Key,
}

impl Key {
    fn new(raw: &[u8; LENGTH]) -> Result<Self, &'static str> {
        let aead = RandomizedNonceKey::new(&AES_256_GCM, raw).map_err(|_| "it has the wrong length")?;
        let digest = digest::digest(&digest::SHA256, raw);
        let id = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, aead, derive: hmac::Key::new(hmac::HMAC_SHA256, raw) })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut body = plain.to_vec();
        let nonce =
            self.aead.seal_in_place_append_tag(Aad::from(context), &mut body).map_err(|_| VaultError::Damaged)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut body);
        Ok(bytes)
    }

    pub(super) fn open(&self, bytes: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, body) = bytes.split_at_checked(NONCE_LEN).ok_or(VaultError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Damaged)?;
        let mut body = body.to_vec();
        let plain = self.aead.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| VaultError::Damaged)?;
        Ok(plain.to_vec())
    }

    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.derive, purpose.as_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(tag.as_ref());
        secret
    }
}

/// All keys of a text: separated by commas, spaces or lines; a line that starts with `#` is a remark.
pub(super) fn parse(text: &str) -> Result<Vec<Key>, &'static str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| line.split([',', ' ', '\t'])).filter(|word| !word.is_empty());
    let keys = words.map(|word| Key::new(&raw(word)?)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err("there is none") } else { Ok(keys) }
}

fn raw(word: &str) -> Result<[u8; LENGTH], &'static str> {
    let bytes = if word.len() == 2 * LENGTH && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
        word.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    } else {
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let standard = word.replace('-', "+").replace('_', "/");
        let decoded = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(standard);
        decoded.map_err(|_| "it is neither base64 nor hexadecimal")?
    };
    <[u8; LENGTH]>::try_from(bytes.as_slice()).map_err(|_| "it does not have 32 bytes")
}

/// The keys in a file as text. A file of exactly 32 bytes is the key itself: as text, a key is longer.
pub(super) fn read(path: &Path) -> Result<String, VaultError> {
    let bytes = std::fs::read(path).map_err(|error| unusable(path, error))?;
    let text = match <&[u8; LENGTH]>::try_from(bytes.as_slice()) {
        Ok(raw) => BASE64_STANDARD.encode(raw),
        // What is neither base64 nor hexadecimal is refused with a sentence when it is parsed.
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A group may read it: that is how Kubernetes mounts a secret for a program that is not root.
        let open = std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o027 != 0);
        if open {
            tracing::warn!(path = %path.display(), "others on this machine may read the key file; `chmod 600` keeps it private");
        }
    }
    Ok(text)
}

/// Reads the file; makes it with a random key when it is missing. Of several programs that do so at once, one wins.
pub(super) fn read_or_make(path: &Path) -> Result<String, VaultError> {
    match std::fs::metadata(path) {
        Ok(_) => return read(path),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(path, error)),
    }
    let part = aside(path);
    let text = format!("{HEADER}{}\n", BASE64_STANDARD.encode(random::bytes::<LENGTH>()));
    let made = write(&part, &text).and_then(|()| match std::fs::hard_link(&part, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // A file system without hard links.
        Err(_) => std::fs::rename(&part, path),
        Ok(()) => sync_folder(path),
    });
    // Renamed or not, nothing of it may stay.
    let _ = std::fs::remove_file(&part);
    made.map_err(|error| unusable(path, error))?;
    read(path)
}

/// Puts a new random key before those in the file, whole or not at all.
pub(super) fn prepend(path: &Path) -> Result<(), VaultError> {
    let former = read(path)?;
    let (remarks, keys): (Vec<&str>, Vec<&str>) = former.lines().partition(|line| line.trim().starts_with('#'));
    let fresh = BASE64_STANDARD.encode(random::bytes::<LENGTH>());
    let lines: Vec<&str> = remarks.into_iter().chain([fresh.as_str()]).chain(keys).collect();
    let part = aside(path);
    let written = write(&part, &(lines.join("\n") + "\n")).and_then(|()| {
        // Still readable by the server when another user, such as root, changes it.
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, chown};
            let (former, made) = (std::fs::metadata(path)?, std::fs::metadata(&part)?);
            if (former.uid(), former.gid()) != (made.uid(), made.gid()) {
                chown(&part, Some(former.uid()), Some(former.gid()))?;
            }
            std::fs::set_permissions(&part, former.permissions())?;
        }
        std::fs::rename(&part, path)?;
        sync_folder(path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written.map_err(|error| unusable(path, error))
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.part", std::process::id()))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The key must not vanish with the power after values were sealed with it.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, error: std::io::Error) -> VaultError {
    VaultError::File { path: path.display().to_string(), error }
}
