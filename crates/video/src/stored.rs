//! A film whose frames all lie at known places: what the native readers have in common.

use crate::findings;
use crate::timeline::{Timeline, UNEVEN};
use crate::unsupported;
use nta_core::{
    Finding, FrameError, FrameSource, Packet, PacketData, Pixels, SourceEnd, SourceError, Tally,
    VideoInfo,
};
use std::path::Path;

/// The pictures of a film, numbered as they are stored.
pub(crate) trait Pictures: Send + Sync {
    /// Reads and decodes picture `n`.
    fn picture(&self, n: usize) -> Result<Pixels, String>;

    /// Takes back the memory of a picture.
    fn recycle(&self, pixels: Pixels) {
        drop(pixels);
    }
}

/// What a reader knows about its file besides the pictures.
#[derive(Default)]
pub(crate) struct Notes {
    /// How it was seen that the file ends too early.
    pub(crate) cut: Option<String>,
    /// Pictures that are in the file but not of this film.
    pub(crate) tally: Tally,
    /// Further findings.
    pub(crate) findings: Vec<Finding>,
}

/// A film with random access.
pub(crate) struct Stored<P> {
    pictures: P,
    info: VideoInfo,
    timeline: Timeline,
    notes: Notes,
    next: usize,
}

impl<P: Pictures> Stored<P> {
    /// Puts a film together; `info.frames` is set here.
    pub(crate) fn new(
        path: &Path,
        pictures: P,
        mut info: VideoInfo,
        timeline: Timeline,
        notes: Notes,
    ) -> Result<Self, SourceError> {
        if timeline.places.is_empty() {
            return Err(unsupported(path, "it holds no frames"));
        }
        if timeline.len() > u64::from(u32::MAX) {
            return Err(unsupported(
                path,
                format!(
                    "it has {} frames; at most {} are allowed",
                    timeline.len(),
                    u32::MAX
                ),
            ));
        }
        info.frames = Some(timeline.len());
        Ok(Self {
            pictures,
            info,
            timeline,
            notes,
            next: 0,
        })
    }
}

impl<P: Pictures> FrameSource for Stored<P> {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        let packet = self.packet_at(self.next).transpose()?;
        self.next += usize::from(packet.is_some());
        Ok(packet)
    }

    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        let index = packet.index;
        let pixels = match packet.data {
            PacketData::Ready(pixels) => Ok(pixels),
            PacketData::Place(n) => self.pictures.picture(n as usize),
        };
        let expected = (self.info.height_px, self.info.width_px);
        let checked = pixels.and_then(|pixels| {
            if pixels.dim() == expected {
                return Ok(pixels);
            }
            Err(format!(
                "it is {} x {} px, the film is {} x {} px",
                pixels.width_px(),
                pixels.height_px(),
                expected.1,
                expected.0
            ))
        });
        checked.map_err(|reason| FrameError {
            index: index.0,
            reason,
        })
    }

    fn recycle(&self, pixels: Pixels) {
        self.pictures.recycle(pixels);
    }

    fn end(&self) -> SourceEnd {
        let mut findings = Vec::new();
        if let Some(what) = &self.notes.cut {
            let frames = self.timeline.places.len() as u64;
            findings.push(findings::truncated(what, frames));
        }
        if self.timeline.missing > 0 {
            findings.push(findings::missing(
                self.timeline.missing,
                self.timeline.len(),
            ));
        }
        if self.info.lossy {
            findings.push(findings::lossy(&self.info.codec));
        }
        if self.info.colour {
            findings.push(findings::colour());
        }
        if self.timeline.jitter > UNEVEN {
            findings.push(findings::uneven(self.timeline.jitter, UNEVEN));
        }
        findings.extend(self.notes.findings.iter().cloned());
        SourceEnd {
            frames_missing: self.timeline.missing,
            frames_damaged: 0,
            complete: self.notes.cut.is_none(),
            tally: self.notes.tally.clone(),
            findings,
        }
    }

    fn packets(&self) -> Option<usize> {
        Some(self.timeline.places.len())
    }

    fn packet_at(&self, n: usize) -> Option<Result<Packet, SourceError>> {
        let index = *self.timeline.places.get(n)?;
        let times = self.timeline.times_s.as_ref();
        let time_s = times.and_then(|t| t.get(n)).copied();
        let data = PacketData::Place(n as u64);
        Some(Ok(Packet {
            index,
            time_s,
            data,
        }))
    }
}
