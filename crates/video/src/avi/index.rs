//! Where each frame of an AVI lies.
//!
//! Three sources: the OpenDML index (`indx` and `ix##`), the old index (`idx1`), and a walk over the frames
//! themselves. An index is quick on a slow disk, but may be cut, wrong or missing; so it is used when it covers all
//! declared frames and agrees with the chunk headers where it is sampled. Otherwise the frames are walked.

use super::riff::{Skeleton, Span};
use crate::bytes::{FileBytes, fourcc, le16, le32, le64};

/// Content of one frame's chunk. Length 0 is a frame that the recorder dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Offset of the content.
    pub(crate) at: u64,
    /// Length of the content, bytes.
    pub(crate) len: u32,
}

/// The frames found, and whether the last of them was cut.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Frames in the order of time.
    pub(crate) chunks: Vec<Chunk>,
    /// The walk ended inside a chunk or in something that is no chunk.
    pub(crate) broken: bool,
}

/// An index larger than this is not read; the frames are walked instead.
const LONGEST_INDEX: u64 = 512 << 20;

/// Finds the frames of stream `stream`, of which `declared` are said to exist.
pub(crate) fn table(file: &FileBytes, avi: &Skeleton, stream: usize, declared: u32) -> Table {
    let wanted = Wanted::new(stream);
    let super_index = avi.streams.get(stream).and_then(|s| s.index.as_deref());
    let indexed = super_index
        .and_then(|index| open_dml(file, index))
        .filter(|chunks| agrees(file, chunks, wanted))
        .or_else(|| old_index(file, avi, wanted));
    match indexed {
        Some(chunks) if !chunks.is_empty() && chunks.len() as u64 >= u64::from(declared) => Table {
            chunks,
            broken: false,
        },
        indexed => {
            let walked = walk(file, &avi.movi, wanted);
            match indexed {
                // The walk got lost where the index knows more.
                Some(chunks) if chunks.len() > walked.chunks.len() => Table {
                    chunks,
                    broken: walked.broken,
                },
                _ => walked,
            }
        }
    }
}

/// Names that the chunks of one stream may have.
#[derive(Clone, Copy)]
struct Wanted {
    digits: [u8; 2],
}

impl Wanted {
    fn new(stream: usize) -> Self {
        let (tens, ones) = ((stream / 10 % 10) as u8, (stream % 10) as u8);
        Self {
            digits: [b'0' + tens, b'0' + ones],
        }
    }

    fn is(self, id: [u8; 4]) -> bool {
        id[..2] == self.digits && matches!(&id[2..], b"db" | b"dc" | b"DB" | b"DC")
    }
}

/// Samples the table against the headers of the chunks.
fn agrees(file: &FileBytes, chunks: &[Chunk], wanted: Wanted) -> bool {
    crate::timeline::evenly(chunks.len(), 15)
        .into_iter()
        .chain(chunks.len().checked_sub(1))
        .all(|n| {
            let chunk = chunks[n];
            let header = file.up_to(chunk.at.saturating_sub(8), 8);
            chunk.at >= 8
                && (chunk.at.checked_add(u64::from(chunk.len))).is_some_and(|end| end <= file.len())
                && fourcc(&header, 0).is_some_and(|id| wanted.is(id))
                && le32(&header, 4) == Some(chunk.len)
        })
}

/// The OpenDML index, which is a list of indexes or the index itself.
fn open_dml(file: &FileBytes, index: &[u8]) -> Option<Vec<Chunk>> {
    let mut out = Vec::new();
    match *index.get(3)? {
        0 => {
            let entries = le32(index, 4)? as usize;
            // Parts that overlap could make a small file cost much.
            let mut budget = file.len().min(LONGEST_INDEX);
            for entry in index.get(24..)?.chunks_exact(16).take(entries) {
                let (at, len) = (le64(entry, 0)?, u64::from(le32(entry, 8)?));
                budget = budget.checked_sub(len)?;
                let part = file.take(at, len).ok()?;
                chunk_index(part.get(8..)?, &mut out)?;
            }
        }
        1 => chunk_index(index, &mut out)?,
        _ => return None,
    }
    Some(out)
}

