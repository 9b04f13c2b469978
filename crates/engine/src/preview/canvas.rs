//! A sheet of coloured pixels and the few shapes that are drawn on it, with smooth edges.
//!
//! Canvas coordinates are pixels of the picture that is written: (0, 0) is the top left corner of the first pixel, x to
//! the right, y down. Whatever reaches beyond the sheet, or beyond a clip, is not drawn.

use std::io::Cursor;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// A rectangle on the canvas, px of the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Area {
    pub fn right(&self) -> usize {
        self.x + self.width
    }

    pub fn bottom(&self) -> usize {
        self.y + self.height
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub colour: Colour,
    /// Thickness, px of the canvas.
    pub thick: f64,
    /// From 0 (not seen) to 1.
    pub opacity: f64,
}

impl Pen {
    pub fn new(colour: Colour, thick: f64) -> Self {
        Self {
            colour,
            thick,
            opacity: 1.0,
        }
    }
}

/// The sheet.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    clip: Area,
}

impl Canvas {
    /// An empty sheet.
    pub fn new(width: usize, height: usize, paper: Colour) -> Self {
        Self {
            width,
            height,
            rgb: paper.repeat(width * height),
            clip: Area {
                x: 0,
                y: 0,
                width,
                height,
            },
        }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    #[cfg(test)]
    pub fn height(&self) -> usize {
        self.height
    }

    /// From now on nothing outside of `area` is drawn on; `None` opens the whole sheet again.
    pub fn clip(&mut self, area: Option<Area>) {
        let whole = Area {
            x: 0,
            y: 0,
            width: self.width,
            height: self.height,
        };
        let asked = area.unwrap_or(whole);
        self.clip = Area {
            width: asked.right().min(self.width).saturating_sub(asked.x),
            height: asked.bottom().min(self.height).saturating_sub(asked.y),
            ..asked
        };
    }

    /// The colour of a pixel that is on the sheet.
    #[cfg(test)]
    pub fn at(&self, x: usize, y: usize) -> Colour {
        let i = 3 * (y * self.width + x);
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    /// Lays a colour over a pixel; `opacity` from 0 to 1.
    pub fn blend(&mut self, x: usize, y: usize, colour: Colour, opacity: f64) {
        let inside = (self.clip.x..self.clip.right()).contains(&x)
            && (self.clip.y..self.clip.bottom()).contains(&y);
        if !inside || opacity <= 0.0 {
            return;
        }
        let i = 3 * (y * self.width + x);
        for (old, new) in self.rgb[i..i + 3].iter_mut().zip(colour) {
            let mixed = f64::from(*old) + (f64::from(new) - f64::from(*old)) * opacity.min(1.0);
            *old = mixed.round() as u8;
        }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, area: Area, colour: Colour) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.blend(x, y, colour, 1.0);
            }
        }
    }

    /// A frame of one pixel just outside of a rectangle.
    pub fn frame(&mut self, area: Area, colour: Colour) {
        let (left, top) = (area.x.saturating_sub(1), area.y.saturating_sub(1));
        for x in left..=area.right() {
            self.blend(x, top, colour, 1.0);
            self.blend(x, area.bottom(), colour, 1.0);
        }
        for y in top..=area.bottom() {
            self.blend(left, y, colour, 1.0);
            self.blend(area.right(), y, colour, 1.0);
        }
    }

    /// A circle about (x, y).
    pub fn ring(&mut self, (x, y): (f64, f64), radius: f64, pen: Pen) {
        let reach = radius + pen.thick;
        let bounds = [x - reach, y - reach, x + reach, y + reach];
        self.shade(bounds, pen, |u, v| ((u - x).hypot(v - y) - radius).abs());
    }

    /// A circle of eight arcs, for what counts less than what has a whole circle.
    pub fn dashed_ring(&mut self, (x, y): (f64, f64), radius: f64, pen: Pen) {
        let reach = radius + pen.thick;
        let bounds = [x - reach, y - reach, x + reach, y + reach];
        self.shade(bounds, pen, |u, v| {
            // As a complex number, the eighth power goes round eight times while the point goes round once.
            let (dx, dy) = (u - x, v - y);
            let squared = |(re, im): (f64, f64)| (re * re - im * im, 2.0 * re * im);
            if squared(squared(squared((dx, dy)))).1 > 0.0 {
                (dx.hypot(dy) - radius).abs()
            } else {
                f64::INFINITY
            }
        });
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), pen: Pen) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length2 = dx * dx + dy * dy;
        let bounds = [
            from.0.min(to.0) - pen.thick,
            from.1.min(to.1) - pen.thick,
            from.0.max(to.0) + pen.thick,
            from.1.max(to.1) + pen.thick,
        ];
        self.shade(bounds, pen, |u, v| {
            let along = if length2 > 0.0 {
                (((u - from.0) * dx + (v - from.1) * dy) / length2).clamp(0.0, 1.0)
            } else {
                0.0
            };
            (u - from.0 - along * dx).hypot(v - from.1 - along * dy)
        });
    }

    /// Draws wherever the middle of a pixel is near enough to a line, whose distance `off` gives. `bounds` are left,
    /// top, right and bottom of what may be drawn on.
    fn shade(&mut self, bounds: [f64; 4], pen: Pen, off: impl Fn(f64, f64) -> f64) {
        if bounds.iter().any(|b| !b.is_finite()) {
            return;
        }
        let clip = self.clip;
        // Numbers below zero become zero, and none beyond the clip is ever reached.
        let columns = (bounds[0].floor() as usize).max(clip.x)
            ..(bounds[2].ceil() as usize)
                .saturating_add(1)
                .min(clip.right());
        let rows = (bounds[1].floor() as usize).max(clip.y)
            ..(bounds[3].ceil() as usize)
                .saturating_add(1)
                .min(clip.bottom());
        for y in rows {
            for x in columns.clone() {
                let distance = off(x as f64 + 0.5, y as f64 + 0.5);
                // A pixel is a whole one inside, none outside, and in between at the edge.
                let covered = (0.5 * pen.thick + 0.5 - distance).clamp(0.0, 1.0);
                self.blend(x, y, pen.colour, covered * pen.opacity);
            }
        }
    }

    /// The picture as a PNG; `None` only for a sheet without pixels.
    pub fn png(&self) -> Option<Vec<u8>> {
        use image::codecs::png::{CompressionType, FilterType, PngEncoder};
        let mut png = Cursor::new(Vec::new());
        let encoder =
            PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive);
        let (width, height) = (u32::try_from(self.width), u32::try_from(self.height));
        image::ImageEncoder::write_image(
            encoder,
            &self.rgb,
            width.ok()?,
            height.ok()?,
            image::ExtendedColorType::Rgb8,
        )
        .ok()?;
        Some(png.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Colour = [255, 0, 0];

    #[test]
    fn a_ring_is_where_it_should_be_and_nowhere_else() {
        let mut canvas = Canvas::new(41, 31, [0; 3]);
        canvas.ring((20.5, 15.5), 8.0, Pen::new(INK, 2.0));
        for (x, y) in [(28, 15), (12, 15), (20, 23), (20, 7)] {
            assert_eq!(canvas.at(x, y), INK, "{x} {y}");
        }
        for (x, y) in [(20, 15), (35, 15), (26, 21)] {
            let red = canvas.at(x, y)[0];
            let distance = (x as f64 - 20.0).hypot(y as f64 - 15.0);
            assert_eq!(red > 0, (distance - 8.0).abs() < 1.5, "{x} {y}: {red}");
        }
    }

    #[test]
    fn what_reaches_beyond_the_clip_or_is_no_number_is_not_drawn() {
        let mut canvas = Canvas::new(20, 20, [0; 3]);
        let area = Area {
            x: 5,
            y: 5,
            width: 10,
            height: 100,
        };
        canvas.clip(Some(area));
        canvas.line((-30.0, 10.5), (1e9, 10.5), Pen::new(INK, 1.0));
        canvas.ring((f64::NAN, 3.0), 2.0, Pen::new(INK, 1.0));
        canvas.dashed_ring((-100.0, -100.0), 20.0, Pen::new(INK, 1.0));
        for x in 0..20 {
            assert_eq!(canvas.at(x, 10) == INK, (5..15).contains(&x), "{x}");
        }
        assert_eq!(canvas.rgb.iter().filter(|v| **v > 0).count(), 10);
    }

    #[test]
    fn the_png_holds_the_pixels() {
        let mut canvas = Canvas::new(7, 3, [1, 2, 3]);
        canvas.fill(
            Area {
                x: 2,
                y: 1,
                width: 2,
                height: 1,
            },
            INK,
        );
        let png = canvas.png().expect("a picture");
        let back = image::load_from_memory(&png).expect("a PNG").into_rgb8();
        assert_eq!((back.width(), back.height()), (7, 3));
        assert_eq!(back.into_raw(), canvas.rgb);
    }
}
