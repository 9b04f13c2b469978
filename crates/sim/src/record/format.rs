//! Which formats there are, and which film each can hold.

use super::{FilmFacts, RecordError};
use std::path::Path;

/// Quality of JPEG pictures where nothing is asked for, 1 to 100.
pub const DEFAULT_JPEG_QUALITY: u8 = 90;

/// Rate factor of H.264 where nothing is asked for: 0 is the best, 51 the worst.
pub const DEFAULT_CRF: u8 = 18;

/// Longest side of a JPEG picture, px.
const LONGEST_JPEG_SIDE_PX: usize = 65_535;

/// Longest side of an H.264 picture, px: level 6.2.
const LONGEST_H264_SIDE_PX: usize = 16_384;

/// How pictures are packed, as a user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As they are.
    Raw,
    /// JPEG, picture by picture; loses something.
    Mjpeg,
    /// FFV1, without loss.
    Ffv1,
    /// H.264; loses something.
    H264,
}

impl Codec {
    /// Word and codec of each.
    pub const ALL: [(&'static str, Codec); 4] = [
        ("raw", Codec::Raw),
        ("mjpeg", Codec::Mjpeg),
        ("ffv1", Codec::Ffv1),
        ("h264", Codec::H264),
    ];

    /// The codec of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(w, _)| *w == word);
        found.map(|(_, codec)| *codec)
    }

    fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, c)| *c == self);
        found.map_or("raw", |(word, _)| word)
    }
}

/// A kind of file with its codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// AVI, uncompressed: 8-bit grey with a palette, or 16-bit grey with the code `Y16 `, which FFmpeg does not know.
    AviRaw,
    /// AVI of JPEG pictures, 8 bits.
    AviMjpeg {
        /// 1 to 100.
        quality: u8,
    },
    /// AVI of FFV1 pictures, 8 or 16 bits; needs the program ffmpeg.
    AviFfv1,
    /// MP4 of H.264, 8 bits; needs the program ffmpeg.
    Mp4 {
        /// Rate factor, 0 (best) to 51.
        crf: u8,
    },
    /// Multi-page TIFF, 8 or 16 bits, uncompressed, with pixel size and frame interval as ImageJ writes them.
    Tiff,
    /// A folder of PNG pictures, 8 or 16 bits, with a file of their times.
    Folder,
}

impl Format {
    /// By the ending of the name, and the codec if one is asked for. A name without an ending, or one that ends in a
    /// separator, is a folder.
    pub fn choose(
        path: &Path,
        codec: Option<Codec>,
        quality: Option<u8>,
    ) -> Result<Self, RecordError> {
        let extension = path.extension().filter(|_| !ends_in_separator(path));
        let extension = extension.map(|e| e.to_string_lossy().to_ascii_lowercase());
        let wrong = |codec: Codec, kind, advice| {
            Err(RecordError::WrongCodec {
                codec: codec.word(),
                kind,
                advice,
            })
        };
        let format = match (extension.as_deref(), codec) {
            (Some("avi"), None | Some(Codec::Raw)) => Self::AviRaw,
            (Some("avi"), Some(Codec::Mjpeg)) => Self::AviMjpeg {
                quality: quality.unwrap_or(DEFAULT_JPEG_QUALITY),
            },
            (Some("avi"), Some(Codec::Ffv1)) => Self::AviFfv1,
            (Some("avi"), Some(c)) => {
                return wrong(
                    c,
                    "AVI",
                    "choose raw, mjpeg or ffv1, or name the file *.mp4",
                );
            }
            (Some("mp4"), None | Some(Codec::H264)) => Self::Mp4 {
                crf: quality.unwrap_or(DEFAULT_CRF),
            },
            (Some("mp4"), Some(c)) => {
                return wrong(c, "MP4", "choose h264, or name the file *.avi");
            }
            (Some("tif" | "tiff"), None | Some(Codec::Raw)) => Self::Tiff,
            (Some("tif" | "tiff"), Some(c)) => {
                return wrong(c, "TIFF", "leave the codec out, or name the file *.avi");
            }
            (None, None | Some(Codec::Raw)) => Self::Folder,
            (None, Some(c)) => {
                return wrong(
                    c,
                    "a folder of PNG pictures",
                    "leave the codec out, or name a file *.avi or *.mp4",
                );
            }
            (Some(other), _) => {
                return Err(RecordError::UnknownExtension {
                    path: path.display().to_string(),
                    extension: other.to_owned(),
                });
            }
        };
        format.check_quality(quality)?;
        Ok(format)
    }

