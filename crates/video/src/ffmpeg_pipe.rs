//! Films through the program `ffmpeg`, where the libraries are not linked: nothing is needed to build this.
//!
//! Three runs. `ffmpeg -i` says what the file is; a second run copies the first packets without decoding, as a list
//! of time stamps, from which the frame interval is found; the third decodes. Its pictures come through a pipe as
//! they are in memory, without any conversion, so that the counts are those of the linked reader. The filter
//! `showinfo` announces each picture on the error stream before its bytes come: from there its time stamp is taken,
//! and gaps are found exactly as in the linked reader.
//!
//! FFmpeg before 7 announces a damaged picture right before the picture itself, so that it can be left out. Later
//! versions decode and filter at the same time: damage is counted, but the pictures cannot be told apart and stay.
//!
//! Needs FFmpeg 4.3 or later. The child is killed when the source is dropped or goes back to the start.

mod child;
mod words;

use crate::ffmpeg_common::clock::{FilmClock, Interval, choose_interval};
use crate::ffmpeg_common::ending::{Declared, Seen, source_end};
use crate::ffmpeg_common::layout::Layout;
use crate::ffmpeg_common::pixels::Packed;
use crate::ffmpeg_common::{
    STAMPS_LOOKED_AT, check_file, check_size, describe, has_no_clock, is_text_art, unknown_layout,
    unreadable, unsupported, why_not_opened,
};
use child::{Announced, Child, Program};
use nta_core::{
    FrameError, FrameIndex, FrameSource, Packet, PacketData, Pixels, SourceEnd, SourceError,
    VideoInfo,
};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use words::Film;

/// The program `ffmpeg`: the one that `NTA_FFMPEG` names, else the first on the `PATH`; `None` if there is none.
pub fn program() -> Option<PathBuf> {
    child::find()
}

/// Opens a film with the program `ffmpeg`: the one that `NTA_FFMPEG` names, else the first on the `PATH`.
pub fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    open_with(child::find().as_deref(), path)
}

/// Opens a film with the given program.
fn open_with(program: Option<&Path>, path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    check_file(path)?;
    let program = program.ok_or_else(|| {
        unsupported(
            path,
            "its format needs FFmpeg, and no program 'ffmpeg' was found; install FFmpeg (or name it in NTA_FFMPEG), \
             or convert the film to uncompressed AVI, a TIFF stack or a folder of PNG files",
        )
    })?;
    let mut program = Program::new(program, path);
    let said = program.probe().map_err(|e| unreadable(path, e))?;
    let probe = words::probe(&said);
    let film = match probe.film {
        Some(film) => film,
        None if probe.streams > 0 => {
            return Err(unsupported(
                path,
                "there is no video in it (only sound or other data)",
            ));
        }
        None => return Err(why_not_opened(path, last_words(&said))),
    };
    if is_text_art(&film.codec) {
        return Err(unsupported(path, "it is a text file"));
    }
    program.version = probe.version;
    // With frame threads the messages about failed check sums come before their time.
    program.slice_threads = film.codec == "ffv1";
    let interval = if has_no_clock(&probe.container) {
        None
    } else {
        let listed = program
            .first_stamps(STAMPS_LOOKED_AT)
            .map_err(|e| unreadable(path, e))?;
        let (stamps, tick_s) = words::stamps(&listed);
        choose_interval(&stamps, tick_s.unwrap_or(1.0), &film.fps)
    };
    let declared = Declared {
        frames: declared_in_avi(path),
        // The container's duration may be that of a sound track.
        duration_s: probe.duration_s.filter(|_| probe.streams == 1),
    };
    let mut source = PipeSource {
        info: VideoInfo {
            container: probe.container,
            codec: film.codec.clone(),
            frame_interval_s: interval.map(|i| i.interval_s),
            frames: declared.places(interval.map(|i| i.interval_s)),
            ..VideoInfo::default()
        },
        path: path.to_owned(),
        interval,
        declared,
        film,
        state: Mutex::new(State::start(&program, interval).map_err(|e| unreadable(path, e))?),
        program,
    };
    source.learn()?;
    Ok(Box::new(source))
}

/// Number of frames in the head of an AVI file. `ffmpeg` prints a duration, but for an AVI without its index (one
/// that was cut off) it is a guess from the size.
fn declared_in_avi(path: &Path) -> Option<u64> {
    let mut head = [0u8; 52];
    std::fs::File::open(path)
        .and_then(|mut f| f.read_exact(&mut head))
        .ok()?;
    let is_avi = &head[..4] == b"RIFF" && &head[8..12] == b"AVI " && &head[24..28] == b"avih";
    let frames = u32::from_le_bytes([head[48], head[49], head[50], head[51]]);
    (is_avi && frames > 0).then_some(u64::from(frames))
}

/// The last line that is not empty.
fn last_words(said: &str) -> &str {
    let last = said.lines().rev().find(|l| !l.trim().is_empty());
    last.map_or("no message", |l| l.rsplit(": ").next().unwrap_or(l).trim())
}

struct PipeSource {
    path: PathBuf,
    program: Program,
    film: Film,
    info: VideoInfo,
    interval: Option<Interval>,
    declared: Declared,
    // The receiving end of the announcements is not `Sync`; the lock makes the source so.
    state: Mutex<State>,
}

struct State {
    child: Child,
    clock: FilmClock,
    seen: Seen,
    bytes: Vec<u8>,
    /// The first frame, which was read to learn what the film is.
    pending: Option<Packet>,
}

/// A picture whose bytes are in `State::bytes`, and its place.
struct Arrived {
    announced: Announced,
    layout: Layout,
    planes: Vec<(usize, usize)>,
    index: u32,
    time_s: Option<f64>,
}

