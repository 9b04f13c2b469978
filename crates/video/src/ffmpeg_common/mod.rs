//! What the linked reader and the reader through the program share: pixel layouts, time, what is known of codecs,
//! and the sentences about files that cannot be read.

pub(crate) mod clock;
pub(crate) mod ending;
pub(crate) mod layout;
pub(crate) mod pixels;

use crate::limits;
use layout::{Layout, Range};
use nta_core::{SourceError, VideoInfo};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Packets whose time stamps are looked at to find the frame interval.
pub(crate) const STAMPS_LOOKED_AT: usize = 600;

/// Codecs that keep every count and code each picture by itself.
const LOSSLESS: &[&str] = &[
    "rawvideo",
    "ffv1",
    "huffyuv",
    "ffvhuff",
    "hymt",
    "utvideo",
    "magicyuv",
    "lagarith",
    "v210",
    "v410",
    "v308",
    "v408",
    "y41p",
    "yuv4",
    "r10k",
    "r210",
    "png",
    "tiff",
    "bmp",
    "targa",
    "sgi",
    "pgm",
    "pgmyuv",
    "ppm",
    "pam",
    "pbm",
    "fits",
    "dpx",
    "mszh",
    "zlib",
    "loco",
    "asv0",
    "wrapped_avframe",
];
/// Codecs that keep every count but code pictures relative to their neighbours.
const LOSSLESS_INTERFRAME: &[&str] = &[
    "qtrle", "apng", "gif", "cscd", "tscc", "zmbv", "msrle", "flashsv", "flic", "rscc", "fraps",
];
/// Codecs that lose information within each picture but look at no other.
const LOSSY_INTRA: &[&str] = &[
    "mjpeg",
    "mjpegb",
    "ljpeg",
    "jpegls",
    "jpeg2000",
    "webp",
    "prores",
    "dnxhd",
    "dvvideo",
    "cfhd",
    "hap",
    "cinepak",
    "cljr",
    "asv1",
    "asv2",
    "speedhq",
    "vc1image",
    "wmv3image",
];

/// (lossy, interframe) of a codec by FFmpeg's name. H.264 can be lossless, but nothing in the file says so plainly:
/// it and every codec that is not listed count as lossy and interframe.
pub(crate) fn codec_nature(codec: &str) -> (bool, bool) {
    if LOSSLESS.contains(&codec) {
        (false, false)
    } else if LOSSLESS_INTERFRAME.contains(&codec) {
        (false, true)
    } else {
        (true, !LOSSY_INTRA.contains(&codec))
    }
}

/// "Films" that FFmpeg makes out of text files.
pub(crate) fn is_text_art(codec: &str) -> bool {
    matches!(codec, "ansi" | "bintext" | "xbin" | "idf")
}

/// Containers without time stamps, for which FFmpeg invents 25 frames per second.
pub(crate) fn has_no_clock(container: &str) -> bool {
    container.ends_with("_pipe")
        || matches!(
            container,
            "image2" | "rawvideo" | "mjpeg" | "h264" | "hevc" | "m4v" | "mpegvideo" | "vc1" | "obu"
        )
}

/// An error for a file that is there but is no film for us.
pub(crate) fn unsupported(path: &Path, reason: impl Into<String>) -> SourceError {
    SourceError::Unsupported {
        path: path.display().to_string(),
        reason: reason.into(),
    }
}

/// An error for a file that cannot be read at all.
pub(crate) fn unreadable(path: &Path, reason: impl Into<String>) -> SourceError {
    SourceError::Unreadable {
        path: path.display().to_string(),
        reason: reason.into(),
    }
}

/// Opens the file the plain way first, so that "not there", "a folder", "not allowed" and "empty" are said in plain
/// words.
pub(crate) fn check_file(path: &Path) -> Result<(), SourceError> {
    let file = File::open(path).map_err(|e| unreadable(path, e.to_string()))?;
    let meta = file
        .metadata()
        .map_err(|e| unreadable(path, e.to_string()))?;
    if meta.is_dir() {
        return Err(unreadable(path, "it is a folder, not a video file"));
    }
    if meta.is_file() && meta.len() == 0 {
        return Err(unsupported(path, "the file is empty (0 bytes)"));
    }
    Ok(())
}

