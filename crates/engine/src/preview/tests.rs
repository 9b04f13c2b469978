//! What the picture shows, and what is refused.

use super::*;
use crate::plan::PlanInput;
use ndarray::Array2;
use nta_core::{
    FrameError, FrameSource, Packet, PacketData, Pixels, SourceEnd, SourceError, VideoInfo,
};
use std::sync::atomic::AtomicBool;

/// A film of noise, in which up to one spot wanders.
struct Noise {
    info: VideoInfo,
    spot: bool,
    next: u32,
}

impl Noise {
    fn capture(frames: u64, spot: bool) -> CaptureInput {
        let info = VideoInfo {
            width_px: 120,
            height_px: 90,
            bit_depth: 8,
            ceiling_counts: 255,
            frames: Some(frames),
            ..VideoInfo::default()
        };
        let source = Self {
            info,
            spot,
            next: 0,
        };
        CaptureInput::of_source("noise", Box::new(source))
    }

    /// Where the spot is (x, y), px.
    fn place(frame: u32) -> (f64, f64) {
        let t = f64::from(frame);
        (
            40.0 + 0.4 * t + 0.8 * (1.7 * t).sin(),
            30.0 + 0.8 * (2.3 * t).cos(),
        )
    }

    fn pixels(&self, frame: u32) -> Pixels {
        let mut state = u64::from(frame) + 1;
        let (cx, cy) = Self::place(frame);
        Pixels::U8(Array2::from_shape_fn((90, 120), |(y, x)| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let uniform = (state >> 40) as f64 / f64::from(1u32 << 24);
            let r2 = (x as f64 - cx).powi(2) + (y as f64 - cy).powi(2);
            let light = if self.spot {
                120.0 * (-r2 / (2.0 * 1.6 * 1.6)).exp()
            } else {
                0.0
            };
            (20.0 + 10.0 * uniform + light) as u8
        }))
    }
}

impl FrameSource for Noise {
    fn info(&self) -> &VideoInfo {
        &self.info
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        if Some(u64::from(self.next)) == self.info.frames {
            return Ok(None);
        }
        let frame = self.next;
        self.next += 1;
        Ok(Some(Packet {
            index: FrameIndex(frame),
            time_s: None,
            data: PacketData::Ready(self.pixels(frame)),
        }))
    }

    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        match packet.data {
            PacketData::Ready(pixels) => Ok(pixels),
            _ => Err(FrameError {
                index: packet.index.0,
                reason: "not of this film".to_owned(),
            }),
        }
    }

    fn end(&self) -> SourceEnd {
        SourceEnd {
            complete: true,
            ..SourceEnd::default()
        }
    }
}

fn glimpse(frames: u64) -> Glimpse {
    Glimpse {
        frames,
        dark_dots: false,
    }
}

fn drawn(frames: u64, spot: bool, threads: usize) -> Result<Canvas, AnalyzeError> {
    let cancel = AtomicBool::new(false);
    let runtime = Runtime {
        threads,
        progress: &|_| {},
        cancel: &cancel,
    };
    let plan = PlanInput::new().resolve().expect("a plan");
    picture(
        &mut Noise::capture(frames, spot),
        &plan,
        glimpse(frames),
        &runtime,
    )
}

/// Whether a pixel is nearly of a colour.
fn is_near(a: canvas::Colour, b: canvas::Colour) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 40)
}

/// Pixels of a colour in an area.
fn of_colour(canvas: &Canvas, area: canvas::Area, colour: canvas::Colour) -> usize {
    let rows = area.y..area.bottom();
    let all = rows.flat_map(|y| (area.x..area.right()).map(move |x| (x, y)));
    all.filter(|(x, y)| is_near(canvas.at(*x, *y), colour))
        .count()
}

#[test]
fn a_ring_of_the_right_colour_is_around_the_spot_in_every_frame() {
    let canvas = drawn(60, true, 1).expect("a picture");
    let layout = Layout::new((120, 90), 60, head::HEIGHT);
    assert_eq!((layout.up, layout.columns, layout.frames), (6, 2, 4));
    assert_eq!(canvas.width(), style::PAGE);
    for i in 0..4 {
        let frame = (2 * i as u32 + 1) * 60 / 8;
        let (x, y) = Noise::place(frame);
        let area = layout.area(i);
        let (x, y) = layout.place(area, x, y);
        let near = canvas::Area {
            x: x as usize - 30,
            y: y as usize - 30,
            width: 60,
            height: 60,
        };
        let ink = of_colour(&canvas, near, style::TRACKED);
        assert!(ink > 60, "frame {frame}: {ink} pixels of a ring");
        // Three and more widths away there is nothing of it.
        let elsewhere = of_colour(&canvas, area, style::TRACKED);
        assert_eq!(elsewhere, ink, "frame {frame}");
        let middle = canvas.at(x as usize, y as usize);
        // The light of the spot, or the yellow of its path over it.
        assert!(middle[0] > 200, "{middle:?}");
    }
}

