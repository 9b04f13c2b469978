//! A film becomes a file: AVI, MP4, TIFF or a folder of PNG pictures.
//!
//! [`Format`] is chosen by the name of the file and an optional word for the codec. [`FilmFile`] takes frames in the
//! order of time; what costs time, [`FrameEncoder::encode`], is apart from it and may run on any thread. Memory holds
//! one frame and at most 16 bytes for each frame of the present part of an AVI, whatever the length of the film.
//!
//! Whoever reads the file back is told the truth about the time: a frame that was dropped leaves a hole in the numbers,
//! and a format that cannot say so is refused for such a film.

pub(crate) mod avi;
mod avi_header;
mod encode;
mod error;
mod facts;
mod format;
mod fraction;
mod pictures;
mod program;
mod tiff;

pub use encode::FrameEncoder;
pub use error::RecordError;
pub use facts::FilmFacts;
pub use format::{Codec, DEFAULT_CRF, DEFAULT_JPEG_QUALITY, Format};

use nta_core::FrameSource;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Where encoded frames go.
trait Sink: Send {
    /// Takes the next frame that was delivered.
    fn append(&mut self, frame: u32, bytes: &[u8]) -> Result<(), RecordError>;
    /// Closes the file; nothing is to be read before.
    fn finish(self: Box<Self>) -> Result<(), RecordError>;
}

/// How a film is written, besides its format.
#[derive(Clone, Copy, Debug)]
pub struct RecordOptions<'a> {
    /// The program `ffmpeg`, which FFV1 and H.264 need.
    pub ffmpeg: Option<&'a Path>,
    /// Size from which on an AVI is divided into parts, bytes; at most 1 GB.
    pub avi_part_bytes: u64,
}

impl Default for RecordOptions<'_> {
    fn default() -> Self {
        Self {
            ffmpeg: None,
            avi_part_bytes: avi::PART_BYTES,
        }
    }
}

/// A film that is being written. Dropping it before [`Self::finish`] leaves an unusable file, which is for the caller to
/// remove.
pub struct FilmFile {
    sink: Box<dyn Sink>,
    encoder: FrameEncoder,
    path: PathBuf,
    next: u32,
}

impl FilmFile {
    /// Begins a new file (or fills the existing folder) `path`. Refuses what `format` cannot hold.
    pub fn create(
        path: &Path,
        format: Format,
        facts: &FilmFacts,
        options: &RecordOptions<'_>,
    ) -> Result<Self, RecordError> {
        format.check(facts)?;
        let file = || {
            File::create(path)
                .map(BufWriter::new)
                .map_err(|e| RecordError::io(path, &e))
        };
        let program = || {
            options.ffmpeg.ok_or(RecordError::NoProgram {
                codec: format.codec(),
            })
        };
        let sink: Box<dyn Sink> = match format {
            Format::AviRaw | Format::AviMjpeg { .. } => {
                let part_bytes = options.avi_part_bytes;
                Box::new(avi::AviWriter::new(
                    file()?,
                    path,
                    format,
                    facts,
                    part_bytes,
                )?)
            }
            Format::AviFfv1 | Format::Mp4 { .. } => {
                Box::new(program::Program::start(program()?, path, format, facts)?)
            }
            Format::Tiff => Box::new(tiff::TiffStack::new(path, file()?, facts)?),
            Format::Folder => Box::new(pictures::PictureFolder::new(path, facts)?),
        };
        Ok(Self {
            sink,
            encoder: FrameEncoder::new(format, facts),
            path: path.to_owned(),
            next: 0,
        })
    }

    /// What turns pixels into the bytes that [`Self::append`] takes.
    pub fn encoder(&self) -> FrameEncoder {
        self.encoder
    }

    /// Writes the next frame; frames come in the order of time, dropped ones are left out.
    pub fn append(&mut self, frame: u32, bytes: &[u8]) -> Result<(), RecordError> {
        if frame < self.next {
            return Err(RecordError::Order {
                frame,
                expected: self.next,
            });
        }
        self.next = frame + 1;
        self.sink.append(frame, bytes)
    }

    /// Closes the file.
    pub fn finish(self) -> Result<(), RecordError> {
        self.sink.finish()
    }

    /// What is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes the whole film in one thread and rewinds it. Gives what was known of it.
pub fn record(
    film: &mut dyn FrameSource,
    path: &Path,
    format: Format,
    options: &RecordOptions<'_>,
) -> Result<FilmFacts, RecordError> {
    let facts = FilmFacts::of(film)?;
    let mut file = FilmFile::create(path, format, &facts, options)?;
    let encoder = file.encoder();
    film.rewind()?;
    while let Some(packet) = film.next_packet()? {
        let frame = packet.index.0;
        let pixels = film.decode(packet)?;
        file.append(frame, &encoder.encode(frame, &pixels)?)?;
    }
    film.rewind()?;
    file.finish()?;
    Ok(facts)
}
