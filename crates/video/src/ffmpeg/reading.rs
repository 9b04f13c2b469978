//! One pass through a film with the FFmpeg libraries.

use super::raw::{self, Planes};
use crate::ffmpeg_common::clock::{FilmClock, Interval, choose_interval};
use crate::ffmpeg_common::ending::{Declared, Seen};
use crate::ffmpeg_common::layout::{Layout, Range};
use crate::ffmpeg_common::{
    STAMPS_LOOKED_AT, check_size, describe, has_no_clock, is_text_art, unknown_layout, unreadable,
    unsupported, why_not_opened,
};
use ffmpeg_next::codec::{self, decoder, threading};
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::Disposition;
use ffmpeg_next::{Error, Packet as CodedPacket, frame, media};
use nta_core::{FrameIndex, Packet, PacketData, SourceError, VideoInfo};
use std::path::Path;

/// Failures in a row after which a file is given up.
const MAX_FAILURES_IN_A_ROW: u32 = 200;

/// The first video stream that is not a cover picture.
fn film_stream(input: &Input) -> Option<usize> {
    input
        .streams()
        .find(|s| {
            s.parameters().medium() == media::Type::Video
                && !s.disposition().contains(Disposition::ATTACHED_PIC)
        })
        .map(|s| s.index())
}

fn open_input(path: &Path) -> Result<(Input, usize), SourceError> {
    let input = raw::open_input(path).map_err(|e| why_not_opened(path, &raw::words(e)))?;
    let stream = film_stream(&input)
        .ok_or_else(|| unsupported(path, "there is no video in it (only sound or other data)"))?;
    Ok((input, stream))
}

/// Reads the time stamps of the first packets, without decoding, and finds the frame interval from them.
pub(super) fn look_at_stamps(path: &Path) -> Result<Option<Interval>, SourceError> {
    let (mut input, stream) = open_input(path)?;
    if has_no_clock(input.format().name()) {
        return Ok(None);
    }
    let Some((tick_s, fps)) = input.stream(stream).map(|s| {
        let fps = [s.rate(), s.avg_frame_rate()].map(f64::from);
        (f64::from(s.time_base()), fps)
    }) else {
        return Ok(None);
    };
    let mut stamps = Vec::with_capacity(STAMPS_LOOKED_AT);
    let mut packet = CodedPacket::empty();
    let mut failures = 0;
    while stamps.len() < STAMPS_LOOKED_AT && failures < MAX_FAILURES_IN_A_ROW {
        match packet.read(&mut input) {
            Ok(()) => {
                failures = 0;
                if packet.stream() == stream && packet.size() > 0 {
                    stamps.extend(packet.pts().or(packet.dts()));
                }
            }
            Err(Error::InvalidData) => failures += 1,
            Err(_) => break,
        }
    }
    Ok(choose_interval(&stamps, tick_s, &fps))
}

/// One pass through the film.
pub(super) struct Reading {
    input: Input,
    decoder: decoder::Video,
    stream: usize,
    frame: frame::Video,
    pub(super) clock: FilmClock,
    pub(super) seen: Seen,
    pub(super) declared: Declared,
    /// Errors in the log are damage (codecs with check sums).
    log_is_damage: bool,
    /// A check sum has failed since the last key frame.
    spoiled: bool,
    draining: bool,
}

impl Reading {
    pub(super) fn start(path: &Path, interval: Option<Interval>) -> Result<Reading, SourceError> {
        let (input, index) = open_input(path)?;
        let Some(stream) = input.stream(index) else {
            return Err(unsupported(path, "there is no video in it"));
        };
        let tick_s = f64::from(stream.time_base());
        let declared = declared(&input, &stream);
        let codec = stream.parameters().id();
        if is_text_art(codec.name()) {
            return Err(unsupported(path, "it is a text file"));
        }
        let cannot = |e: Error| {
            unsupported(
                path,
                format!(
                    "FFmpeg cannot decode its codec '{}' ({})",
                    codec.name(),
                    raw::words(e)
                ),
            )
        };
        let mut context = codec::Context::from_parameters(stream.parameters()).map_err(cannot)?;
        context.set_threading(threads(codec));
        let decoder = context.decoder().video().map_err(cannot)?;
        Ok(Reading {
            decoder,
            stream: index,
            frame: frame::Video::empty(),
            clock: FilmClock::new(tick_s, interval.map(|i| i.interval_s)),
            seen: Seen::default(),
            declared,
            log_is_damage: codec == codec::Id::FFV1,
            spoiled: false,
            draining: false,
            input,
        })
    }

