//! The skeleton of an AVI: headers, where the frames lie, where the indexes lie.
//!
//! After the Microsoft AVI RIFF file reference and the OpenDML AVI file format extensions 1.02 (1996). Every offset
//! has 64 bits; every length is held against the length of the file before it is used.

use crate::bytes::{FileBytes, fourcc, le16, le32};
use std::collections::BTreeMap;

/// One stream as the header describes it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Stream {
    /// `vids`, `auds`, ...
    pub(crate) kind: [u8; 4],
    /// Which codec the writer had in mind.
    pub(crate) handler: [u8; 4],
    /// Seconds per frame are `scale / rate`.
    pub(crate) scale: u32,
    /// See `scale`.
    pub(crate) rate: u32,
    /// Number of frames as declared.
    pub(crate) length: u32,
    /// `BITMAPINFOHEADER` with palette, for video.
    pub(crate) format: Vec<u8>,
    /// Content of an OpenDML `indx` chunk.
    pub(crate) index: Option<Vec<u8>>,
}

/// A stretch of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) start: u64,
    /// One past the last byte.
    pub(crate) end: u64,
}

/// What the walk over the top levels finds.
#[derive(Debug, Default)]
pub(crate) struct Skeleton {
    /// Microseconds per frame after the main header.
    pub(crate) frame_us: u32,
    /// Largest number of frames that a header outside the streams declares.
    pub(crate) frames: u32,
    /// All streams in order.
    pub(crate) streams: Vec<Stream>,
    /// Contents of the `movi` lists, after the list's name.
    pub(crate) movi: Vec<Span>,
    /// Content of `idx1`.
    pub(crate) old_index: Option<Span>,
    /// Texts of the `INFO` list and the like.
    pub(crate) says: BTreeMap<String, String>,
    /// How it was seen that the file ends too early.
    pub(crate) cut: Option<String>,
}

/// A chunk: name and content.
struct Chunk {
    id: [u8; 4],
    body: Span,
    /// As declared, which may lie beyond the end of the file.
    declared_end: u64,
}

/// Headers are small; a longer one is not read.
const LONGEST_HEADER: u64 = 1 << 20;
/// More streams than this are not looked at.
const MOST_STREAMS: usize = 64;

/// Walks the top levels of the file.
pub(crate) fn skeleton(file: &FileBytes) -> Result<Skeleton, String> {
    let mut out = Skeleton::default();
    let mut at = 0;
    while let Some(riff) = chunk_at(file, at, file.len()) {
        let kind = fourcc(&file.up_to(riff.body.start, 4), 0);
        if &riff.id != b"RIFF" || !matches!(&kind, Some(k) if k == b"AVI " || k == b"AVIX") {
            break;
        }
        // A recorder that was switched off leaves the length open.
        let size = riff.declared_end - riff.body.start;
        let open = size == 0 || size >= u64::from(u32::MAX);
        if open {
            out.cut = Some("its recorder never closed it".into());
        } else if riff.declared_end > file.len() {
            out.cut = Some(format!(
                "it has {} bytes where {} are declared",
                file.len(),
                riff.declared_end
            ));
        }
        let end = if open { file.len() } else { riff.body.end };
        top_level(file, riff.body.start + 4, end, &mut out);
        if open {
            break;
        }
        at = riff.declared_end + (size & 1);
    }
    if out.streams.is_empty() {
        return Err("its header is missing or cut: no stream is described".into());
    }
    Ok(out)
}

/// The chunk at `at`, if its header lies before `end`.
fn chunk_at(file: &FileBytes, at: u64, end: u64) -> Option<Chunk> {
    if at.checked_add(8)? > end.min(file.len()) {
        return None;
    }
    let header = file.up_to(at, 8);
    let size = u64::from(le32(&header, 4)?);
    let start = at + 8;
    Some(Chunk {
        id: fourcc(&header, 0)?,
        body: Span {
            start,
            end: (start + size).min(file.len()),
        },
        declared_end: start + size,
    })
}

/// Calls `visit` with each chunk of a list and, for lists, the list's name.
fn each_chunk(
    file: &FileBytes,
    span: Span,
    mut visit: impl FnMut(&Chunk, Option<[u8; 4]>) -> bool,
) {
    let mut at = span.start;
    while let Some(chunk) = chunk_at(file, at, span.end) {
        let list = (&chunk.id == b"LIST")
            .then(|| fourcc(&file.up_to(chunk.body.start, 4), 0))
            .flatten();
        if !visit(&chunk, list) {
            return;
        }
        at = chunk.declared_end + ((chunk.declared_end - chunk.body.start) & 1);
    }
}

