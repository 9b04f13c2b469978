//! SHA-256 of an input, so that a result can be held against its film years later.

use nta_core::SourceError;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// SHA-256 in hexadecimal. Of one file: what `sha256sum FILE` prints. Of a folder: the SHA-256 of the lines that
/// `sha256sum` prints for its files, by name only, in the order in which they are read.
///
/// Gives `None` if `cancel` is set meanwhile.
pub fn sha256_of(
    files: &[PathBuf],
    is_folder: bool,
    cancel: &AtomicBool,
) -> Result<Option<String>, SourceError> {
    sha256_watched(files, is_folder, cancel, &|_| {})
}

/// The same; `on_bytes` hears now and then how many more bytes were read.
pub(crate) fn sha256_watched(
    files: &[PathBuf],
    is_folder: bool,
    cancel: &AtomicBool,
    on_bytes: &dyn Fn(u64),
) -> Result<Option<String>, SourceError> {
    if let ([file], false) = (files, is_folder) {
        return sha256_of_file(file, cancel, on_bytes);
    }
    let mut list = String::new();
    for file in files {
        let Some(sum) = sha256_of_file(file, cancel, on_bytes)? else {
            return Ok(None);
        };
        let name = file
            .file_name()
            .map(|n| n.to_string_lossy())
            .unwrap_or_default();
        list.push_str(&format!("{sum}  {name}\n"));
    }
    Ok(Some(sha256_of_bytes(list.as_bytes())))
}

/// SHA-256 of a text or of a file that is in memory, hexadecimal.
pub(crate) fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Hands bytes on and keeps their sum.
pub(crate) struct Summed<W> {
    to: W,
    hasher: Sha256,
}

impl<W: Write> Summed<W> {
    pub(crate) fn new(to: W) -> Self {
        Self {
            to,
            hasher: Sha256::new(),
        }
    }

    /// What was written to, and the SHA-256 of all that was written, hexadecimal.
    pub(crate) fn finish(self) -> (W, String) {
        (self.to, hex(&self.hasher.finalize()))
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn sha256_of_file(
    path: &Path,
    cancel: &AtomicBool,
    on_bytes: &dyn Fn(u64),
) -> Result<Option<String>, SourceError> {
    let unreadable = |e: io::Error| SourceError::Unreadable {
        path: path.display().to_string(),
        reason: e.to_string(),
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let n = file.read(&mut buffer).map_err(unreadable)?;
        if n == 0 {
            return Ok(Some(hex(&hasher.finalize())));
        }
        hasher.update(&buffer[..n]);
        on_bytes(n as u64);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_sum_that_sha256sum_prints() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, b"abc").expect("a file");
        let go = AtomicBool::new(false);
        let sum = sha256_of(std::slice::from_ref(&path), false, &go)
            .expect("readable")
            .expect("not cancelled");
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            sum,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let as_folder = sha256_of(&[path], true, &go)
            .expect("readable")
            .expect("not cancelled");
        assert_ne!(as_folder, sum);
        let mut written = Summed::new(Vec::new());
        for byte in b"abc" {
            written.write_all(&[*byte]).expect("memory");
        }
        assert_eq!(written.finish(), (b"abc".to_vec(), sum));
    }

    #[test]
    fn cancelling_gives_no_sum() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, b"abc").expect("a file");
        assert_eq!(
            sha256_of(&[path], false, &AtomicBool::new(true)).expect("readable"),
            None
        );
    }
}
