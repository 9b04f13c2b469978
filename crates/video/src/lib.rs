//! nta-video: files become frames.
//!
//! Each reader is one file behind [`FrameSource`] and one entry of [`READERS`]. A reader is chosen by the content
//! of the file, never by its name: a `.bmp` may be a PNG inside. The readers here are pure Rust and always on:
//!
//! | reader | takes |
//! | --- | --- |
//! | `avi` | uncompressed grey, palette and RGB of 8 bits, Y800, Y16, Motion JPEG; OpenDML beyond 2 GB; unfinished and cut files |
//! | `tiff` | TIFF, BigTIFF, OME-TIFF, ImageJ stacks; grey of 8 to 16 bits, packed 12 bits, palette, RGB |
//! | `folder` | a folder of PNG, TIFF, JPEG or BMP images in the order of the numbers in their names |
//! | `image` | one PNG, JPEG or BMP: a film of one frame |
//!
//! Pixels are the counts of the file: nothing is rescaled. Colour becomes luma (ITU-R BT.601, in integers), and the
//! file is marked as being in colour unless all its channels are equal.

mod avi;
mod bytes;
#[cfg(feature = "ffmpeg")]
pub mod ffmpeg;
mod ffmpeg_common;
pub mod ffmpeg_pipe;
pub mod findings;
mod jpeg;
mod limits;
mod luma;
mod sequence;
mod sidecar;
mod stored;
mod tiff;
mod timeline;

pub use sequence::order::by_number;

use nta_core::{FrameSource, SourceError};
use std::path::{Path, PathBuf};

/// What a reader makes of a file whose content looks like its own.
pub enum Opened {
    /// A film.
    Film(Box<dyn FrameSource>),
    /// The container is ours, what is in it is not (H.264 in an AVI); with the reason in words. Other decoders may try.
    NotOurs(String),
}

/// The beginning of what is to be opened.
pub struct Head<'a> {
    /// True for a folder, whose `bytes` are empty.
    pub is_folder: bool,
    /// The first bytes of the file, at most 4096.
    pub bytes: &'a [u8],
}

/// A reader: one entry of [`READERS`].
pub struct Reader {
    /// Short name, unique.
    pub key: &'static str,
    /// What it reads, in words.
    pub title: &'static str,
    /// Whether the content looks like its own.
    pub sniff: fn(&Head<'_>) -> bool,
    /// Opens the film: headers and the table of frames, not the pictures.
    pub open: fn(&Path) -> Result<Opened, SourceError>,
}

/// All readers that need nothing but this crate, in the order in which they are asked.
pub static READERS: &[Reader] = &[
    avi::READER,
    tiff::READER,
    sequence::FOLDER_READER,
    sequence::IMAGE_READER,
];

/// Opens a video file, a stack, a single image or a folder of images.
pub fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    let (is_folder, bytes) = head_of(path)?;
    let head = Head {
        is_folder,
        bytes: &bytes,
    };
    let mut why = String::from("its content is neither AVI, TIFF, PNG, JPEG nor BMP");
    for reader in READERS {
        if (reader.sniff)(&head) {
            match (reader.open)(path)? {
                Opened::Film(film) => return Ok(film),
                Opened::NotOurs(reason) => why = reason,
            }
        }
    }
    if looks_like_text(&bytes) {
        // Text is kept away from general decoders: some of them would draw it.
        return Err(unsupported(path, "it is a text file, not a video"));
    }
    open_elsewhere(path, &why)
}

/// The one place for decoders from outside this crate. They come here when no reader of [`READERS`] takes the file;
/// `why` says in words why not. FFmpeg's libraries where they are linked, else its program.
fn open_elsewhere(path: &Path, why: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    #[cfg(feature = "ffmpeg")]
    let film = ffmpeg::open(path);
    #[cfg(not(feature = "ffmpeg"))]
    let film = ffmpeg_pipe::open(path);
    film.map_err(|error| match error {
        SourceError::Unsupported { path, reason } => SourceError::Unsupported {
            path,
            reason: format!("{why}; {reason}"),
        },
        other => other,
    })
}

/// The files that make up this capture, in order: the file itself, or the images of a folder in the order of time
/// and after them the file of timestamps if there is one.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let about = std::fs::metadata(path).map_err(|e| unreadable(path, plain_words(&e)))?;
    if about.is_dir() {
        sequence::files_of(path)
    } else {
        Ok(vec![path.to_path_buf()])
    }
}

/// Whether it is a folder, and the first bytes if it is not.
fn head_of(path: &Path) -> Result<(bool, Vec<u8>), SourceError> {
    let about = std::fs::metadata(path).map_err(|e| unreadable(path, plain_words(&e)))?;
    if about.is_dir() {
        return Ok((true, Vec::new()));
    }
    if !about.is_file() {
        return Err(unreadable(path, "it is neither a file nor a folder"));
    }
    if about.len() == 0 {
        return Err(unreadable(path, "the file is empty (0 bytes)"));
    }
    let bytes = bytes::FileBytes::open(path)?.up_to(0, 4096);
    if bytes.is_empty() {
        return Err(unreadable(path, "its first bytes cannot be read"));
    }
    Ok((false, bytes))
}

/// Nothing but printable characters, line ends and tabs.
fn looks_like_text(bytes: &[u8]) -> bool {
    let cut = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        // A letter of several bytes may be cut at the end of what was read.
        Err(e) if e.error_len().is_none() => e.valid_up_to(),
        Err(_) => return false,
    };
    cut > 0
        && bytes[..cut]
            .iter()
            .all(|&b| b >= 0x20 && b != 0x7f || matches!(b, b'\n' | b'\r' | b'\t' | 0x0c))
}

/// The reason of an operating system's error, in words that need no manual.
fn plain_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "you have no permission to read it".into(),
        _ => error.to_string(),
    }
}

fn unreadable(path: &Path, reason: impl Into<String>) -> SourceError {
    SourceError::Unreadable {
        path: path.display().to_string(),
        reason: reason.into(),
    }
}

fn unsupported(path: &Path, reason: impl Into<String>) -> SourceError {
    SourceError::Unsupported {
        path: path.display().to_string(),
        reason: reason.into(),
    }
}
