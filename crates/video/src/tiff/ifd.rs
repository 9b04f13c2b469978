//! The directories of a TIFF or BigTIFF file.
//!
//! After TIFF revision 6.0 (Adobe 1992) and the BigTIFF design. Directories are read with at most two reads each;
//! nothing is believed: counts are held against the length of the file, and a chain that comes back to itself ends.

use crate::bytes::{Endian, FileBytes};
use std::collections::HashSet;

/// Tags that are looked at.
pub(crate) mod tag {
    pub(crate) const SUBFILE: u16 = 254;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const DESCRIPTION: u16 = 270;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_COUNTS: u16 = 279;
    pub(crate) const X_RESOLUTION: u16 = 282;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const RESOLUTION_UNIT: u16 = 296;
    pub(crate) const SOFTWARE: u16 = 305;
    pub(crate) const DATE_TIME: u16 = 306;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_COUNTS: u16 = 325;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const MICRO_MANAGER: u16 = 51_123;
}

/// Longest text that is read, bytes; OME-XML of a long film has some megabytes.
const LONGEST_TEXT: u64 = 64 << 20;

/// One entry of a directory.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Offset of the value.
    at: u64,
}

impl Entry {
    /// Bytes of one value; 0 for a kind that does not exist.
    fn width(self) -> u64 {
        match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 0,
        }
    }
}

/// A TIFF file: how its numbers are written, and the way to its directories.
#[derive(Debug)]
pub(crate) struct TiffFile {
    /// The bytes.
    pub(crate) bytes: FileBytes,
    /// How numbers and 16-bit samples are written.
    pub(crate) endian: Endian,
    /// Offsets have 64 bits.
    big: bool,
    first: u64,
}

/// One directory.
#[derive(Debug)]
pub(crate) struct Ifd {
    entries: Vec<Entry>,
    /// Where the next one is, 0 after the last; `None` if the file ends before it says so.
    next: Option<u64>,
}

/// All directories of the main chain.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Offsets of the full-size pages.
    pub(crate) pages: Vec<u64>,
    /// Thumbnails and masks, which were passed over.
    pub(crate) small: u64,
    /// Why the chain ended before its end mark.
    pub(crate) broken: Option<String>,
}

impl TiffFile {
    /// Reads the header.
    pub(crate) fn new(bytes: FileBytes) -> Result<Self, String> {
        let head = bytes.up_to(0, 16);
        let endian = match head.get(..2) {
            Some(b"II") => Endian::Little,
            Some(b"MM") => Endian::Big,
            _ => return Err("it does not begin like a TIFF".into()),
        };
        let cut = || String::from("it ends within its header");
        let version = endian.u16(&head, 2).ok_or_else(cut)?;
        let (big, first) = match version {
            42 => (false, u64::from(endian.u32(&head, 4).ok_or_else(cut)?)),
            43 if endian.u16(&head, 4) == Some(8) => (true, endian.u64(&head, 8).ok_or_else(cut)?),
            _ => return Err(format!("its header says version {version}, not 42 or 43")),
        };
        Ok(Self {
            bytes,
            endian,
            big,
            first,
        })
    }

    /// Walks the chain of directories.
    pub(crate) fn chain(&self) -> Chain {
        let mut out = Chain::default();
        let mut seen = HashSet::new();
        let mut at = self.first;
        while at != 0 {
            if !seen.insert(at) {
                out.broken = Some("its chain of pages comes back to itself".into());
                break;
            }
            let ifd = match self.ifd(at) {
                Ok(ifd) => ifd,
                Err(why) => {
                    out.broken = Some(why);
                    break;
                }
            };
            // Bit 0: reduced resolution; bit 2: mask.
            if self.number(&ifd, tag::SUBFILE).unwrap_or(0) & 0b101 == 0 {
                out.pages.push(at);
            } else {
                out.small += 1;
            }
            let Some(next) = ifd.next else {
                out.broken = Some("it ends where the place of the next page should stand".into());
                break;
            };
            at = next;
        }
        out
    }

