//! Where frames come from. Readers live in `nta-video`, the simulated camera in `nta-sim`.

use crate::model::{FrameIndex, Pixels};
use crate::side_by_side::each;
use crate::{Finding, Tally};
use std::collections::BTreeMap;

/// What a file says of itself. `None` means that it does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoInfo {
    /// Kind of file: `avi`, `tiff`, `png folder`, `mp4`, ...
    pub container: String,
    /// How the pictures are stored: `rawvideo`, `mjpeg`, `h264`, `lzw`, ...
    pub codec: String,
    /// Width, px.
    pub width_px: usize,
    /// Height, px.
    pub height_px: usize,
    /// Bits per pixel that carry information.
    pub bit_depth: u8,
    /// Largest count that a pixel can have: 255, 4095, 65535; 235 for limited-range luma.
    pub ceiling_counts: u16,
    /// Number of places in time, as declared; a hint, the truth comes from reading.
    pub frames: Option<u64>,
    /// Time between frames, s, if the file carries one that may be believed or at least used as a default.
    pub frame_interval_s: Option<f64>,
    /// Side of a pixel in the sample, um, with the place where it was found in words ("OME-XML", "ImageJ", ...).
    pub pixel_size_um: Option<(f64, String)>,
    /// Exposure, s, with the place where it was found.
    pub exposure_s: Option<(f64, String)>,
    /// The codec throws information away (JPEG, H.264, ...).
    pub lossy: bool,
    /// Pictures are coded relative to their neighbours (H.264, ...), so that frames may be correlated.
    pub interframe: bool,
    /// The file is in colour and the luma was taken.
    pub colour: bool,
    /// Anything else the file says, for people (`camera`, `objective`, ...), sorted by key.
    pub says: BTreeMap<String, String>,
}

/// One frame as it lies in the file, not yet decoded. Decoding is separate so that it can run on any thread.
#[derive(Debug)]
pub struct Packet {
    /// Place in time.
    pub index: FrameIndex,
    /// The file's own time since its first frame, s, where it has one.
    pub time_s: Option<f64>,
    /// What is to be decoded.
    pub data: PacketData,
}

/// Content of a [`Packet`].
#[derive(Debug)]
pub enum PacketData {
    /// Already pixels.
    Ready(Pixels),
    /// A place in the file that [`FrameSource::decode`] of the same source reads and decodes.
    Place(u64),
}

/// What can go wrong with a whole source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, in plain words.
        reason: String,
    },
    /// The file is not what a reader can use.
    #[error("{path} is not a video that nta can read: {reason}")]
    Unsupported {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
}

/// One frame that cannot be decoded. The film goes on without it.
#[derive(Debug, thiserror::Error)]
#[error("frame {index} cannot be decoded: {reason}")]
pub struct FrameError {
    /// Place in time.
    pub index: u32,
    /// Why.
    pub reason: String,
}

/// What a source knows once it has been read to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceEnd {
    /// Places in time that have no frame (dropped by the camera or the recorder).
    pub frames_missing: u64,
    /// Frames that the decoder itself marked as damaged and that were left out.
    pub frames_damaged: u64,
    /// False if the file ends before it should.
    pub complete: bool,
    /// Whatever else was dropped, by reason.
    pub tally: Tally,
    /// What a person should know about the file.
    pub findings: Vec<Finding>,
}

/// A film. Packets come in the order of time; decoding has no memory, except that a source whose codec needs
/// memory hands out [`PacketData::Ready`].
pub trait FrameSource: Send + Sync {
    /// What the file says of itself.
    fn info(&self) -> &VideoInfo;

    /// Goes back to the first frame.
    fn rewind(&mut self) -> Result<(), SourceError>;

    /// The next packet; `None` at the end. A file that ends too early gives `None` and says so in [`Self::end`].
    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError>;

    /// Turns a packet of this source into pixels; may be called from any thread, in any order. Takes the packet, so
    /// that one that is ready gives its pixels without a copy.
    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError>;

