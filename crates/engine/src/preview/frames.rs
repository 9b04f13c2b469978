//! The large pictures: whole frames with every spot, the paths, what is left out, and a scale bar.

use super::Scene;
use super::canvas::{Area, Canvas, Colour, Pen};
use super::census::Kind;
use super::head::{TAIL_FRAMES, hatch};
use super::style::{CONTINUED, FAINT, INK, LINE, LOOSE, MARGIN, PAGE, PATHS, TRACKED};
use super::text::{Type, write};
use nta_core::{FrameIndex, Pixels, Spot, Track};

/// Largest number of canvas pixels along the side of a frame pixel.
const MOST_ZOOM: usize = 8;
/// A frame is not enlarged beyond this height, px of the canvas.
const TALLEST: usize = 1200;
/// A frame wider than this is made smaller, px of the frame.
const WIDEST: usize = 2400;
/// Above each frame a line of words stands, px of the canvas.
const CAPTION: usize = LINE + 4;

/// How frames are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    /// Width and height of a frame, px of the frame.
    pub size_px: (usize, usize),
    /// Canvas pixels along the side of a frame pixel.
    pub up: usize,
    /// Frame pixels along the side of a canvas pixel; one of both is 1.
    pub down: usize,
    pub columns: usize,
    /// How many frames there are.
    pub frames: usize,
    /// Top of the first caption, px of the canvas.
    pub top: usize,
}

impl Layout {
    /// Two frames beside each other if they are small, else one under the other.
    pub fn new((width, height): (usize, usize), available: usize, top: usize) -> Self {
        let room = |columns: usize| (PAGE - (columns + 1) * MARGIN) / columns;
        let columns = if room(2) / width.max(1) >= 2 { 2 } else { 1 };
        let fits = (room(columns) / width.max(1)).min(TALLEST / height.max(1));
        Self {
            size_px: (width, height),
            up: fits.clamp(1, MOST_ZOOM),
            down: width.max(height).div_ceil(WIDEST).max(1),
            columns,
            frames: available.min(2 * columns),
            top,
        }
    }

    /// Width and height of a frame, px of the canvas.
    fn panel(&self) -> (usize, usize) {
        let (width, height) = self.size_px;
        (
            (width * self.up).div_ceil(self.down),
            (height * self.up).div_ceil(self.down),
        )
    }

    /// Place of a frame on the canvas.
    pub fn area(&self, i: usize) -> Area {
        let (width, height) = self.panel();
        Area {
            x: MARGIN + i % self.columns * (width + MARGIN),
            y: self.top + CAPTION + i / self.columns * (height + CAPTION + MARGIN),
            width,
            height,
        }
    }

    /// Width of the picture that these frames need, px of the canvas.
    pub fn page_width(&self) -> usize {
        let (width, _) = self.panel();
        PAGE.max(width * self.columns + (self.columns + 1) * MARGIN)
    }

    /// Below the last frame, px of the canvas.
    pub fn bottom(&self) -> usize {
        match self.frames {
            0 => self.top,
            n => self.area(n - 1).bottom() + MARGIN,
        }
    }

    /// Canvas pixels per frame pixel.
    pub fn zoom(&self) -> f64 {
        self.up as f64 / self.down as f64
    }

    /// Place of a point of a frame on the canvas: the centre of frame pixel (0, 0) has coordinates (0, 0).
    pub fn place(&self, area: Area, x_px: f64, y_px: f64) -> (f64, f64) {
        (
            area.x as f64 + (x_px + 0.5) * self.zoom(),
            area.y as f64 + (y_px + 0.5) * self.zoom(),
        )
    }
}

/// Draws one frame with all that was found in it.
pub(super) fn draw(
    canvas: &mut Canvas,
    scene: &Scene<'_>,
    layout: &Layout,
    i: usize,
    (frame, pixels): &(FrameIndex, Pixels),
) {
    let area = layout.area(i);
    let counts = scene.census.counts_in(*frame);
    let words = format!(
        "frame {}: {} in tracks, {} in no track",
        frame.0,
        counts.tracked + counts.continued,
        counts.loose
    );
    write(
        canvas,
        (area.x, area.y - LINE),
        &words,
        Type::bold(INK),
        area.width,
    );
    picture(canvas, scene, layout, area, pixels);
    canvas.frame(area, INK);
    canvas.clip(Some(area));
    for track in scene.census.followed() {
        tail(canvas, scene, layout, area, track, *frame);
    }
    for spot in scene.census.spots(*frame) {
        let kind = scene.census.kind(*frame, spot);
        ring(canvas, scene, layout, area, spot, kind);
    }
    scale_bar(canvas, scene, layout, area);
    canvas.clip(None);
}

/// The frame itself, and what of it is left out.
fn picture(canvas: &mut Canvas, scene: &Scene<'_>, layout: &Layout, area: Area, pixels: &Pixels) {
    let usable = &scene.census.video.film.usable;
    let (height, width) = pixels.dim();
    let grey_at = |y: usize, x: usize| scene.contrast.grey(f64::from(pixels.at(y, x)));
    for v in 0..area.height {
        for u in 0..area.width {
            let grey = if layout.down == 1 {
                grey_at(v / layout.up, u / layout.up)
            } else {
                // The brightest, so that no spot gets lost.
                let block = |start: usize, n: usize| start..(start + layout.down).min(n);
                block(v * layout.down, height)
                    .flat_map(|y| block(u * layout.down, width).map(move |x| (y, x)))
                    .map(|(y, x)| grey_at(y, x))
                    .max()
                    .unwrap_or(0)
            };
            canvas.blend(area.x + u, area.y + v, [grey; 3], 1.0);
            let (y, x) = (v * layout.down / layout.up, u * layout.down / layout.up);
            if usable.get((y, x)) == Some(&false) {
                hatch(canvas, area.x + u, area.y + v);
            }
        }
    }
}