fn inside(list: &Chunk) -> Span {
    Span {
        start: (list.body.start + 4).min(list.body.end),
        end: list.body.end,
    }
}

fn top_level(file: &FileBytes, start: u64, end: u64, out: &mut Skeleton) {
    each_chunk(file, Span { start, end }, |chunk, list| {
        match (&chunk.id, list.as_ref()) {
            (_, Some(b"hdrl")) => header_list(file, inside(chunk), out),
            (_, Some(b"INFO")) => info_list(file, inside(chunk), out),
            (_, Some(b"movi")) => {
                let mut span = inside(chunk);
                // As for the file as a whole: the length may have been left open.
                if chunk.declared_end - chunk.body.start <= 4 || chunk.declared_end > file.len() {
                    span.start = chunk.body.start + 4;
                    span.end = file.len();
                    out.cut
                        .get_or_insert_with(|| "its list of frames was never closed".into());
                    out.movi.push(span);
                    return false;
                }
                out.movi.push(span);
            }
            (b"idx1", None) if out.old_index.is_none() => out.old_index = Some(chunk.body),
            _ => {}
        }
        true
    });
}

fn header_list(file: &FileBytes, span: Span, out: &mut Skeleton) {
    each_chunk(file, span, |chunk, list| {
        match (&chunk.id, list.as_ref()) {
            (b"avih", None) => {
                let body = body_of(file, chunk);
                out.frame_us = le32(&body, 0).unwrap_or(0);
                out.frames = out.frames.max(le32(&body, 16).unwrap_or(0));
            }
            (b"IDIT", None) => note(&mut out.says, "recorded", &body_of(file, chunk)),
            (_, Some(b"strl")) if out.streams.len() < MOST_STREAMS => {
                out.streams.push(stream_list(file, inside(chunk)));
            }
            (_, Some(b"odml")) => each_chunk(file, inside(chunk), |chunk, _| {
                if &chunk.id == b"dmlh" {
                    out.frames = out.frames.max(le32(&body_of(file, chunk), 0).unwrap_or(0));
                }
                true
            }),
            _ => {}
        }
        true
    });
}

fn stream_list(file: &FileBytes, span: Span) -> Stream {
    let mut stream = Stream::default();
    each_chunk(file, span, |chunk, _| {
        match &chunk.id {
            b"strh" => {
                let body = body_of(file, chunk);
                stream.kind = fourcc(&body, 0).unwrap_or_default();
                stream.handler = fourcc(&body, 4).unwrap_or_default();
                stream.scale = le32(&body, 20).unwrap_or(0);
                stream.rate = le32(&body, 24).unwrap_or(0);
                stream.length = le32(&body, 32).unwrap_or(0);
            }
            b"strf" => stream.format = body_of(file, chunk),
            b"indx" => stream.index = Some(body_of(file, chunk)),
            _ => {}
        }
        true
    });
    stream
}

fn info_list(file: &FileBytes, span: Span, out: &mut Skeleton) {
    each_chunk(file, span, |chunk, _| {
        let key = match &chunk.id {
            b"ISFT" => "software",
            b"ICRD" | b"IDIT" => "recorded",
            b"INAM" => "name",
            b"ICMT" => "comment",
            b"IART" => "author",
            _ => return true,
        };
        note(&mut out.says, key, &body_of(file, chunk));
        true
    });
}

fn note(says: &mut BTreeMap<String, String>, key: &str, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(1000)
        .collect();
    if !text.trim().is_empty() {
        says.insert(key.into(), text.trim().into());
    }
}

fn body_of(file: &FileBytes, chunk: &Chunk) -> Vec<u8> {
    let length = chunk.body.end.saturating_sub(chunk.body.start);
    file.up_to(chunk.body.start, length.min(LONGEST_HEADER))
}

/// `BITMAPINFOHEADER`, the part that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Width, px.
    pub(crate) width: i32,
    /// Height, px; negative if the top row comes first.
    pub(crate) height: i32,
    /// Bits per pixel.
    pub(crate) bits: u16,
    /// 0 for plain, else a code of four characters.
    pub(crate) compression: [u8; 4],
    /// Length of the header itself: the palette follows.
    pub(crate) header_len: u32,
    /// Colours in the palette; 0 for all.
    pub(crate) colours: u32,
}

impl Bitmap {
    /// Reads the header; `None` if it is cut.
    pub(crate) fn read(format: &[u8]) -> Option<Self> {
        Some(Self {
            header_len: le32(format, 0)?,
            width: le32(format, 4)? as i32,
            height: le32(format, 8)? as i32,
            bits: le16(format, 14)?,
            compression: fourcc(format, 16)?,
            colours: le32(format, 32).unwrap_or(0),
        })
    }
}