    /// Takes back the pixels of a frame that are no longer needed, so that their memory can hold another one. A source may
    /// simply let go of them.
    fn recycle(&self, pixels: Pixels) {
        drop(pixels);
    }

    /// What is known after `next_packet` has returned `None`.
    fn end(&self) -> SourceEnd;

    /// How many packets [`Self::packet_at`] gives in any order; `None` if they can only be read one after the other.
    fn packets(&self) -> Option<usize> {
        None
    }

    /// The packet that is so many behind the first; from any thread. `None` if there is none, or no such access.
    fn packet_at(&self, _n: usize) -> Option<Result<Packet, SourceError>> {
        None
    }

    /// Up to `count` frames evenly spaced over the film, in the order of time; leaves the source rewound. Readers
    /// with random access read only those; otherwise one pass keeps every k-th packet and doubles k when there are
    /// too many, so that nothing needs to be known in advance. Frames that cannot be decoded are left out.
    fn spaced(&mut self, count: usize) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
        match self.packets() {
            Some(n) => {
                self.rewind()?;
                spaced_by_place(self, &evenly(n, count))
            }
            None => spaced_by_reading(self, count, None),
        }
    }
}

/// `count` positions evenly spaced over `len`, rising, without repetition; all of them if there are fewer.
pub fn evenly(len: usize, count: usize) -> Vec<usize> {
    let count = count.max(1).min(len);
    (0..count)
        .map(|i| (i as u128 * len as u128 / count as u128) as usize)
        .collect()
}

/// The frames at these places, read and decoded on all threads: each thread holds one packet at a time.
fn spaced_by_place<S: FrameSource + ?Sized>(
    source: &S,
    places: &[usize],
) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
    let read = each(places.to_vec(), |n| {
        let packet = source.packet_at(n).transpose()?;
        Ok(packet.and_then(|packet| decoded(source, packet)))
    });
    // The first that cannot be read decides what is said.
    read.into_iter().filter_map(Result::transpose).collect()
}

/// The pixels of a packet with its place in time, if they can be decoded.
pub(crate) fn decoded<S: FrameSource + ?Sized>(
    source: &S,
    packet: Packet,
) -> Option<(FrameIndex, Pixels)> {
    let index = packet.index;
    source.decode(packet).ok().map(|pixels| (index, pixels))
}

/// Up to `count` frames evenly spaced over the film, or over the frames from the first to the last (inclusive) of
/// `range`, in one pass; leaves the source rewound. Frames that cannot be decoded are left out.
pub(crate) fn spaced_by_reading<S: FrameSource + ?Sized>(
    source: &mut S,
    count: usize,
    range: Option<(u32, u32)>,
) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
    source.rewind()?;
    let count = count.max(1);
    let (first, last) = range.unwrap_or((0, u32::MAX));
    // What the file declares is a hint that only saves memory.
    let mut stride = match source.info().frames {
        Some(n) => {
            let end = n.min(u64::from(last).saturating_add(1));
            (end.saturating_sub(u64::from(first)) as usize / count).max(1)
        }
        None => 1,
    };
    let mut kept: Vec<(usize, Packet)> = Vec::new();
    let mut position = 0usize;
    while let Some(packet) = source.next_packet()? {
        if packet.index.0 > last {
            break;
        }
        if packet.index.0 < first {
            continue;
        }
        if position.is_multiple_of(stride) {
            kept.push((position, packet));
        }
        if kept.len() > 2 * count {
            stride *= 2;
            kept.retain(|(p, _)| p.is_multiple_of(stride));
        }
        position += 1;
    }
    source.rewind()?;
    let len = kept.len();
    // Thins `len` down to `count`, evenly.
    let taken = kept
        .into_iter()
        .enumerate()
        .filter(|(i, _)| len <= count || (i * count / len) != ((i + 1) * count / len));
    let packets: Vec<Packet> = taken.map(|(_, (_, packet))| packet).collect();
    let source = &*source;
    let out = each(packets, |packet| decoded(source, packet));
    Ok(out.into_iter().flatten().collect())
}
