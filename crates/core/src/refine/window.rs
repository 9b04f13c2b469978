//! The pixels around a spot.

use crate::Tally;
use crate::film::Film;
use crate::model::{Flat, Spot};

/// Pixels of a square window that may be used, with their distance from its centre.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Row of the centre, px.
    pub(super) y: f64,
    /// Column of the centre, px.
    pub(super) x: f64,
    /// (row offset, column offset, counts), row-major.
    pub(super) pixels: Vec<(i32, i32, f64)>,
    /// Half its side, px.
    pub(super) radius: i32,
}

impl Window {
    /// The window of half side `radius` around the pixel nearest to a point, without saturated and masked pixels.
    pub(super) fn around(flat: &Flat, film: &Film, y: f64, x: f64, radius: i32) -> Self {
        let (height, width) = flat.image.dim();
        let (cy, cx) = (y.round(), x.round());
        let mut window = Self {
            y: cy,
            x: cx,
            pixels: Vec::new(),
            radius,
        };
        if !cy.is_finite() || !cx.is_finite() || film.usable.dim() != (height, width) {
            return window;
        }
        window
            .pixels
            .reserve(((2 * radius + 1) * (2 * radius + 1)) as usize);
        for dy in -radius..=radius {
            let row = cy + f64::from(dy);
            if row < 0.0 || row >= height as f64 {
                continue;
            }
            let row = row as usize;
            let from = flat.saturated.partition_point(|s| (s.0 as usize) < row);
            let to = flat.saturated.partition_point(|s| s.0 as usize <= row);
            let saturated = &flat.saturated[from..to];
            for dx in -radius..=radius {
                let column = cx + f64::from(dx);
                if column < 0.0 || column >= width as f64 {
                    continue;
                }
                let column = column as usize;
                let full = saturated
                    .binary_search(&(row as u32, column as u32))
                    .is_ok();
                if film.usable[[row, column]] && !full {
                    let counts = f64::from(flat.image[[row, column]]);
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
    out.sort_by(|a, b| a.y_px.total_cmp(&b.y_px).then(a.x_px.total_cmp(&b.x_px)));
    out
}
