//! AVI: uncompressed grey, palette and RGB, Y800, Y16 and Motion JPEG. Everything else is left to other decoders.
//!
//! The headers are walked once; memory holds 16 bytes a frame and the memory of a few pictures, which is used again. A chunk of length zero is a frame that the recorder
//! dropped: its place in time stays, without a frame. A file that is cut gives all frames that are whole.

mod index;
mod picture;
mod riff;

use crate::bytes::{FileBytes, Spare};
use crate::stored::{Notes, Pictures, Stored};
use crate::timeline::{Timeline, evenly};
use crate::{Head, Opened, Reader, jpeg, unsupported};
use index::Chunk;
use nta_core::{FrameIndex, Pixels, SourceError, VideoInfo};
use picture::{Format, Layout, Refusal};
use riff::{Skeleton, Stream};
use std::path::Path;

/// The entry of the table of readers.
pub(crate) const READER: Reader = Reader {
    key: "avi",
    title: "AVI: uncompressed grey, palette and RGB, Y800, Y16, Motion JPEG",
    sniff: |head: &Head<'_>| {
        head.bytes.starts_with(b"RIFF") && head.bytes.get(8..12) == Some(b"AVI ")
    },
    open,
};

/// Frames looked at to learn whether there is colour.
const LOOKED_AT: usize = 3;

struct AviPictures {
    file: FileBytes,
    format: Format,
    chunks: Vec<Chunk>,
    spare: Spare,
}

impl AviPictures {
    fn bytes(&self, n: usize) -> Result<Vec<u8>, String> {
        let mut bytes = self.spare.take();
        self.read(n, &mut bytes)?;
        Ok(bytes)
    }

    fn read(&self, n: usize, into: &mut Vec<u8>) -> Result<(), String> {
        let chunk = self.chunks.get(n).ok_or("there is no such frame")?;
        self.file.read(chunk.at, chunk.len.into(), into)
    }
}

impl Pictures for AviPictures {
    fn picture(&self, n: usize) -> Result<Pixels, String> {
        let bytes = self.bytes(n)?;
        if self.format.is_picture(&bytes) {
            return self.format.picture(bytes);
        }
        let pixels = self.format.decode(&bytes);
        self.spare.give(bytes);
        pixels
    }

    fn recycle(&self, pixels: Pixels) {
        // Other pictures are made in memory of their own.
        let plain = self.format.layout == Layout::Grey8(None) && !self.format.bottom_up;
        if let (true, Pixels::U8(counts)) = (plain, pixels) {
            self.spare.give(counts.into_raw_vec_and_offset().0);
        }
    }
}

fn open(path: &Path) -> Result<Opened, SourceError> {
    match read(path)? {
        Ok(film) => Ok(Opened::Film(Box::new(film))),
        Err(Refusal::NotOurs(why)) => Ok(Opened::NotOurs(why)),
        Err(Refusal::Broken(why)) => Err(unsupported(path, why)),
    }
}

type Outcome = Result<Stored<AviPictures>, Refusal>;