#[test]
fn the_sheet_shows_the_spot_and_a_step() {
    let canvas = drawn(60, true, 1).expect("a picture");
    let layout = Layout::new((120, 90), 60, head::HEIGHT);
    let sheet = canvas::Area {
        x: 0,
        y: layout.bottom(),
        width: canvas.width(),
        height: canvas.height() - layout.bottom(),
    };
    for colour in [style::TRACKED, style::BEFORE, style::AFTER] {
        let ink = of_colour(&canvas, sheet, colour);
        assert!(ink > 60, "{colour:?}: {ink} pixels");
    }
}

#[test]
fn a_film_without_particles_gives_a_picture_without_rings() {
    let canvas = drawn(40, false, 1).expect("a picture");
    let layout = Layout::new((120, 90), 40, head::HEIGHT);
    for i in 0..4 {
        assert_eq!(of_colour(&canvas, layout.area(i), style::TRACKED), 0);
    }
    // The words below the frames.
    let words = canvas::Area {
        x: 0,
        y: layout.bottom(),
        width: canvas.width(),
        height: canvas.height() - layout.bottom(),
    };
    assert!(of_colour(&canvas, words, style::INK) > 300);
    // A single frame is a film too.
    assert!(drawn(1, true, 1).is_ok());
}

#[test]
fn one_thread_and_two_draw_the_same() {
    let png = |threads| drawn(50, true, threads).expect("a picture").png();
    assert!(png(1) == png(2));
}

#[test]
fn a_request_to_stop_is_heard() {
    let cancel = AtomicBool::new(true);
    let runtime = Runtime {
        threads: 1,
        progress: &|_| {},
        cancel: &cancel,
    };
    let plan = PlanInput::new().resolve().expect("a plan");
    let result = picture(&mut Noise::capture(20, true), &plan, glimpse(20), &runtime);
    assert!(matches!(result, Err(AnalyzeError::Cancelled)));
}

#[test]
fn only_long_films_are_shortened() {
    let plan = PlanInput::new().resolve().expect("a plan");
    let cases = [
        (None, 300, None, false),
        (None, 301, Some((0, 299)), true),
        (Some((100, u32::MAX)), 400, Some((100, u32::MAX)), false),
        (Some((100, u32::MAX)), 401, Some((100, 399)), true),
        (Some((5, 20)), 10_000, Some((5, 20)), false),
    ];
    for (asked, frames, expected, longer) in cases {
        let mut tracking = tracking_plan(&plan);
        tracking.frames = asked;
        assert_eq!(shorten(&mut tracking, frames), longer, "{asked:?} {frames}");
        assert_eq!(tracking.frames, expected);
    }
}

#[test]
fn what_may_not_be_written_is_told_before_any_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let film = folder.path().join("film");
    fs::create_dir(&film).expect("a folder");
    let asked = |out: PathBuf, overwrite| PreviewRequest { out, overwrite };
    let code = |request: PreviewRequest| request.check(&film).map_err(|e| e.exit_code());
    assert_eq!(code(asked(folder.path().join("a.jpg"), false)), Err(2));
    assert_eq!(code(asked(folder.path().join("png"), false)), Err(2));
    assert_eq!(code(asked(film.join("a.png"), false)), Err(2));
    assert_eq!(code(asked(folder.path().join("a.PNG"), false)), Ok(()));
    assert_eq!(code(asked(folder.path().join("new/a.png"), false)), Ok(()));
    let old = folder.path().join("old.png");
    fs::write(&old, "mine").expect("written");
    assert_eq!(code(asked(old.clone(), false)), Err(4));
    assert_eq!(code(asked(old.clone(), true)), Ok(()));
    fs::create_dir(folder.path().join("b.png")).expect("a folder");
    assert_eq!(code(asked(folder.path().join("b.png"), true)), Err(4));
    asked(old.clone(), true).write(vec![1, 2]).expect("written");
    assert_eq!(fs::read(&old).expect("there"), [1, 2]);
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 3);
}
