//! AVI, written frame by frame.
//!
//! A film that is sure to stay below [`PART_BYTES`] is one RIFF chunk with the index of 1992. A longer one is divided
//! into parts (`RIFF AVI `, then `RIFF AVIX`), each with its own index, and an index of these in the head (OpenDML). A
//! dropped frame is a chunk of zero bytes, which is how AVI says "nothing new here".

use super::avi_header::{Head, Kind, PartIndex, chunk, words};
use super::encode::bitmap_row_bytes;
use super::{FilmFacts, Format, RecordError, Sink};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Size from which on a file is divided into parts, bytes: the largest that old readers take.
pub(crate) const PART_BYTES: u64 = 1 << 30;

/// Most parts: some readers look at the first megabyte of the head only, and an entry has 16 bytes.
const MOST_PARTS: u64 = 60_000;

/// Flag of a picture in the index: stands alone (AVIIF_KEYFRAME).
const KEY_FRAME: u32 = 0x10;

/// Bytes of the longest JPEG of a block of 8 x 8 px: 64 numbers of at most 27 bits, each byte doubled where it is 255.
const JPEG_BLOCK_BYTES: u64 = 448;

/// Bytes of the head of a JPEG, with room to spare.
const JPEG_HEAD_BYTES: u64 = 2048;

/// Writes an AVI to anything that can be sought in.
pub(crate) struct AviWriter<W> {
    out: W,
    /// For messages.
    path: PathBuf,
    head: Head,
    part_bytes: u64,
    /// Places in time of the whole film.
    places: u32,
    /// Offset of the next byte.
    at: u64,
    /// Offsets of the present part's RIFF chunk and of its list of frames.
    riff_at: u64,
    movi_at: u64,
    /// Per frame of the part: offset of its chunk from the list's name, and length of its content.
    entries: Vec<(u32, u32)>,
}

impl<W: Write + Seek> AviWriter<W> {
    /// Writes the head of a file that is divided where it may pass `part_bytes`. `format` is raw or MJPEG.
    pub(crate) fn new(
        out: W,
        path: &Path,
        format: Format,
        facts: &FilmFacts,
        part_bytes: u64,
    ) -> Result<Self, RecordError> {
        let part_bytes = part_bytes.min(PART_BYTES);
        // Names and lengths of the chunk, and its entries in both indexes.
        let frame = largest_frame(kind_of(format, facts), facts) + 8 + 16 + 8;
        let bytes = frame * u64::from(facts.places);
        let several = bytes + 8192 > part_bytes;
        // A part holds at least one frame, and all but the first and the last are full up to one frame.
        let most = bytes / part_bytes.saturating_sub(frame + 1024).max(frame) + 2;
        let room = most.min(u64::from(facts.places));
        if several && room > MOST_PARTS {
            return Err(RecordError::TooLarge {
                kind: "AVI",
                limit: MOST_PARTS * part_bytes,
            });
        }
        let mut writer = Self::in_one_part(out, path, format, facts);
        writer.part_bytes = part_bytes;
        writer.head.room = several.then_some(room as usize);
        writer.begin().map_err(|e| RecordError::io(path, &e))?;
        Ok(writer)
    }

    /// A file that is not divided; nothing is written before [`Self::begin`].
    pub(crate) fn in_one_part(out: W, path: &Path, format: Format, facts: &FilmFacts) -> Self {
        let head = Head {
            kind: kind_of(format, facts),
            width: facts.width_px as u32,
            height: facts.height_px as u32,
            interval_s: facts.frame_interval_s,
            frames: 0,
            frames_first: 0,
            largest: 0,
            riff_bytes: 0,
            movi_bytes: 0,
            room: None,
            parts: Vec::new(),
        };
        Self {
            out,
            path: path.to_owned(),
            head,
            part_bytes: PART_BYTES,
            places: facts.places,
            at: 0,
            riff_at: 0,
            movi_at: 0,
            entries: Vec::new(),
        }
    }

