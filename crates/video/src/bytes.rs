//! Reading a file at places, from any thread, and numbers out of bytes. Nothing here trusts a length.

use crate::{plain_words, unreadable};
use nta_core::SourceError;
use std::fs::File;
use std::path::Path;

/// A file that is read at given places. Reading does not move anything, so several threads may read at once.
#[derive(Debug)]
pub(crate) struct FileBytes {
    file: File,
    len: u64,
}

impl FileBytes {
    /// Opens the file and notes its length, which is taken as fixed from here on.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(|e| unreadable(path, plain_words(&e)))?;
        let len = file
            .metadata()
            .map_err(|e| unreadable(path, plain_words(&e)))?
            .len();
        Ok(Self { file, len })
    }

    /// Length, bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Exactly `count` bytes from `at`. The length is checked before memory is taken.
    pub(crate) fn take(&self, at: u64, count: u64) -> Result<Vec<u8>, String> {
        if at.checked_add(count).is_none_or(|end| end > self.len) {
            return Err(format!(
                "{count} bytes at offset {at} lie beyond the end of the file ({} bytes)",
                self.len
            ));
        }
        let count = usize::try_from(count).map_err(|_| format!("{count} bytes are too many"))?;
        let mut out = vec![0; count];
        read_exact_at(&self.file, &mut out, at).map_err(|e| plain_words(&e))?;
        Ok(out)
    }

    /// As many bytes from `at` as there are, at most `count`; none if they cannot be read.
    pub(crate) fn up_to(&self, at: u64, count: u64) -> Vec<u8> {
        let there = self.len.saturating_sub(at).min(count);
        self.take(at, there).unwrap_or_default()
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !into.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_read(file, into, at)?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[n..];
        at += n as u64;
    }
    Ok(())
}

/// `N` bytes at `at`, if they are there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Four characters at `at`.
pub(crate) fn fourcc(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    array(bytes, at)
}

/// Little-endian 16 bits at `at`.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// Little-endian 32 bits at `at`.
pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// Little-endian 64 bits at `at`.
pub(crate) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// 16 bits at `at`.
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        })
    }

    /// 32 bits at `at`.
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        })
    }

    /// 64 bits at `at`.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u64::from_le_bytes(raw),
            Self::Big => u64::from_be_bytes(raw),
        })
    }
}
