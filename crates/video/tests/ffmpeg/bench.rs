//! Films made by the program `ffmpeg` from known pixels, and every reader held to them.

use nta_core::{FrameSource, Packet, Pixels, SourceEnd, SourceError};
use std::path::{Path, PathBuf};
use std::process::Command;

pub type Open = fn(&Path) -> Result<Box<dyn FrameSource>, SourceError>;

/// The readers under test.
pub fn readers() -> Vec<(&'static str, Open)> {
    vec![
        ("pipe", nta_video::ffmpeg_pipe::open as Open),
        #[cfg(feature = "ffmpeg")]
        ("linked", nta_video::ffmpeg::open as Open),
    ]
}

pub const WIDTH: usize = 64;
pub const HEIGHT: usize = 48;
pub const FRAMES: usize = 40;

/// Known pixels: a moving gradient and a scrambled byte, so that no two rows, columns or frames are alike.
pub fn count(frame: usize, y: usize, x: usize) -> u16 {
    let mixed = (x * 7 + y * 13 + frame * 29) as u32;
    (mixed.wrapping_mul(2_654_435_761) >> 16) as u16
}

pub fn raw8() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.push((count(f, y, x) >> 8) as u8))
}

pub fn raw16() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.extend(count(f, y, x).to_le_bytes()))
}

/// Smooth pictures, on which a lossy codec comes close.
pub fn raw_smooth() -> Vec<u8> {
    frames_of(|f, y, x, out: &mut Vec<u8>| out.push((20 + 2 * x + y + f) as u8))
}

fn frames_of(mut put: impl FnMut(usize, usize, usize, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    for f in 0..FRAMES {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                put(f, y, x, &mut out);
            }
        }
    }
    out
}

/// A folder and the program; `None` (and a line) without the program.
pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Option<Bench> {
        let there = Command::new("ffmpeg").arg("-version").output().is_ok();
        if !there {
            say("no program 'ffmpeg' here: not tested");
            return None;
        }
        let folder = tempfile::tempdir().expect("folder");
        Some(Bench { folder })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Encodes raw pictures; `None` if this FFmpeg has no such encoder.
    pub fn encode(
        &self,
        raw: &[u8],
        format: &str,
        name: &str,
        options: &[&str],
    ) -> Option<PathBuf> {
        let input = self.path("in.raw");
        std::fs::write(&input, raw).expect("write");
        let output = self.path(name);
        let done = Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-nostdin",
                "-y",
                "-f",
                "rawvideo",
                "-pixel_format",
                format,
            ])
            .args(["-video_size", "64x48", "-framerate", "25", "-i"])
            .arg(&input)
            .args(options)
            .arg(format!("file:{}", output.display()))
            .output()
            .expect("ffmpeg runs");
        if !done.status.success() {
            say(&format!(
                "{name} cannot be made: {}",
                String::from_utf8_lossy(&done.stderr)
            ));
            return None;
        }
        Some(output)
    }
}

#[allow(clippy::print_stderr)]
pub fn say(text: &str) {
    eprintln!("{text}");
}

pub struct Film {
    pub frames: Vec<(u32, Option<f64>, Pixels)>,
    pub end: SourceEnd,
}

pub fn read(source: &mut dyn FrameSource) -> Film {
    let mut frames = Vec::new();
    while let Some(packet) = source.next_packet().expect("readable") {
        let Packet { index, time_s, .. } = packet;
        frames.push((index.0, time_s, source.decode(packet).expect("decodes")));
    }
    assert!(source.next_packet().expect("still readable").is_none());
    assert!(
        frames.windows(2).all(|w| w[0].0 < w[1].0),
        "indices increase"
    );
    Film {
        frames,
        end: source.end(),
    }
}

pub fn codes(end: &SourceEnd) -> Vec<&str> {
    end.findings.iter().map(|f| f.code.as_str()).collect()
}

/// Reads with every reader, the linked one twice, holds them to each other, and returns the first.
pub fn read_all(path: &Path) -> (Box<dyn FrameSource>, Film) {
    let mut first: Option<(Box<dyn FrameSource>, Film)> = None;
    for (name, open) in readers() {
        let mut source = open(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let film = read(source.as_mut());
        // The program takes its time to start; going back is tested with it once, further down.
        if name == "linked" {
            source.rewind().expect("rewinds");
            let again = read(source.as_mut());
            assert!(
                again.frames == film.frames,
                "{name}: the same after going back"
            );
            assert_eq!(again.end, film.end, "{name}");
        }
        if let Some((other, expected)) = &first {
            assert_eq!(film.frames.len(), expected.frames.len(), "{name}");
            for (a, b) in film.frames.iter().zip(&expected.frames) {
                assert_eq!((a.0, a.1), (b.0, b.1), "{name}");
                assert!(a.2 == b.2, "{name}: pixels of frame {}", a.0);
            }
            let (a, b) = (source.info(), other.info());
            assert_eq!(a.frame_interval_s, b.frame_interval_s, "{name}");
            assert_eq!((&a.codec, &a.container), (&b.codec, &b.container));
            assert_eq!(
                (a.bit_depth, a.ceiling_counts),
                (b.bit_depth, b.ceiling_counts)
            );
            assert_eq!(
                (a.lossy, a.interframe, a.colour),
                (b.lossy, b.interframe, b.colour)
            );
            assert_eq!(a.says.get("pixel format"), b.says.get("pixel format"));
        }
        first.get_or_insert((source, film));
    }
    first.expect("a reader")
}

pub fn assert_exact(film: &Film, wide: bool, places: &[usize]) {
    assert_eq!(film.frames.len(), places.len());
    for ((index, time_s, pixels), place) in film.frames.iter().zip(places) {
        assert_eq!(*index as usize, *place);
        let time_s = time_s.expect("a time");
        assert!(
            (time_s - *place as f64 * 0.04).abs() < 1e-3,
            "{place} {time_s}"
        );
        assert_eq!(pixels.dim(), (HEIGHT, WIDTH));
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let want = if wide {
                    count(*place, y, x)
                } else {
                    count(*place, y, x) >> 8
                };
                assert_eq!(pixels.at(y, x), want, "frame {place} y {y} x {x}");
            }
        }
    }
}

pub fn all_places() -> Vec<usize> {
    (0..FRAMES).collect()
}