    /// Reads the directory at `at`.
    pub(crate) fn ifd(&self, at: u64) -> Result<Ifd, String> {
        let beyond = || format!("a page is said to be at offset {at}, beyond the end of the file");
        // Most directories fit into the first read.
        let mut bytes = self.bytes.up_to(at, 512);
        let (count, head, entry, tail) = if self.big {
            (self.endian.u64(&bytes, 0).ok_or_else(beyond)?, 8, 20, 8)
        } else {
            let count = self.endian.u16(&bytes, 0).ok_or_else(beyond)?;
            (u64::from(count), 2, 12, 4)
        };
        if count == 0 || count > 4096 {
            return Err(format!(
                "the page at offset {at} is said to have {count} entries; allowed are 1 to 4096"
            ));
        }
        let needed = head + count * entry + tail;
        if needed > bytes.len() as u64 {
            bytes = self.bytes.up_to(at, needed);
            if (bytes.len() as u64) < needed - tail {
                return Err(beyond());
            }
        }
        let entries = (0..count)
            .filter_map(|n| self.entry(&bytes, at, (head + n * entry) as usize))
            .collect();
        let next_at = (head + count * entry) as usize;
        let next = if self.big {
            self.endian.u64(&bytes, next_at)
        } else {
            self.endian.u32(&bytes, next_at).map(u64::from)
        };
        Ok(Ifd { entries, next })
    }

    fn entry(&self, bytes: &[u8], ifd_at: u64, from: usize) -> Option<Entry> {
        let e = self.endian;
        let (count, value, inline) = if self.big {
            (e.u64(bytes, from + 4)?, from + 12, 8)
        } else {
            (u64::from(e.u32(bytes, from + 4)?), from + 8, 4)
        };
        let mut entry = Entry {
            tag: e.u16(bytes, from)?,
            kind: e.u16(bytes, from + 2)?,
            count,
            at: ifd_at + value as u64,
        };
        let length = entry.width().checked_mul(count)?;
        if length > inline {
            entry.at = if self.big {
                e.u64(bytes, value)?
            } else {
                u64::from(e.u32(bytes, value)?)
            };
        }
        Some(entry)
    }

    fn raw(&self, entry: &Entry) -> Option<Vec<u8>> {
        let length = entry.width().checked_mul(entry.count)?;
        self.bytes.take(entry.at, length).ok()
    }

    /// All whole numbers of a tag; `None` if the tag is missing or holds something else.
    pub(crate) fn numbers(&self, ifd: &Ifd, tag: u16) -> Option<Vec<u64>> {
        let entry = ifd.get(tag)?;
        let bytes = self.raw(entry)?;
        let e = self.endian;
        let width = entry.width() as usize;
        let one = |at: usize| match entry.kind {
            1 | 7 => bytes.get(at).map(|&b| u64::from(b)),
            3 => e.u16(&bytes, at).map(u64::from),
            4 | 13 => e.u32(&bytes, at).map(u64::from),
            16 | 18 => e.u64(&bytes, at),
            _ => None,
        };
        (0..bytes.len() / width.max(1))
            .map(|n| one(n * width))
            .collect()
    }

    /// The first whole number of a tag.
    pub(crate) fn number(&self, ifd: &Ifd, tag: u16) -> Option<u64> {
        let mut entry = *ifd.get(tag)?;
        if entry.count == 0 {
            return None;
        }
        entry.count = 1;
        let one = Ifd {
            entries: vec![entry],
            next: None,
        };
        self.numbers(&one, tag)?.first().copied()
    }

    /// The first value of a tag that holds fractions.
    pub(crate) fn fraction(&self, ifd: &Ifd, tag: u16) -> Option<f64> {
        let entry = ifd.get(tag).filter(|e| e.kind == 5)?;
        let bytes = self.bytes.take(entry.at, 8).ok()?;
        let (over, under) = (self.endian.u32(&bytes, 0)?, self.endian.u32(&bytes, 4)?);
        Some(f64::from(over) / f64::from(under)).filter(|v| v.is_finite())
    }

    /// The text of a tag, up to the first zero byte.
    pub(crate) fn text(&self, ifd: &Ifd, tag: u16) -> Option<String> {
        let entry = ifd.get(tag).filter(|e| matches!(e.kind, 1 | 2 | 7))?;
        let mut bytes = self
            .bytes
            .take(entry.at, entry.count.min(LONGEST_TEXT))
            .ok()?;
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            // ImageJ writes its micro sign in Latin-1.
            Err(e) => e.into_bytes().into_iter().map(char::from).collect(),
        })
    }
}

impl Ifd {
    fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    /// Whether the tag is there.
    pub(crate) fn has(&self, tag: u16) -> bool {
        self.get(tag).is_some()
    }
}