fn read(path: &Path) -> Result<Outcome, SourceError> {
    let file = FileBytes::open(path)?;
    let avi = match riff::skeleton(&file) {
        Ok(avi) => avi,
        Err(why) => return Ok(Err(Refusal::Broken(why))),
    };
    let Some(number) = avi.streams.iter().position(|s| &s.kind == b"vids") else {
        return Ok(Err(Refusal::Broken("it has no video stream".into())));
    };
    let stream = &avi.streams[number];
    let format = match Format::of(stream) {
        Ok(format) => format,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let declared = stream.length.max(avi.frames);
    let table = index::table(&file, &avi, number, declared);
    let (timeline, chunks) = places(&table.chunks);
    let notes = Notes {
        cut: cut(&avi, &table, declared),
        ..Notes::default()
    };
    if chunks.is_empty() {
        return Ok(Err(Refusal::Broken(if declared > 0 {
            format!("its header declares {declared} frames, but not one whole frame is there")
        } else {
            "it holds no frames".into()
        })));
    }
    let mut pictures = AviPictures {
        file,
        format,
        chunks,
        spare: Spare::default(),
    };
    let colour = match look(&mut pictures) {
        Ok(colour) => colour,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let info = info(&avi, stream, &pictures.format, colour);
    Stored::new(path, pictures, info, timeline, notes).map(Ok)
}

/// Chunks of length zero leave holes in the numbers.
fn places(all: &[Chunk]) -> (Timeline, Vec<Chunk>) {
    let whole = || (0u32..).zip(all).filter(|(_, c)| c.len > 0);
    let mut timeline = Timeline::even(0);
    timeline.places = whole().map(|(n, _)| FrameIndex(n)).collect();
    timeline.missing = (all.len() - timeline.places.len()) as u64;
    (timeline, whole().map(|(_, c)| *c).collect())
}

fn cut(avi: &Skeleton, table: &index::Table, declared: u32) -> Option<String> {
    let found = table.chunks.len();
    if found < declared as usize {
        return Some(format!("{declared} frames are declared, {found} are there"));
    }
    let broken = || table.broken.then(|| "its last frame is not whole".into());
    // Frames that are all there are all there, whatever the lengths in the headers say.
    if declared > 0 {
        broken()
    } else {
        avi.cut.clone().or_else(broken)
    }
}

/// Looks at some frames: settles what the header leaves open, and finds out whether there is colour.
fn look(pictures: &mut AviPictures) -> Result<bool, Refusal> {
    let frames: Vec<Vec<u8>> = evenly(pictures.chunks.len(), LOOKED_AT)
        .into_iter()
        .filter_map(|n| pictures.bytes(n).ok())
        .collect();
    match pictures.format.layout {
        Layout::Unclear16 => pictures.format.layout = picture::settle_16_bits(&frames)?,
        Layout::Jpeg => {
            // The size in the JPEG counts; the one in the AVI header may be rounded up.
            let heads = frames.iter().filter_map(|f| jpeg::head(f).ok());
            if let Some(head) = heads.into_iter().next() {
                let declared = pictures.format.height_px;
                if head.height_px < declared
                    && head.height_px * 2 >= declared
                    && two_fields(&frames)
                {
                    return Err(Refusal::NotOurs(
                        "its Motion JPEG frames are made of two fields each, which needs FFmpeg"
                            .into(),
                    ));
                }
                pictures.format.width_px = head.width_px;
                pictures.format.height_px = head.height_px;
            }
        }
        _ => {}
    }
    some_frame_decodes(pictures)?;
    Ok(frames.iter().any(|f| pictures.format.is_colour(f)))
}

/// A film of which no frame can be decoded is refused here rather than after a long run without result.
fn some_frame_decodes(pictures: &AviPictures) -> Result<(), Refusal> {
    let mut why = String::new();
    for n in evenly(pictures.chunks.len(), 16) {
        match pictures.picture(n) {
            Ok(_) => return Ok(()),
            Err(reason) => why = reason,
        }
    }
    Err(Refusal::Broken(format!(
        "none of its frames can be decoded: {why}"
    )))
}

/// A second JPEG follows the first in the same frame.
fn two_fields(frames: &[Vec<u8>]) -> bool {
    frames.iter().any(|f| {
        let second = f
            .windows(4)
            .skip(2)
            .position(|w| w == [0xff, 0xd9, 0xff, 0xd8]);
        second.is_some()
    })
}

fn info(avi: &Skeleton, stream: &Stream, format: &Format, colour: bool) -> VideoInfo {
    let mut says = avi.says.clone();
    let ratio = f64::from(stream.scale) / f64::from(stream.rate);
    let by_header = f64::from(avi.frame_us) / 1e6;
    let frame_interval_s = [ratio, by_header]
        .into_iter()
        .find(|s| s.is_finite() && (1e-7..=1e5).contains(s));
    if frame_interval_s == Some(ratio) {
        says.insert(
            "frame rate".into(),
            format!("{}/{} per second", stream.rate, stream.scale),
        );
    }
    let videos = avi.streams.iter().filter(|s| &s.kind == b"vids").count();
    if videos > 1 {
        says.insert(
            "video streams".into(),
            format!("{videos}, the first was taken"),
        );
    }
    if matches!(format.layout, Layout::Grey8(Some(_))) {
        says.insert("palette".into(), "applied".into());
    }
    let bit_depth = format.bit_depth();
    VideoInfo {
        container: "avi".into(),
        codec: if format.layout == Layout::Jpeg {
            "mjpeg"
        } else {
            "rawvideo"
        }
        .into(),
        width_px: format.width_px,
        height_px: format.height_px,
        bit_depth,
        ceiling_counts: if bit_depth == 16 { u16::MAX } else { 255 },
        frame_interval_s,
        lossy: format.layout == Layout::Jpeg,
        colour,
        says,
        ..VideoInfo::default()
    }
}