/// The way of a track up to this frame, older parts paler.
fn tail(
    canvas: &mut Canvas,
    scene: &Scene<'_>,
    layout: &Layout,
    area: Area,
    track: &Track,
    frame: FrameIndex,
) {
    if !(track.first_frame()..=track.last_frame()).contains(&frame) {
        return;
    }
    let from = frame.0.saturating_sub(TAIL_FRAMES);
    let colour = PATHS[track.id().0 as usize % PATHS.len()];
    for pair in track.points().windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        if a.frame.0 < from || b.frame > frame {
            continue;
        }
        let age = f64::from(frame.0 - b.frame.0) / f64::from(TAIL_FRAMES);
        let pen = Pen {
            colour: scene.contrast.on_ground(colour),
            thick: 1.5,
            opacity: 1.0 - 0.65 * age,
        };
        canvas.line(
            layout.place(area, a.spot.x_px, a.spot.y_px),
            layout.place(area, b.spot.x_px, b.spot.y_px),
            pen,
        );
    }
}

/// The colour of a kind of spot.
fn colour_of(kind: Kind) -> Colour {
    match kind {
        Kind::Tracked => TRACKED,
        Kind::Continued => CONTINUED,
        Kind::Loose => LOOSE,
        Kind::Faint => FAINT,
    }
}

fn ring(
    canvas: &mut Canvas,
    scene: &Scene<'_>,
    layout: &Layout,
    area: Area,
    spot: &Spot,
    kind: Kind,
) {
    let radius = scene.ring_px(spot) * layout.zoom();
    let middle = layout.place(area, spot.x_px, spot.y_px);
    let colour = scene.contrast.on_ground(colour_of(kind));
    if kind == Kind::Faint {
        canvas.dashed_ring(middle, radius.max(4.0), Pen::new(colour, 1.0));
    } else {
        canvas.ring(middle, radius.max(4.0), Pen::new(colour, 1.6));
    }
}

/// A bar of a round length, at most a quarter of the width.
fn scale_bar(canvas: &mut Canvas, scene: &Scene<'_>, layout: &Layout, area: Area) {
    let (unit, unit_px) = match scene.pixel_size_um {
        Some(um) => ("µm", 1.0 / um),
        None => ("px (pixel size not known)", 1.0),
    };
    let most = 0.25 * layout.size_px.0 as f64 / unit_px;
    let Some(length) = round_length(most) else {
        return;
    };
    let long = (length * unit_px * layout.zoom()).round().max(1.0) as usize;
    let words = format!("{length} {unit}");
    let kind = Type::bold([255; 3]);
    let back = Area {
        x: area.x + 8,
        y: (area.bottom()).saturating_sub(42),
        width: long.max(kind.width(&words)) + 16,
        height: 34,
    };
    for y in back.y..back.bottom() {
        for x in back.x..back.right() {
            canvas.blend(x, y, [0; 3], 0.6);
        }
    }
    write(canvas, (back.x + 8, back.y + 4), &words, kind, back.width);
    let bar = Area {
        x: back.x + 8,
        y: back.y + 24,
        width: long,
        height: 4,
    };
    canvas.fill(bar, [255; 3]);
}

/// The longest of 1, 2 or 5 times a power of ten that is not longer than this.
fn round_length(most: f64) -> Option<f64> {
    let powers = (-3..6).map(|p| 10f64.powi(p));
    powers
        .flat_map(|p| [p, 2.0 * p, 5.0 * p])
        .take_while(|v| *v <= most)
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_frames_are_enlarged_and_large_ones_are_not() {
        let layout = |w, h| Layout::new((w, h), 300, 100);
        let demo = layout(400, 300);
        assert_eq!((demo.columns, demo.up, demo.frames), (2, 2, 4));
        assert_eq!(demo.page_width(), PAGE);
        let tiny = layout(16, 12);
        assert_eq!((tiny.columns, tiny.up), (2, MOST_ZOOM));
        let usual = layout(640, 480);
        assert_eq!((usual.columns, usual.up, usual.frames), (1, 2, 2));
        let huge = layout(5000, 3000);
        assert_eq!((huge.up, huge.down), (1, 3));
        assert!(huge.page_width() > PAGE);
        let bent = layout(30, 5000);
        assert_eq!((bent.up, bent.down), (1, 3));
        for i in 0..demo.frames {
            assert!(demo.area(i).right() + MARGIN <= demo.page_width());
            assert!(demo.area(i).bottom() < demo.bottom());
        }
    }

    #[test]
    fn scale_bars_have_round_lengths() {
        assert_eq!(round_length(27.3), Some(20.0));
        assert_eq!(round_length(5.0), Some(5.0));
        assert_eq!(round_length(0.0), None);
    }
}
