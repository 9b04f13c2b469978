//! Films through the FFmpeg libraries of the system (feature `ffmpeg`): H.264, HEVC, WMV, FFV1, MKV, MOV and the
//! rest.
//!
//! - Luma as the decoder gives it: no scaling, no stretching of limited range (`ffmpeg_common`).
//! - Time from the stamps of the container (`ffmpeg_common`); a dropped frame leaves a hole.
//! - FFmpeg hides damage: it paints over what it cannot decode. Pictures that it marks as concealed or corrupt are
//!   left out and counted. FFV1 has check sums whose failure is only written to the log; there a logged error is
//!   damage, and since FFV1 carries the state of its coder from picture to picture, so is all that follows up to the
//!   next key frame. For other codecs log lines are counted and no more, because some cameras' files cause them for
//!   harmless reasons.
//! - Codecs with a memory are decoded in order, so packets come as [`PacketData::Ready`]. H.264 and its kin get up
//!   to four threads, which only delays the output.
//! - Going back opens the file again: seeking is inexact in several containers, and a decoder that starts from
//!   scratch gives the same first frame for certain.

mod raw;
mod reading;

use crate::ffmpeg_common::check_file;
use crate::ffmpeg_common::clock::Interval;
use crate::ffmpeg_common::ending::source_end;
use nta_core::{
    FrameError, FrameSource, Packet, PacketData, Pixels, SourceEnd, SourceError, VideoInfo,
};
use reading::{Reading, look_at_stamps};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Opens a film with the system's FFmpeg libraries.
pub fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    raw::count_log_lines();
    check_file(path)?;
    let interval = look_at_stamps(path)?;
    let mut reading = Reading::start(path, interval)?;
    let (pending, info) = reading.first(path, interval)?;
    Ok(Box::new(FfmpegSource {
        path: path.to_owned(),
        info,
        interval,
        state: Mutex::new(State {
            reading,
            pending: Some(pending),
        }),
    }))
}

struct FfmpegSource {
    path: PathBuf,
    info: VideoInfo,
    interval: Option<Interval>,
    // The decoder may be moved between threads but not shared; the lock makes the source `Sync`.
    state: Mutex<State>,
}

struct State {
    reading: Reading,
    /// The first frame, which was decoded to learn what the film is.
    pending: Option<Packet>,
}

impl FrameSource for FfmpegSource {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.pending.is_some() {
            return Ok(());
        }
        let mut reading = Reading::start(&self.path, self.interval)?;
        let (pending, _) = reading.first(&self.path, self.interval)?;
        *state = State {
            reading,
            pending: Some(pending),
        };
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(packet) = state.pending.take() {
            return Ok(Some(packet));
        }
        Ok(state.reading.next(&self.info))
    }

    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        match packet.data {
            PacketData::Ready(pixels) => Ok(pixels),
            _ => Err(FrameError {
                index: packet.index.0,
                reason: "the packet belongs to another source".into(),
            }),
        }
    }

    fn end(&self) -> SourceEnd {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = &state.reading;
        source_end(
            &self.info,
            &reading.clock,
            &reading.seen,
            reading.declared,
            self.interval.is_some_and(|i| i.varies),
        )
    }
}
