//! One small picture of the contact sheet: a cut-out of a frame, enlarged, with rings around what was seen in it.

use super::Scene;
use super::again::{Cut, Wish};
use super::canvas::{Area, Canvas, Pen};
use super::census::Kind;
use super::style::{BEYOND, Contrast, FAINT, MARGIN, PALE_INK};
use nta_core::{FrameIndex, Spot};

/// Side of a small picture, px of the canvas.
pub(super) const TILE: usize = 188;
/// From one small picture to the next, px of the canvas.
pub(super) const STEP: usize = TILE + MARGIN;
/// Half the side of a small picture is within these, px of the frame.
const HALF_PX: (f64, f64) = (8.0, 45.0);
/// Spots below this are shown averaged.
const FAINT_SNR: f64 = 10.0;

/// Half the side of a cut-out that shows at least so much and fills a tile, px of the frame.
pub(super) fn half_px(wanted: f64) -> i64 {
    let sane = if wanted.is_finite() {
        wanted
    } else {
        HALF_PX.0
    };
    let side = 2 * sane.clamp(HALF_PX.0, HALF_PX.1).ceil() as usize + 1;
    let zoom = (TILE / side).max(1);
    (TILE.div_ceil(zoom) / 2) as i64
}

/// How a small picture is shown.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Height of the spot above what is behind it, counts.
    peak_counts: f64,
    /// Each pixel is averaged with its neighbours up to this far, px.
    average_px: usize,
}

impl Look {
    /// The look for the mean of some spots. Faint ones are averaged about as the detector does; in single pixels noise
    /// hides them.
    pub fn of(scene: &Scene<'_>, spots: &[&Spot]) -> Self {
        let n = spots.len() as f64;
        let mean = |value: &dyn Fn(&Spot) -> f64| spots.iter().map(|s| value(s)).sum::<f64>() / n;
        let average_px = if mean(&|s| s.snr) < FAINT_SNR {
            (0.8 * mean(&|s| 0.5 * scene.ring_px(s))).round().max(1.0) as usize
        } else {
            0
        };
        Self {
            peak_counts: mean(&|s| s.peak_counts),
            average_px,
        }
    }

    /// The contrast for what is behind a spot, counts: the median of the cut-out, which no neighbour moves far.
    fn contrast(self, scene: &Scene<'_>, behind_counts: f64) -> Contrast {
        let film = &scene.census.video.film;
        // So many pixels along each side are averaged.
        let across = (2 * self.average_px + 1) as f64;
        let noise = f64::from(film.noise_counts) / across;
        let whole = &scene.contrast;
        whole.for_spot(film.polarity, behind_counts, self.peak_counts, noise)
    }
}

/// A pixel averaged with its neighbours in a square; `None` beyond the edge of the frame.
fn averaged(cut: &Cut, side: usize, i: usize, reach: usize) -> Option<f64> {
    cut[i]?;
    let around = |v: usize| v.saturating_sub(reach)..(v + reach + 1).min(side);
    let rows = around(i / side);
    let near = rows.flat_map(|y| around(i % side).filter_map(move |x| cut[y * side + x]));
    let (sum, n) = near.fold((0.0, 0.0), |(sum, n), v| (sum + f64::from(v), n + 1.0));
    Some(sum / n)
}

/// A small picture.
pub(super) struct Tile {
    pub area: Area,
    pub wish: Wish,
    /// Canvas pixels along the side of a frame pixel.
    pub zoom: usize,
}

impl Tile {
    /// The `place`-th of a row whose top is `y`.
    pub fn new(place: usize, y: usize, wish: Wish) -> Self {
        let area = Area {
            x: MARGIN + place * STEP,
            y,
            width: TILE,
            height: TILE,
        };
        Self {
            area,
            wish,
            zoom: TILE.div_ceil(wish.side_px()),
        }
    }

    /// Canvas pixels of the cut-out that do not fit at either side.
    fn inset(&self) -> usize {
        (self.wish.side_px() * self.zoom).saturating_sub(TILE) / 2
    }

    pub fn picture(&self, canvas: &mut Canvas, scene: &Scene<'_>, look: Look, cut: Option<&Cut>) {
        canvas.fill(self.area, BEYOND);
        canvas.frame(self.area, PALE_INK);
        let side = self.wish.side_px();
        let Some(cut) = cut else {
            return;
        };
        let counts: Vec<Option<f64>> = (0..side * side)
            .map(|i| averaged(cut, side, i, look.average_px))
            .collect();
        let mut sorted: Vec<f64> = counts.iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let Some(behind) = sorted.get(sorted.len() / 2) else {
            return;
        };
        let contrast = look.contrast(scene, *behind);
        let inset = self.inset();
        for v in 0..TILE {
            for u in 0..TILE {
                let at = |w: usize| ((w + inset) / self.zoom).min(side - 1);
                if let Some(counts) = counts[at(v) * side + at(u)] {
                    let grey = contrast.grey(counts);
                    canvas.blend(self.area.x + u, self.area.y + v, [grey; 3], 1.0);
                }
            }
        }
    }

    /// Place of a point of the frame on the canvas.
    pub fn place(&self, spot: &Spot) -> (f64, f64) {
        let (left, top) = self.wish.corner_px();
        let at = |start: usize, v: f64| {
            start as f64 - self.inset() as f64 + (v + 0.5) * self.zoom as f64
        };
        (
            at(self.area.x, spot.x_px - left as f64),
            at(self.area.y, spot.y_px - top as f64),
        )
    }

    pub fn ring(&self, canvas: &mut Canvas, scene: &Scene<'_>, spot: &Spot, pen: Pen) {
        let radius = scene.ring_px(spot) * self.zoom as f64;
        canvas.ring(self.place(spot), radius, pen);
    }

    /// Rings around what else was seen in the frame, the faint ones left out.
    pub fn others(
        &self,
        canvas: &mut Canvas,
        scene: &Scene<'_>,
        frame: FrameIndex,
        known: &[&Spot],
    ) {
        let pen = Pen::new(scene.contrast.on_ground(FAINT), 1.0);
        for spot in scene.census.spots(frame) {
            let other = scene.census.kind(frame, spot) != Kind::Faint && !known.contains(&spot);
            if other {
                self.ring(canvas, scene, spot, pen);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_fills_its_tile_and_shows_what_was_wanted() {
        for wanted in [0.0, 8.0, 9.4, 17.0, 30.0, 45.0, 1e9, f64::NAN] {
            let half = half_px(wanted);
            let tile = Tile::new(0, 0, Wish::about(FrameIndex(0), 50.0, 60.0, half));
            let side = tile.wish.side_px();
            assert!(
                half as f64 >= wanted.min(HALF_PX.1) || wanted.is_nan(),
                "{wanted}"
            );
            assert!(side * tile.zoom >= TILE, "{wanted}");
            assert!(2 * tile.inset() < side * tile.zoom, "{wanted}");
            assert!(
                (side - 4) * tile.zoom < TILE,
                "{wanted}: {side} px, {}",
                tile.zoom
            );
        }
    }

    #[test]
    fn averages_leave_out_what_lies_beyond_the_edge() {
        let cut = vec![
            None,
            Some(4),
            Some(8),
            None,
            Some(6),
            Some(10),
            None,
            None,
            None,
        ];
        assert_eq!(averaged(&cut, 3, 1, 0), Some(4.0));
        assert_eq!(averaged(&cut, 3, 1, 1), Some(7.0));
        assert_eq!(averaged(&cut, 3, 0, 1), None);
    }
}
