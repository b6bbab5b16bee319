//! Encrypted files (ISO 32000-2 7.6).
//!
//! lopdf would read every object of one with its content before it looks for the password. So the file
//! is read without its `/Encrypt`, which leaves content where it is, and opened here.

use lopdf::encryption::PasswordAlgorithm;
use lopdf::{Document, EncryptionState, Object, encryption};

use super::open::How;
use crate::error::Error;

/// What `/Encrypt` is called while lopdf reads.
pub const HIDDEN: &[u8] = b"Encrypx";
/// What `/Length` is called of a stream whose content it shall leave alone.
pub const HIDDEN_LENGTH: &[u8] = b"Lengtx";

/// Gives the names other spellings whose last bytes stand at `places`.
pub fn hide(bytes: &mut [u8], places: &[usize]) {
    for place in places {
        if let Some(last) = bytes.get_mut(*place) {
            // An escape ends in the 4 of `#74`.
            *last = if *last == b'4' { b'8' } else { b'x' };
        }
    }
}

/// Opens all objects with the password. `encrypt` is what the trailer had.
///
/// # Errors
/// When the password is missing or wrong, or the encryption is not known.
pub fn open(document: &mut Document, encrypt: &Object, how: &How<'_>) -> Result<(), Error> {
    let id = match encrypt {
        Object::Reference(id) => *id,
        // The library looks for an object.
        Object::Dictionary(_) => (document.max_id.checked_add(1).ok_or(Error::Damaged)?, 0),
        _ => return Err(Error::UnsupportedEncryption),
    };
    if let Object::Dictionary(dictionary) = encrypt {
        document.objects.insert(id, Object::Dictionary(dictionary.clone()));
    }
    let handler = document.get_dictionary(id).and_then(|found| found.get(b"Filter")).and_then(Object::as_name);
    if handler.ok() != Some(b"Standard") {
        return Err(Error::UnsupportedEncryption);
    }
    document.trailer.set("Encrypt", Object::Reference(id));
    let state = state(document, how)?;
    document.trailer.remove(b"Encrypt");
    document.objects.remove(&id);
    for (id, object) in &mut document.objects {
        let left_out = matches!(object, Object::Stream(stream) if !how.contents && stream.content.len() <= 1);
        // What cannot be opened is kept as it is.
        let _ = match object {
            Object::Stream(stream) if left_out => {
                let mut dictionary = Object::Dictionary(std::mem::take(&mut stream.dict));
                let opened = encryption::decrypt_object(&state, *id, &mut dictionary);
                if let Object::Dictionary(dictionary) = dictionary {
                    stream.dict = dictionary;
                }
                opened
            }
            object => encryption::decrypt_object(&state, *id, object),
        };
    }
    document.encryption_state = Some(state);
    Ok(())
}

fn state(document: &Document, how: &How<'_>) -> Result<EncryptionState, Error> {
    let algorithm = PasswordAlgorithm::try_from(document).map_err(|_| Error::UnsupportedEncryption)?;
    let password = if document.authenticate_password("").is_ok() {
        ""
    } else {
        let password = how.password.ok_or(Error::Encrypted)?;
        document.authenticate_password(password).map_err(|_| Error::WrongPassword)?;
        password
    };
    let password = algorithm.sanitize_password(password).map_err(|_| Error::WrongPassword)?;
    EncryptionState::decode(document, password).map_err(|_| Error::UnsupportedEncryption)
}