/// Why FFmpeg could not open a file, as far as the file itself tells.
pub(crate) fn why_not_opened(path: &Path, said: &str) -> SourceError {
    let reason = match misses_moov(path) {
        Some(true) => {
            "the file breaks off before its index (the 'moov' box at the end of an MP4 or MOV), so that no frame \
             can be found; copy it again from the camera, or let a repair tool rebuild the index"
                .to_owned()
        }
        _ => format!(
            "no known video format was found in it ({said}); convert it to AVI, a TIFF stack or a folder of PNG files"
        ),
    };
    unsupported(path, reason)
}

/// Whether an MP4 or MOV file ends without its index; `None` for other files.
fn misses_moov(path: &Path) -> Option<bool> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut position = 0u64;
    let mut boxes = 0;
    loop {
        let mut head = [0u8; 16];
        file.seek(SeekFrom::Start(position)).ok()?;
        if position + 8 > length || file.read_exact(&mut head[..8]).is_err() {
            return (boxes > 0).then_some(true);
        }
        let kind = [head[4], head[5], head[6], head[7]];
        let known = matches!(
            &kind,
            b"ftyp" | b"mdat" | b"free" | b"wide" | b"skip" | b"moov"
        );
        if boxes == 0 && !known {
            return None;
        }
        if &kind == b"moov" {
            return Some(false);
        }
        let mut size = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        if size == 1 {
            file.read_exact(&mut head[8..]).ok()?;
            let wide: [u8; 8] = head[8..].try_into().ok()?;
            size = u64::from_be_bytes(wide);
        }
        // Size 0: up to the end of the file.
        if size < 8 {
            return Some(true);
        }
        position = position.checked_add(size)?;
        boxes += 1;
    }
}

/// Fills in what follows from codec, layout and range, with the words for people.
pub(crate) fn describe(info: &mut VideoInfo, layout: Layout, format: &str, stated: Option<Range>) {
    let limited = layout.is_limited(stated);
    info.bit_depth = layout.bits;
    info.ceiling_counts = layout.ceiling_counts(limited);
    (info.lossy, info.interframe) = codec_nature(&info.codec);
    let says = match (stated, limited) {
        (Some(_), true) => format!("limited: white is {}", info.ceiling_counts),
        (None, true) => format!(
            "not stated, taken as limited by convention: white is {}",
            info.ceiling_counts
        ),
        (_, false) => format!("full: 0 to {}", info.ceiling_counts),
    };
    info.says.insert("luma range".into(), says);
    info.says.insert("pixel format".into(), format.into());
}

/// Checks the size of a picture.
pub(crate) fn check_size(path: &Path, width: usize, height: usize) -> Result<(), SourceError> {
    let checked = limits::check_size(width as u64, height as u64);
    checked.map(drop).map_err(|why| unsupported(path, why))
}

/// The error for pixel formats without a [`Layout`].
pub(crate) fn unknown_layout(path: &Path, format: &str) -> SourceError {
    unsupported(
        path,
        format!(
            "its pictures are stored as '{format}', which is not read; convert the film to 8- or 16-bit gray (AVI, \
             TIFF or PNG)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_told_apart() {
        for (codec, nature) in [
            ("h264", (true, true)),
            ("hevc", (true, true)),
            ("wmv2", (true, true)),
            ("something_new", (true, true)),
            ("mjpeg", (true, false)),
            ("ffv1", (false, false)),
            ("rawvideo", (false, false)),
            ("huffyuv", (false, false)),
            ("png", (false, false)),
            ("gif", (false, true)),
        ] {
            assert_eq!(codec_nature(codec), nature, "{codec}");
        }
    }

    #[test]
    fn a_missing_moov_box_is_recognised() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.mp4");
        let file = |boxes: &[(&[u8; 4], u32)], bytes: usize| {
            let mut out = Vec::new();
            for (kind, size) in boxes {
                out.extend(size.to_be_bytes());
                out.extend(*kind);
                out.resize(out.len() + *size as usize - 8, 0);
            }
            out.truncate(bytes);
            std::fs::write(&path, out).expect("write");
            misses_moov(&path)
        };
        assert_eq!(
            file(&[(b"ftyp", 24), (b"mdat", 100), (b"moov", 50)], 999),
            Some(false)
        );
        assert_eq!(
            file(&[(b"ftyp", 24), (b"mdat", 100), (b"moov", 50)], 90),
            Some(true)
        );
        assert_eq!(file(&[(b"ftyp", 24), (b"mdat", 100)], 124), Some(true));
        assert_eq!(file(&[(b"RIFF", 24)], 24), None);
        assert_eq!(file(&[(b"ftyp", 24)], 5), None);
        assert!(
            why_not_opened(&path, "x")
                .to_string()
                .contains("no known video format")
        );
    }
}
