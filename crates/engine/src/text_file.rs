//! Files that people write: plans, profiles, scenes, manifests.

use crate::fingerprint::sha256_of_bytes;
use std::path::Path;

/// Longest such file that is read, bytes.
const LONGEST_FILE: u64 = 16 << 20;

/// Why such a file is not read.
#[derive(Debug)]
pub(crate) enum NotRead {
    /// In words.
    Because(String),
    /// It is not UTF-8; with its first byte that is not, from 0.
    NotUtf8(usize),
}

/// The text of a file, without a byte-order mark; `what` is what it is called in messages, such as "a scene".
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, NotRead> {
    text_of(read_bytes(path, what)?)
}

/// The same, and the SHA-256 of the bytes of the file.
pub(crate) fn read_text_and_sum(path: &Path, what: &str) -> Result<(String, String), NotRead> {
    let bytes = read_bytes(path, what)?;
    let sum = sha256_of_bytes(&bytes);
    Ok((text_of(bytes)?, sum))
}

/// The bytes of a file; `what` is what it is called in messages.
pub(crate) fn read_bytes(path: &Path, what: &str) -> Result<Vec<u8>, NotRead> {
    let because = |e: std::io::Error| NotRead::Because(e.to_string());
    let about = std::fs::metadata(path).map_err(because)?;
    if !about.is_file() {
        // A pipe may never end, and a folder is a slip.
        return Err(NotRead::Because("it is not a file".into()));
    }
    if about.len() > LONGEST_FILE {
        return Err(NotRead::Because(format!(
            "it has {} bytes, {what} at most {LONGEST_FILE}",
            about.len()
        )));
    }
    std::fs::read(path).map_err(because)
}

/// Bytes as text, without a byte-order mark.
pub(crate) fn text_of(bytes: Vec<u8>) -> Result<String, NotRead> {
    let text =
        String::from_utf8(bytes).map_err(|e| NotRead::NotUtf8(e.utf8_error().valid_up_to()))?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