    /// Whether it is a folder and not a file.
    pub fn is_folder(self) -> bool {
        self == Self::Folder
    }

    /// Whether the program ffmpeg is needed.
    pub fn needs_program(self) -> bool {
        matches!(self, Self::AviFfv1 | Self::Mp4 { .. })
    }

    /// The word for how the pictures are packed.
    pub fn codec(self) -> &'static str {
        match self {
            Self::AviRaw | Self::Tiff => Codec::Raw.word(),
            Self::AviMjpeg { .. } => Codec::Mjpeg.word(),
            Self::AviFfv1 => Codec::Ffv1.word(),
            Self::Mp4 { .. } => Codec::H264.word(),
            Self::Folder => "png",
        }
    }

    fn check_quality(self, asked: Option<u8>) -> Result<(), RecordError> {
        let allowed = match (self, asked) {
            (Self::AviMjpeg { quality }, _) if !(1..=100).contains(&quality) => {
                "mjpeg takes 1 to 100 (100 is best)"
            }
            (Self::Mp4 { crf }, _) if crf > 51 => "h264 takes 0 to 51 (0 is best)",
            (Self::AviRaw | Self::AviFfv1 | Self::Tiff | Self::Folder, Some(_)) => {
                "this film is written without loss; leave it out, or choose mjpeg or h264"
            }
            _ => return Ok(()),
        };
        Err(RecordError::Quality {
            quality: asked.unwrap_or_default(),
            allowed,
        })
    }

    /// Says before any frame is drawn whether the format can hold the film and tell the truth about it.
    pub fn check(self, facts: &FilmFacts) -> Result<(), RecordError> {
        let limit = match self {
            Self::AviMjpeg { .. } => LONGEST_JPEG_SIDE_PX,
            Self::Mp4 { .. } => LONGEST_H264_SIDE_PX,
            _ => usize::MAX,
        };
        if limit < usize::MAX && facts.bit_depth > 8 {
            return Err(RecordError::TooDeep {
                bit_depth: facts.bit_depth,
                codec: self.codec(),
            });
        }
        if facts.width_px.max(facts.height_px) > limit {
            return Err(RecordError::TooWide {
                width_px: facts.width_px,
                height_px: facts.height_px,
                codec: self.codec(),
                limit_px: limit,
            });
        }
        self.check_holes(facts)
    }

    fn check_holes(self, facts: &FilmFacts) -> Result<(), RecordError> {
        let kind = match self {
            Self::AviRaw | Self::AviMjpeg { .. } => return Ok(()),
            Self::Folder => {
                return match facts.untold_by_times() {
                    Some(why) => Err(RecordError::Holes {
                        why,
                        kind: "the times of a folder of pictures",
                        also: "",
                    }),
                    None => Ok(()),
                };
            }
            Self::AviFfv1 => "an AVI written by FFmpeg",
            Self::Mp4 { .. } => "an MP4 of a constant frame rate",
            Self::Tiff => "a TIFF stack",
        };
        match facts.dropped() {
            0 => Ok(()),
            n => Err(RecordError::Holes {
                why: format!("{n} of the film's {} frames are dropped", facts.places),
                kind,
                also: " or a folder of PNG pictures",
            }),
        }
    }
}

fn ends_in_separator(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    name.ends_with(std::path::is_separator)
}
