//! What the linked reader and the reader through the program share: pixel layouts, time, what is known of codecs,
//! and the sentences about files that cannot be read or are not whole.

pub(crate) mod clock;
pub(crate) mod pixels;

use clock::FilmClock;
use nta_core::{Finding, Severity, SourceEnd, SourceError, VideoInfo};
use pixels::{Layout, Range};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Longest side of a picture that is read, px.
pub(crate) const MAX_SIDE_PX: usize = 32768;
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
    let sides = 1..=MAX_SIDE_PX;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(());
    }
    Err(unsupported(
        path,
        format!("pictures are {width} x {height} px; each side must be 1 to {MAX_SIDE_PX} px"),
    ))
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

/// What was seen while a film was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Pictures that the decoder itself marked as damaged.
    pub(crate) damaged: u64,
    /// Packets that the decoder refused, so that there is no picture.
    pub(crate) refused: u64,
    /// Pictures of another size or format than the first.
    pub(crate) changed: u64,
    /// Errors that the decoder or the container's reader wrote to its log.
    pub(crate) messages: u64,
    /// Damaged pictures that could not be told from the good ones and are still in.
    pub(crate) damaged_kept: u64,
    /// Reading stopped for this reason before the end.
    pub(crate) broken: Option<String>,
    /// Packets that came out of the container.
    pub(crate) packets: u64,
    /// The end was reached.
    pub(crate) finished: bool,
}

/// What the container declares about its length.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    /// Number of pictures in its index or header.
    pub(crate) frames: Option<u64>,
    /// Duration, s.
    pub(crate) duration_s: Option<f64>,
}

impl Declared {
    /// Places in time, as a hint.
    pub(crate) fn places(self, interval_s: Option<f64>) -> Option<u64> {
        let by_time = match (self.duration_s, interval_s) {
            (Some(d), Some(i)) if d > 0.0 && d / i < 4e9 => Some((d / i).round() as u64),
            _ => None,
        };
        match (by_time, self.frames) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
        .filter(|n| *n > 0)
    }

    /// (declared, found) if the file ends before it should. A declared number is taken at its word; a duration is
    /// rounded and may belong to a sound track, so that two places and one in a hundred are let pass.
    fn shortfall(
        self,
        clock: &FilmClock,
        seen: &Seen,
        interval_s: Option<f64>,
    ) -> Option<(u64, u64)> {
        let found = clock.places();
        if let Some(n) = self.frames.filter(|n| *n > 0) {
            let found = found.max(seen.packets);
            return (found + 1 < n).then_some((n, found));
        }
        let places = self.places(interval_s)?;
        (found + 2 + places / 100 < places).then_some((places, found))
    }
}

/// Everything that is known after the last frame.
pub(crate) fn source_end(
    info: &VideoInfo,
    clock: &FilmClock,
    seen: &Seen,
    declared: Declared,
    varies: bool,
) -> SourceEnd {
    let mut end = SourceEnd {
        // A refused packet leaves a hole in time too; it is counted once, as damaged.
        frames_missing: clock.holes().saturating_sub(seen.refused),
        frames_damaged: seen.damaged + seen.refused + seen.changed,
        complete: true,
        ..SourceEnd::default()
    };
    end.tally.add("damaged", seen.damaged);
    end.tally.add("refused_by_decoder", seen.refused);
    end.tally.add("size_or_format_changed", seen.changed);
    end.tally.add("damaged_but_kept", seen.damaged_kept);
    end.tally.add("decoder_messages", seen.messages);
    end.tally.add("time_stamp_not_believed", clock.bad_stamps);
    let mut say = |finding: Finding| end.findings.push(finding);
    let new = |code: &str, severity, text: String| Finding::new(code, severity, "video", text);
    let shortfall = seen
        .finished
        .then(|| declared.shortfall(clock, seen, info.frame_interval_s))
        .flatten();
    if let Some((declared, found)) = shortfall {
        end.complete = false;
        let text = format!(
            "The file ends after {found} of the {declared} frames that it declares; what is there was used. Copy it \
             again, or check the recorder."
        );
        say(new("V01", Severity::Warning, text).with(
            found as f64,
            Some(declared as f64),
            "frames",
        ));
    } else if let Some(reason) = &seen.broken {
        end.complete = false;
        let text = format!(
            "Reading stopped before the end of the file: {reason}. What came before was used."
        );
        say(new("V01", Severity::Warning, text));
    }
    let damaged = end.frames_damaged;
    if damaged > 0 || seen.damaged_kept > 0 || seen.messages > 0 {
        say(damage_finding(info, seen, damaged));
    }
    if info.lossy {
        let neighbours = if info.interframe {
            " Pictures are coded relative to their neighbours, so that noise and positions of successive frames may \
             be correlated."
        } else {
            ""
        };
        let text = format!(
            "The codec {} throws information away: faint particles and intensities suffer.{neighbours} Record \
             uncompressed or lossless where you can.",
            info.codec
        );
        say(new("V05", Severity::Info, text));
    }
    if info.colour {
        let text = "The film is in colour; its luma was used.".to_owned();
        say(new("V06", Severity::Info, text));
    }
    if varies {
        let text = "The time between frames varies; each frame's own time was used, and the median as the frame \
                    interval."
            .to_owned();
        let finding = new("V07", Severity::Info, text);
        say(match info.frame_interval_s {
            Some(s) => finding.with(s, None, "s"),
            None => finding,
        });
    }
    end
}