    /// Writes the head.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        let bytes = self.head.bytes();
        self.at = bytes.len() as u64;
        self.movi_at = self.at - 12;
        self.out.write_all(&bytes)
    }

    /// Writes a frame, and chunks of zero bytes for the places before it that have none.
    pub(crate) fn place(&mut self, frame: u32, bytes: &[u8]) -> io::Result<()> {
        self.drop_until(frame)?;
        self.place_next(bytes)
    }

    /// Closes the file and gives back what it was written to.
    pub(crate) fn close(mut self) -> io::Result<W> {
        self.drop_until(self.places)?;
        self.close_part()?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&self.head.bytes())?;
        self.out.seek(SeekFrom::Start(self.at))?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.at
    }

    fn drop_until(&mut self, frame: u32) -> io::Result<()> {
        while self.head.frames < frame {
            self.place_next(&[])?;
        }
        Ok(())
    }

    fn place_next(&mut self, bytes: &[u8]) -> io::Result<()> {
        let after = self.at - self.riff_at + bytes.len() as u64 + 64;
        let with_index = after + 24 * (self.entries.len() as u64 + 1);
        if self.head.room.is_some() && with_index > self.part_bytes && !self.entries.is_empty() {
            self.close_part()?;
            self.begin_part()?;
        }
        let offset = (self.at - self.movi_at - 8) as u32;
        self.entries.push((offset, bytes.len() as u32));
        self.head.largest = self.head.largest.max(bytes.len() as u32);
        self.head.frames += 1;
        let id = self.head.kind.chunk_id();
        self.chunk(id, bytes)
    }

    fn chunk(&mut self, id: &[u8; 4], content: &[u8]) -> io::Result<()> {
        let length = content.len() as u32;
        self.out.write_all(id)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(content)?;
        let padding = content.len() % 2;
        self.out.write_all(&[0][..padding])?;
        self.at += 8 + (content.len() + padding) as u64;
        Ok(())
    }

    fn begin_part(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        chunk(&mut bytes, b"RIFF", b"AVIX");
        chunk(&mut bytes, b"LIST", b"movi");
        self.out.write_all(&bytes)?;
        self.riff_at = self.at;
        self.movi_at = self.at + 12;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Writes the indexes of the part and the lengths of its chunks.
    fn close_part(&mut self) -> io::Result<()> {
        let entries = std::mem::take(&mut self.entries);
        if self.head.room.is_some() {
            let at = self.at;
            self.chunk(b"ix00", &self.part_index(&entries))?;
            self.head.parts.push(PartIndex {
                at,
                bytes: (self.at - at) as u32,
                frames: entries.len() as u32,
            });
        }
        let movi_bytes = (self.at - self.movi_at - 8) as u32;
        if self.riff_at == 0 {
            let index = old_index(self.head.kind, &entries);
            self.chunk(b"idx1", &index)?;
            self.head.frames_first = entries.len() as u32;
            self.head.movi_bytes = movi_bytes;
            self.head.riff_bytes = (self.at - 8) as u32;
            return Ok(());
        }
        let riff_bytes = (self.at - self.riff_at - 8) as u32;
        for (place, length) in [(self.riff_at, riff_bytes), (self.movi_at, movi_bytes)] {
            self.out.seek(SeekFrom::Start(place + 4))?;
            self.out.write_all(&length.to_le_bytes())?;
        }
        self.out.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }

    /// `AVISTDINDEX`: offsets of the contents from the beginning of the list of frames.
    fn part_index(&self, entries: &[(u32, u32)]) -> Vec<u8> {
        let mut out = 2_u16.to_le_bytes().to_vec();
        out.extend_from_slice(&[0, 1]);
        words(&mut out, &[entries.len() as u32]);
        out.extend_from_slice(self.head.kind.chunk_id());
        out.extend_from_slice(&self.movi_at.to_le_bytes());
        words(&mut out, &[0]);
        for (offset, length) in entries {
            // From the list's head rather than its name, and to the content rather than its chunk: 8 bytes each.
            words(&mut out, &[offset + 16, *length]);
        }
        out
    }
}

fn kind_of(format: Format, facts: &FilmFacts) -> Kind {
    match format {
        Format::AviMjpeg { .. } => Kind::Jpeg,
        _ if facts.sample_bytes() == 1 => Kind::Bitmap8,
        _ => Kind::Grey16,
    }
}

/// The index of 1992: offsets of the chunks from the name of the list of frames.
fn old_index(kind: Kind, entries: &[(u32, u32)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 * entries.len());
    for (offset, length) in entries {
        out.extend_from_slice(kind.chunk_id());
        let flags = if *length == 0 { 0 } else { KEY_FRAME };
        words(&mut out, &[flags, *offset, *length]);
    }
    out
}

/// Bytes that no frame exceeds.
fn largest_frame(kind: Kind, facts: &FilmFacts) -> u64 {
    let (width, height) = (facts.width_px as u64, facts.height_px as u64);
    match kind {
        Kind::Jpeg => width.div_ceil(8) * height.div_ceil(8) * JPEG_BLOCK_BYTES + JPEG_HEAD_BYTES,
        Kind::Bitmap8 => bitmap_row_bytes(facts.width_px) as u64 * height,
        Kind::Grey16 => facts.picture_bytes() as u64,
    }
}

impl Sink for AviWriter<BufWriter<File>> {
    fn append(&mut self, frame: u32, bytes: &[u8]) -> Result<(), RecordError> {
        self.place(frame, bytes)
            .map_err(|e| RecordError::io(&self.path, &e))
    }

    fn finish(self: Box<Self>) -> Result<(), RecordError> {
        let path = self.path.clone();
        self.close()
            .and_then(|out| out.get_ref().sync_all())
            .map_err(|e| RecordError::io(&path, &e))
    }
}