    /// The first good frame, and from it what the film is.
    pub(super) fn first(
        &mut self,
        path: &Path,
        interval: Option<Interval>,
    ) -> Result<(Packet, VideoInfo), SourceError> {
        loop {
            let Some(step) = self.step() else {
                let reason = format!(
                    "no picture could be decoded ({} packets, {} damaged)",
                    self.seen.packets,
                    self.seen.damaged + self.seen.refused
                );
                return Err(unsupported(path, reason));
            };
            if let Some((index, time_s)) = step {
                let (width_px, height_px) =
                    (self.frame.width() as usize, self.frame.height() as usize);
                check_size(path, width_px, height_px)?;
                let format = raw::format_name(&self.frame).unwrap_or("unknown");
                let layout = Layout::of(format).ok_or_else(|| unknown_layout(path, format))?;
                let luma = layout
                    .luma(&Planes(&self.frame), width_px, height_px, true)
                    .ok_or_else(|| unreadable(path, "the first picture is incomplete"))?;
                let mut info = VideoInfo {
                    container: self.input.format().name().to_owned(),
                    codec: self.decoder.id().name().to_owned(),
                    width_px,
                    height_px,
                    frame_interval_s: interval.map(|i| i.interval_s),
                    frames: self.declared.places(interval.map(|i| i.interval_s)),
                    colour: luma.colour,
                    ..VideoInfo::default()
                };
                describe(&mut info, layout, format, stated_range(&self.frame));
                if self.frame.is_interlaced() {
                    info.says.insert("interlaced".into(), "yes".into());
                }
                for key in ["encoder", "comment", "title", "creation_time"] {
                    if let Some(value) = self.input.metadata().get(key) {
                        info.says.insert(key.into(), value.into());
                    }
                }
                let packet = Packet {
                    index,
                    time_s,
                    data: PacketData::Ready(luma.pixels),
                };
                return Ok((packet, info));
            }
        }
    }

    /// The next good frame; `None` at the end.
    pub(super) fn next(&mut self, info: &VideoInfo) -> Option<Packet> {
        loop {
            let Some((index, time_s)) = self.step()? else {
                continue;
            };
            let same = self.frame.width() as usize == info.width_px
                && self.frame.height() as usize == info.height_px;
            let luma = raw::format_name(&self.frame)
                .filter(|name| same && info.says.get("pixel format").is_some_and(|f| f == name))
                .and_then(Layout::of)
                .and_then(|l| l.luma(&Planes(&self.frame), info.width_px, info.height_px, false));
            match luma {
                Some(luma) => {
                    return Some(Packet {
                        index,
                        time_s,
                        data: PacketData::Ready(luma.pixels),
                    });
                }
                None => self.seen.changed += 1,
            }
        }
    }

    /// Decodes one more picture into `self.frame` and gives it its place. `Some(None)`: it was damaged. `None`: the
    /// end.
    fn step(&mut self) -> Option<Option<(FrameIndex, Option<f64>)>> {
        if self.seen.finished {
            return None;
        }
        let logged_before = raw::errors_logged();
        let got = self.receive();
        let logged = raw::errors_logged().wrapping_sub(logged_before);
        self.seen.messages += logged;
        if !got {
            self.seen.finished = true;
            return None;
        }
        let Some((index, time_s)) = self.clock.place(self.frame.timestamp()) else {
            self.seen.finished = true;
            self.seen.broken = Some("it has more than 4294967295 frames".into());
            return None;
        };
        if self.log_is_damage && (logged > 0 || self.frame.is_key()) {
            self.spoiled = logged > 0;
        }
        let damaged = self.frame.has_decode_errors() || self.frame.is_corrupt() || self.spoiled;
        self.seen.damaged_at_end = damaged;
        if damaged {
            self.seen.damaged += 1;
            return Some(None);
        }
        Some(Some((FrameIndex(index), time_s)))
    }