fn damage_finding(info: &VideoInfo, seen: &Seen, left_out: u64) -> Finding {
    let mut text = Vec::new();
    if left_out > 0 {
        text.push(format!(
            "{left_out} damaged {} left out.",
            if left_out == 1 {
                "frame was"
            } else {
                "frames were"
            }
        ));
        if info.interframe {
            text.push(
                "Frames up to the next key frame were predicted from them and may be off as well."
                    .to_owned(),
            );
        }
    }
    if seen.damaged_kept > 0 {
        text.push(format!(
            "The decoder marked {} frames as damaged that could not be told from the others and were kept.",
            seen.damaged_kept
        ));
    }
    if seen.messages > 0 {
        text.push(format!("The decoder logged {} errors.", seen.messages));
    }
    text.push("Copy the file again, or check the recorder.".to_owned());
    let count = left_out + seen.damaged_kept;
    Finding::new("V04", Severity::Warning, "video", text.join(" ")).with(
        count as f64,
        Some(0.0),
        "frames",
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

    #[test]
    fn the_end_adds_up() {
        let info = VideoInfo {
            codec: "h264".into(),
            lossy: true,
            interframe: true,
            frame_interval_s: Some(0.1),
            ..VideoInfo::default()
        };
        let mut clock = FilmClock::new(0.1, Some(0.1));
        for stamp in [0, 1, 3, 4] {
            clock.place(Some(stamp));
        }
        let mut seen = Seen {
            damaged: 1,
            packets: 4,
            finished: true,
            ..Seen::default()
        };
        let codes = |end: &SourceEnd| {
            end.findings
                .iter()
                .map(|f| f.code.clone())
                .collect::<Vec<_>>()
        };
        let frames = |n| Declared {
            frames: Some(n),
            duration_s: None,
        };
        let end = source_end(&info, &clock, &seen, frames(5), false);
        assert_eq!(
            (end.frames_missing, end.frames_damaged, end.complete),
            (1, 1, true)
        );
        assert_eq!(codes(&end), ["V04", "V05"]);
        let end = source_end(&info, &clock, &seen, frames(300), true);
        assert!(!end.complete);
        assert_eq!(codes(&end), ["V01", "V04", "V05", "V07"]);
        assert_eq!(end.findings[0].observed, Some(5.0));
        let by_time = |s| Declared {
            frames: None,
            duration_s: Some(s),
        };
        assert!(source_end(&info, &clock, &seen, by_time(0.7), false).complete);
        assert!(!source_end(&info, &clock, &seen, by_time(0.8), false).complete);
        // Half-way nothing is said about the end.
        seen.finished = false;
        assert!(source_end(&info, &clock, &seen, by_time(0.8), false).complete);
    }
}