impl State {
    fn start(program: &Program, interval: Option<Interval>) -> Result<State, String> {
        Ok(State {
            child: program.decode()?,
            clock: FilmClock::new(1.0, interval.map(|i| i.interval_s)),
            seen: Seen::default(),
            bytes: Vec::new(),
            pending: None,
        })
    }

    /// The next picture that is not damaged; `None` at the end.
    fn arrive(&mut self, path: &Path) -> Result<Option<Arrived>, SourceError> {
        while let Some(announced) = self.child.announced() {
            let shown = &announced.shown;
            check_size(path, shown.width, shown.height)?;
            let layout =
                Layout::of(&shown.format).ok_or_else(|| unknown_layout(path, &shown.format))?;
            let planes = layout.planes(shown.width, shown.height);
            self.bytes
                .resize(planes.iter().map(|(bytes, rows)| bytes * rows).sum(), 0);
            if let Err(e) = self.child.read(&mut self.bytes) {
                self.seen.broken = Some(format!("the pipe from ffmpeg broke ({e})"));
                break;
            }
            self.seen.packets += 1;
            if self.clock.placed == 0 {
                self.clock.set_tick(announced.tick_s);
            }
            let Some((index, time_s)) = self.clock.place(shown.stamp) else {
                self.seen.broken = Some("it has more than 4294967295 frames".into());
                break;
            };
            self.seen.damaged_at_end = announced.damaged;
            if announced.damaged {
                self.seen.damaged += 1;
                continue;
            }
            return Ok(Some(Arrived {
                announced,
                layout,
                planes,
                index,
                time_s,
            }));
        }
        let last = self.child.finish();
        self.seen.messages = last.errors;
        self.seen.refused = last.refused;
        self.seen.damaged_kept = last.damaged_kept;
        if self.seen.broken.is_none() {
            let cut = || "its last part is cut off or damaged".to_owned();
            self.seen.broken = last.failed.or_else(|| last.cut.then(cut));
        }
        self.seen.finished = true;
        Ok(None)
    }
}

impl PipeSource {
    /// Reads the first good picture, and from it what the film is.
    fn learn(&mut self) -> Result<(), SourceError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = state.arrive(&self.path)? else {
            let reason = state.seen.broken.take();
            let reason = reason.unwrap_or_else(|| "the decoder gave nothing".into());
            return Err(unsupported(
                &self.path,
                format!("no picture could be decoded: {reason}"),
            ));
        };
        let shown = &first.announced.shown;
        let rows = Packed {
            bytes: &state.bytes,
            planes: &first.planes,
        };
        let luma = first
            .layout
            .luma(&rows, shown.width, shown.height, true)
            .ok_or_else(|| unreadable(&self.path, "the first picture is incomplete"))?;
        self.info.width_px = shown.width;
        self.info.height_px = shown.height;
        self.info.colour = luma.colour;
        describe(&mut self.info, first.layout, &shown.format, self.film.range);
        if shown.interlaced {
            self.info.says.insert("interlaced".into(), "yes".into());
        }
        state.pending = Some(Packet {
            index: FrameIndex(first.index),
            time_s: first.time_s,
            data: PacketData::Ready(luma.pixels),
        });
        Ok(())
    }
}

impl FrameSource for PipeSource {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.pending.is_some() {
            return Ok(());
        }
        *state =
            State::start(&self.program, self.interval).map_err(|e| unreadable(&self.path, e))?;
        self.learn()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(packet) = state.pending.take() {
            return Ok(Some(packet));
        }
        while !state.seen.finished {
            let Some(next) = state.arrive(&self.path)? else {
                return Ok(None);
            };
            let shown = &next.announced.shown;
            let same = shown.width == self.info.width_px
                && shown.height == self.info.height_px
                && self.info.says.get("pixel format") == Some(&shown.format);
            let rows = Packed {
                bytes: &state.bytes,
                planes: &next.planes,
            };
            let luma = same
                .then(|| next.layout.luma(&rows, shown.width, shown.height, false))
                .flatten();
            match luma {
                Some(luma) => {
                    return Ok(Some(Packet {
                        index: FrameIndex(next.index),
                        time_s: next.time_s,
                        data: PacketData::Ready(luma.pixels),
                    }));
                }
                None => state.seen.changed += 1,
            }
        }
        Ok(None)
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
        let varies = self.interval.is_some_and(|i| i.varies);
        source_end(&self.info, &state.clock, &state.seen, self.declared, varies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_program_the_error_says_what_to_do() {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), b"not empty").expect("write");
        let error = open_with(None, file.path()).err().expect("no program");
        let error = error.to_string();
        for words in ["install FFmpeg", "NTA_FFMPEG", "uncompressed AVI"] {
            assert!(error.contains(words), "{error}");
        }
        let nowhere = Path::new("/nowhere/ffmpeg");
        let error = open_with(Some(nowhere), file.path()).err();
        assert!(error.is_some_and(|e| e.to_string().contains("cannot be started")));
    }

    #[test]
    fn the_head_of_an_avi_tells_its_length() {
        let file = tempfile::NamedTempFile::new().expect("file");
        let mut head = b"RIFF....AVI LIST....hdrlavih".to_vec();
        head.resize(48, 0);
        head.extend(300u32.to_le_bytes());
        std::fs::write(file.path(), &head).expect("write");
        assert_eq!(declared_in_avi(file.path()), Some(300));
        std::fs::write(file.path(), &head[..51]).expect("write");
        assert_eq!(declared_in_avi(file.path()), None);
        assert_eq!(last_words("a: b\nfile:x: Invalid data\n\n"), "Invalid data");
        assert_eq!(last_words(""), "no message");
    }
}
