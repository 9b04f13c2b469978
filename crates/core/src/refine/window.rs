//! The pixels around a spot.

use crate::Tally;
use crate::film::Film;
use crate::model::{Flat, Spot};

/// Cells of a square window that may be used. A cell is one pixel, or for wide spots the mean of a small square of them:
/// a wide spot has nothing finer, and the fit takes as many times less work.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Row of the centre of the middle cell, px.
    pub(super) y: f64,
    /// Column of the centre of the middle cell, px.
    pub(super) x: f64,
    /// Side of a cell, px.
    pub(super) pitch: f64,
    /// (row offset, column offset, counts), row-major; offsets in cells.
    pub(super) pixels: Vec<(i32, i32, f64)>,
    /// Half its side, cells.
    pub(super) radius: i32,
}

impl Window {
    /// The window of half side `radius_px` around the pixel nearest to a point, in cells of `pitch` pixels, without
    /// saturated and masked ones.
    pub(super) fn around(
        flat: &Flat,
        film: &Film,
        (y, x): (f64, f64),
        radius_px: f64,
        pitch: i32,
    ) -> Self {
        let (cy, cx) = (y.round(), x.round());
        let middle = 0.5 * f64::from(pitch - 1);
        let radius = (radius_px / f64::from(pitch)).ceil() as i32;
        let first = -(pitch / 2);
        let mut window = Self {
            y: cy + f64::from(first) + middle,
            x: cx + f64::from(first) + middle,
            pitch: f64::from(pitch),
            pixels: Vec::new(),
            radius,
        };
        let (height, width) = flat.image.dim();
        let far = |c: f64, n: usize| !c.is_finite() || c < -1e4 || c > n as f64 + 1e4;
        if far(cy, height) || far(cx, width) || film.usable.dim() != (height, width) {
            return window;
        }
        let (top, left) = (cy as i64 + i64::from(first), cx as i64 + i64::from(first));
        window
            .pixels
            .reserve(((2 * radius + 1) * (2 * radius + 1)) as usize);
        let inside = |first: i64, n: usize| {
            first >= i64::from(radius) && first + i64::from(radius) < n as i64
        };
        if pitch == 1 && flat.saturated.is_empty() && inside(top, height) && inside(left, width) {
            // Nearly all windows: nothing is outside or full.
            let columns = (left - i64::from(radius)) as usize..=(left + i64::from(radius)) as usize;
            for dy in -radius..=radius {
                let y = (top + i64::from(dy)) as usize;
                let (counts, open) = (flat.image.row(y), film.usable.row(y));
                for (dx, x) in (-radius..).zip(columns.clone()) {
                    if open[x] {
                        window.pixels.push((dy, dx, f64::from(counts[x])));
                    }
                }
            }
            return window;
        }
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let corner = (top + i64::from(dy * pitch), left + i64::from(dx * pitch));
                if let Some(counts) = cell(flat, film, corner, i64::from(pitch)) {
                    window.pixels.push((dy, dx, counts));
                }
            }
        }
        window
    }

    /// Median of the outermost pixels: what lies below the spot.
    pub(super) fn rim_counts(&self) -> f64 {
        let mut rim: Vec<f64> = self
            .pixels
            .iter()
            .filter(|p| p.0.abs().max(p.1.abs()) == self.radius)
            .map(|p| p.2)
            .collect();
        crate::tiles::median(&mut rim).unwrap_or(0.0)
    }
}

/// Mean of the cell with this upper left corner; `None` if any of its pixels is outside, masked or saturated.
fn cell(flat: &Flat, film: &Film, (top, left): (i64, i64), pitch: i64) -> Option<f64> {
    let mut sum = 0.0;
    for y in top..top + pitch {
        for x in left..left + pitch {
            let at = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
            if film.usable.get(at) != Some(&true) {
                return None;
            }
            let full = !flat.saturated.is_empty()
                && flat.saturated.binary_search(&(y as u32, x as u32)).is_ok();
            if full {
                return None;
            }
            sum += f64::from(flat.image[at]);
        }
    }
    Some(sum / (pitch * pitch) as f64)
}

/// Noise of a pixel, counts; never below that of rounding to whole counts, 1 / sqrt(12).
pub(super) fn pixel_noise_counts(film: &Film) -> f64 {
    f64::from(film.noise_counts).max(0.29)
}

/// Keeps spots that lie in the usable picture, each particle once, in the order of y, then x; tallies the rest.
pub(super) fn settle(mut spots: Vec<Spot>, film: &Film, tally: &mut Tally) -> Vec<Spot> {
    let (height, width) = film.usable.dim();
    spots.retain(|s| {
        let inside = s.x_px >= -0.5
            && s.y_px >= -0.5
            && s.x_px < width as f64 - 0.5
            && s.y_px < height as f64 - 0.5;
        let usable = inside && film.is_usable(s.y_px.max(0.0), s.x_px.max(0.0));
        if !inside {
            tally.add("off_frame", 1);
        } else if !usable {
            tally.add("masked", 1);
        }
        usable
    });
    spots.sort_by(|a, b| {
        b.snr
            .total_cmp(&a.snr)
            .then(a.y_px.total_cmp(&b.y_px))
            .then(a.x_px.total_cmp(&b.x_px))
    });
    let mut rows: Vec<Vec<Spot>> = vec![Vec::new(); height];
    for spot in spots {
        // Two fits that ended this near to each other describe the same particle.
        let reach = film.spot_width_px.max(1.0);
        let row = (spot.y_px.max(0.0) as usize).min(height.saturating_sub(1));
        let from = row.saturating_sub(reach.ceil() as usize + 1);
        let to = (row + reach.ceil() as usize + 2).min(height);
        let twin = rows[from..to]
            .iter()
            .flatten()
            .any(|s| (s.y_px - spot.y_px).hypot(s.x_px - spot.x_px) < reach);
        if twin {
            tally.add("merged", 1);
        } else {
            rows[row].push(spot);
        }
    }
    let mut out: Vec<Spot> = rows.into_iter().flatten().collect();
    out.sort_by(Spot::by_place);
    out
}
