//! Encryption of credentials; the only module that sees a key.

/// An encrypted value and the key that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Key id: the first 8 hexadecimal digits of the key's SHA-256.
    pub key: String,
    /// Nonce (12 bytes), ciphertext and tag.
    pub bytes: Vec<u8>,
}
