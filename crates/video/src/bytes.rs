//! Reading a file at places, from any thread, and numbers out of bytes. Nothing here trusts a length.

use crate::{plain_words, unreadable};
use nta_core::SourceError;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

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
        let mut out = Vec::new();
        self.read(at, count, &mut out)?;
        Ok(out)
    }

    /// As [`Self::take`], in memory that is there.
    pub(crate) fn read(&self, at: u64, count: u64, into: &mut Vec<u8>) -> Result<(), String> {
        if at.checked_add(count).is_none_or(|end| end > self.len) {
            return Err(format!(
                "{count} bytes at offset {at} lie beyond the end of the file ({} bytes)",
                self.len
            ));
        }
        let count = usize::try_from(count).map_err(|_| format!("{count} bytes are too many"))?;
        // What is there already is overwritten anyway.
        into.resize(count, 0);
        read_exact_at(&self.file, into, at).map_err(|e| plain_words(&e))
    }

    /// As many bytes from `at` as there are, at most `count`; none if they cannot be read.
    pub(crate) fn up_to(&self, at: u64, count: u64) -> Vec<u8> {
        let there = self.len.saturating_sub(at).min(count);
        self.take(at, there).unwrap_or_default()
    }
}

/// Memory of pictures that are no longer needed, for the next ones: asking the system for new memory for every picture
/// costs more than reading it.
#[derive(Debug, Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    /// More than this many are let go of; a picture is on its way in each thread.
    const MOST: usize = 16;

    /// Some memory with anything in it, or none.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_default()
    }

    /// Memory for later.
    pub(crate) fn give(&self, bytes: Vec<u8>) {
        let mut spare = self.lock();
        if spare.len() < Self::MOST {
            spare.push(bytes);
        }
    }

    /// A poisoned lock means that another thread died; what is in the memory does not matter.
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
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