/// One `AVISTDINDEX`: a base and pairs of offset and length.
fn chunk_index(index: &[u8], out: &mut Vec<Chunk>) -> Option<()> {
    if le16(index, 0)? != 2 || *index.get(3)? != 1 {
        return None;
    }
    let (entries, base) = (le32(index, 4)? as usize, le64(index, 12)?);
    let pairs = index.get(24..)?.chunks_exact(8);
    if pairs.len() < entries {
        return None;
    }
    for pair in pairs.take(entries) {
        out.push(Chunk {
            at: base.checked_add(u64::from(le32(pair, 0)?))?,
            // The top bit marks frames that need others.
            len: le32(pair, 4)? & 0x7fff_ffff,
        });
    }
    Some(())
}

/// The index of 1992. Its offsets count from the list's name or from the beginning of the file, depending on who
/// wrote it; the one that agrees with the chunk headers is right.
fn old_index(file: &FileBytes, avi: &Skeleton, wanted: Wanted) -> Option<Vec<Chunk>> {
    let ([movi], Some(span)) = (avi.movi.as_slice(), avi.old_index) else {
        // It covers the first part of a file of several parts only.
        return None;
    };
    let len = span.end.saturating_sub(span.start);
    if len > LONGEST_INDEX {
        return None;
    }
    let bytes = file.take(span.start, len).ok()?;
    let entries: Vec<(u64, u32)> = bytes
        .chunks_exact(16)
        .filter(|entry| fourcc(entry, 0).is_some_and(|id| wanted.is(id)))
        .filter_map(|entry| Some((u64::from(le32(entry, 8)?), le32(entry, 12)?)))
        .collect();
    [movi.start.saturating_sub(4), 0]
        .into_iter()
        .find_map(|base| {
            let chunks: Vec<Chunk> = entries
                .iter()
                .map(|&(offset, len)| Chunk {
                    at: base + offset + 8,
                    len,
                })
                .collect();
            (!chunks.is_empty() && agrees(file, &chunks, wanted)).then_some(chunks)
        })
}

/// Goes from chunk to chunk.
fn walk(file: &FileBytes, movi: &[Span], wanted: Wanted) -> Table {
    let mut out = Table::default();
    for span in movi {
        let (mut at, end) = (span.start, span.end.min(file.len()));
        while at + 8 <= end {
            let header = file.up_to(at, 12);
            let (Some(id), Some(len)) = (fourcc(&header, 0), le32(&header, 4)) else {
                out.broken = true;
                return out;
            };
            if &id == b"LIST" && fourcc(&header, 8).as_ref() == Some(b"rec ") {
                at += 12;
                continue;
            }
            if matches!(&id, b"idx1" | b"RIFF") {
                // Past the frames of a list whose length was left open.
                break;
            }
            let content_end = at + 8 + u64::from(len);
            if !is_name(id) || content_end > file.len() {
                out.broken = true;
                return out;
            }
            if wanted.is(id) {
                out.chunks.push(Chunk { at: at + 8, len });
            }
            at = after(file, content_end, len);
        }
    }
    out
}

/// Chunks begin at even offsets, but some writers forget it.
fn after(file: &FileBytes, content_end: u64, len: u32) -> u64 {
    if len.is_multiple_of(2) {
        return content_end;
    }
    let next = file.up_to(content_end, 5);
    let named = |at| fourcc(&next, at).is_some_and(is_name);
    if named(0) && !named(1) {
        content_end
    } else {
        content_end + 1
    }
}

fn is_name(id: [u8; 4]) -> bool {
    id.iter().all(|c| c.is_ascii_alphanumeric() || *c == b' ')
}
