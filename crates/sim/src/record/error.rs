//! What can be wrong with writing a film.

use nta_core::{FrameError, SourceError};
use std::io;
use std::path::Path;

/// Why a film cannot be written, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The name does not say which kind of file.
    #[error(
        "{path} ends in '.{extension}', which nta does not write; name it *.avi, *.mp4, *.tif or *.tiff, or give a name \
         without an ending for a folder of PNG pictures"
    )]
    UnknownExtension {
        /// The name.
        path: String,
        /// What it ends in.
        extension: String,
    },
    /// The codec does not go with the kind of file.
    #[error("the codec {codec} does not go into {kind}; {advice}")]
    WrongCodec {
        /// Its word.
        codec: &'static str,
        /// The kind of file, in words.
        kind: &'static str,
        /// What goes.
        advice: &'static str,
    },
    /// A quality outside its range, or for a format that has none.
    #[error("quality is {quality}, but {allowed}")]
    Quality {
        /// What was asked for.
        quality: u8,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Too many bits for the codec.
    #[error(
        "the film has {bit_depth} bits per pixel, but {codec} is written with 8; set camera.bit_depth to 8, or choose raw \
         or ffv1 AVI, TIFF or a folder of PNG pictures"
    )]
    TooDeep {
        /// Bits of the film.
        bit_depth: u8,
        /// The codec.
        codec: &'static str,
    },
    /// The format cannot say that a frame was dropped.
    #[error("{why}, which {kind} cannot say; choose a raw or mjpeg AVI{also}")]
    Holes {
        /// What is in the film.
        why: String,
        /// The kind of file, in words.
        kind: &'static str,
        /// Another way out.
        also: &'static str,
    },
    /// Nothing to write.
    #[error("the film has no frames; at least 1 must be delivered")]
    NoFrames,
    /// No interval, which every format but a folder needs.
    #[error("the film does not say how much time lies between its frames")]
    NoInterval,
    /// A picture larger than the format allows.
    #[error(
        "pictures of {width_px} x {height_px} px are too large for {codec}, which takes at most {limit_px} px a side"
    )]
    TooWide {
        /// Width, px.
        width_px: usize,
        /// Height, px.
        height_px: usize,
        /// The codec.
        codec: &'static str,
        /// Longest side, px.
        limit_px: usize,
    },
    /// The file would be too large.
    #[error("the film takes more than {limit} bytes as {kind}; write fewer frames")]
    TooLarge {
        /// The kind of file, in words.
        kind: &'static str,
        /// Largest size, bytes.
        limit: u64,
    },
    /// A frame unlike the film.
    #[error("frame {frame} is not of the film's size and depth")]
    OddFrame {
        /// Place in time.
        frame: u32,
    },
    /// Frames not in the order of time.
    #[error("frame {frame} comes where frame {expected} or a later one is due")]
    Order {
        /// What came.
        frame: u32,
        /// The first that may come.
        expected: u32,
    },
    /// The encoder refused.
    #[error("frame {frame} cannot be written as {codec}: {reason}")]
    Encode {
        /// Place in time.
        frame: u32,
        /// The codec.
        codec: &'static str,
        /// Why.
        reason: String,
    },
    /// There is no ffmpeg.
    #[error(
        "the codec {codec} needs FFmpeg, and no program 'ffmpeg' was found; install FFmpeg (or name it in NTA_FFMPEG), or \
         choose raw AVI, TIFF or a folder of PNG pictures"
    )]
    NoProgram {
        /// The codec.
        codec: &'static str,
    },
    /// ffmpeg refuses or fails.
    #[error("{program} cannot write {path}: {reason}")]
    Program {
        /// The program.
        program: String,
        /// The file.
        path: String,
        /// Its words.
        reason: String,
    },
    /// The system refuses.
    #[error("cannot write {path}: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// The system's error.
        error: io::Error,
    },
    /// The film cannot be read.
    #[error("the film cannot be read: {0}")]
    Source(#[from] SourceError),
    /// A frame cannot be decoded.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl RecordError {
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            // The same kind and words; the original stays with whoever asked.
            error: io::Error::new(error.kind(), error.to_string()),
        }
    }

    /// Whether what was asked for cannot be, whatever the state of the disk: another scene, name, codec or quality is
    /// needed.
    pub fn is_request(&self) -> bool {
        !matches!(
            self,
            Self::NoProgram { .. }
                | Self::Program { .. }
                | Self::Io { .. }
                | Self::Source(_)
                | Self::Frame(_)
                | Self::OddFrame { .. }
                | Self::Order { .. }
                | Self::Encode { .. }
        )
    }
}