    /// Feeds packets until the decoder gives a picture; false at the end.
    fn receive(&mut self) -> bool {
        let mut failures = 0;
        while failures < MAX_FAILURES_IN_A_ROW {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => return true,
                Err(Error::Eof) => return false,
                Err(Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => {
                    if self.draining {
                        return false;
                    }
                    self.feed();
                }
                // With several threads the decoder refuses a packet only now.
                Err(_) => {
                    self.seen.refused += 1;
                    failures += 1;
                }
            }
        }
        self.seen.broken = Some(format!("the decoder failed {failures} times in a row"));
        false
    }

    /// Gives the decoder one more packet, or tells it that there are no more.
    fn feed(&mut self) {
        let mut packet = CodedPacket::empty();
        let mut failures = 0;
        loop {
            let logged = raw::errors_logged();
            match packet.read(&mut self.input) {
                // A packet without bytes is a frame that the recorder dropped; to the decoder it would mean the end.
                Ok(()) if packet.stream() != self.stream || packet.size() == 0 => {}
                Ok(()) => {
                    self.seen.packets += 1;
                    match self.decoder.send_packet(&packet) {
                        Ok(()) => return,
                        Err(_) => {
                            self.seen.refused += 1;
                            self.seen.damaged_at_end = true;
                        }
                    }
                }
                Err(Error::InvalidData) if failures < MAX_FAILURES_IN_A_ROW => failures += 1,
                Err(e) => {
                    if e != Error::Eof {
                        self.seen.broken = Some(raw::words(e));
                    } else if raw::errors_logged() != logged {
                        // Matroska's reader gives a cut packet up and says so in the log alone.
                        self.seen.broken = Some("its last part is cut off or damaged".into());
                    }
                    // The last pictures come out now; an error here is that of an earlier packet.
                    self.draining = true;
                    if self.decoder.send_eof().is_err() {
                        self.seen.refused += 1;
                    }
                    return;
                }
            }
        }
    }
}

/// Threads for one decoder: several only for codecs that are slow and made for it.
fn threads(codec: codec::Id) -> threading::Config {
    let parallel = matches!(
        codec,
        codec::Id::H264 | codec::Id::HEVC | codec::Id::VP9 | codec::Id::VP8 | codec::Id::AV1
    );
    let count = if parallel {
        std::thread::available_parallelism().map_or(1, |n| n.get().min(4))
    } else {
        1
    };
    // Not a struct literal: one of its fields exists only with FFmpeg before 6.
    let mut config = threading::Config::kind(if parallel {
        threading::Type::Frame
    } else {
        threading::Type::None
    });
    config.count = count;
    config
}

fn declared(input: &Input, stream: &ffmpeg_next::Stream) -> Declared {
    let own = stream.duration() as f64 * f64::from(stream.time_base());
    // The container's duration may be that of a sound track.
    let whole = if input.nb_streams() == 1 {
        input.duration() as f64 / f64::from(ffmpeg_next::ffi::AV_TIME_BASE)
    } else {
        0.0
    };
    Declared {
        frames: u64::try_from(stream.frames()).ok().filter(|n| *n > 0),
        duration_s: [own, whole].into_iter().find(|d| d.is_finite() && *d > 0.0),
    }
}

fn stated_range(frame: &frame::Video) -> Option<Range> {
    use ffmpeg_next::color::Range as R;
    match frame.color_range() {
        R::MPEG => Some(Range::Limited),
        R::JPEG => Some(Range::Full),
        R::Unspecified => None,
    }
}
