//! What must be known of a film before its first frame is written.

use super::RecordError;
use nta_core::FrameSource;

/// Size, depth, clock and holes of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct FilmFacts {
    /// Width, px.
    pub width_px: usize,
    /// Height, px.
    pub height_px: usize,
    /// Bits per pixel that carry information.
    pub bit_depth: u8,
    /// Time between frames, s.
    pub frame_interval_s: f64,
    /// Side of a pixel in the sample, um.
    pub pixel_size_um: Option<f64>,
    /// Places in time that hold a frame, in order.
    pub delivered: Vec<u32>,
    /// Places in time, with and without a frame.
    pub places: u32,
}

impl FilmFacts {
    /// Goes through the packets of the film without decoding any, and rewinds it.
    pub fn of(film: &mut dyn FrameSource) -> Result<Self, RecordError> {
        film.rewind()?;
        let mut delivered = Vec::new();
        while let Some(packet) = film.next_packet()? {
            delivered.push(packet.index.0);
        }
        film.rewind()?;
        let info = film.info();
        let last = delivered.last().ok_or(RecordError::NoFrames)?;
        let declared = info.frames.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        Ok(Self {
            width_px: info.width_px,
            height_px: info.height_px,
            bit_depth: info.bit_depth,
            frame_interval_s: info.frame_interval_s.ok_or(RecordError::NoInterval)?,
            pixel_size_um: info.pixel_size_um.as_ref().map(|(um, _)| *um),
            places: declared.max(last.saturating_add(1)),
            delivered,
        })
    }

    /// Bytes of one sample: 1 for 8 bits, else 2.
    pub(super) fn sample_bytes(&self) -> usize {
        if self.bit_depth <= 8 { 1 } else { 2 }
    }

    /// Bytes of a picture whose rows follow each other without padding.
    pub(super) fn picture_bytes(&self) -> usize {
        self.width_px * self.height_px * self.sample_bytes()
    }

    /// Places in time without a frame.
    pub fn dropped(&self) -> u32 {
        self.places - self.delivered.len() as u32
    }

    /// What of the holes a list of times of the delivered frames cannot tell, if anything.
    ///
    /// A reader of times numbers the frames from the first one, ends with the last one, and takes the commonest step
    /// (the median) for one interval.
    pub(super) fn untold_by_times(&self) -> Option<String> {
        let (first, last) = (*self.delivered.first()?, *self.delivered.last()?);
        if first > 0 {
            return Some("the first frame of the film is dropped".into());
        }
        if last + 1 < self.places {
            return Some("the last frame of the film is dropped".into());
        }
        let mut steps: Vec<u32> = self.delivered.windows(2).map(|w| w[1] - w[0]).collect();
        steps.sort_unstable();
        (steps.get(steps.len() / 2).is_some_and(|step| *step > 1))
            .then(|| "so many frames are dropped that the time between two of them is lost".into())
    }
}
