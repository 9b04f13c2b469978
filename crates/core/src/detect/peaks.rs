//! Peaks of filtered pictures.

use crate::filter::{Heights, LANES, Plane};
use std::sync::LazyLock;

/// A local maximum between the pixels of a filtered picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// Row, px of that picture.
    pub(super) y: f64,
    /// Column, px of that picture.
    pub(super) x: f64,
    /// Height at the highest pixel.
    pub(super) height: f64,
}

/// Pixels above `limit` that no neighbour exceeds, in row-major order, moved to the top of the parabola through their
/// neighbours. Of equal neighbours the first counts.
pub(super) fn local_maxima(plane: &Plane, limit: f32) -> Vec<Peak> {
    let mut high = Vec::new();
    for y in 0..plane.height {
        for (block, x) in plane.row(y).chunks(LANES).zip((0..).step_by(LANES)) {
            add_high(block, (y, x), limit, &mut high);
        }
    }
    maxima_in(plane, limit, &high).collect()
}

/// Adds the places of the pixels above `floor` in a block that begins at (row, column). Hardly any block has one, so that
/// it is looked at as a whole first.
#[inline(always)]
pub(super) fn add_high(
    block: &[f32],
    (y, start): (usize, usize),
    floor: f32,
    out: &mut Vec<(usize, usize)>,
) {
    let mut any = false;
    for v in block {
        any |= *v > floor;
    }
    if any {
        let high = (start..).zip(block).filter(|(_, v)| **v > floor);
        out.extend(high.map(|(x, _)| (y, x)));
    }
}

/// As [`local_maxima`] from all pixels that may be above the limit, in row-major order.
pub(super) fn maxima_in(
    picture: &impl Heights,
    limit: f32,
    high: &[(usize, usize)],
) -> impl Iterator<Item = Peak> {
    let (_, width) = picture.dim();
    let inside = high.iter().filter(move |(_, x)| *x < width);
    inside.filter_map(move |(y, x)| {
        let v = picture.height(*y, *x);
        (v > limit && picture.is_highest(*y, *x)).then(|| top(picture, *y, *x, v))
    })
}

fn top(picture: &impl Heights, y: usize, x: usize, v: f32) -> Peak {
    let v = f64::from(v);
    let (height, width) = picture.dim();
    let offset = |before: Option<f32>, after: Option<f32>| match (before, after) {
        (Some(a), Some(b)) => {
            let (a, b) = (f64::from(a), f64::from(b));
            let bend = a - 2.0 * v + b;
            if bend < 0.0 {
                (0.5 * (a - b) / bend).clamp(-0.5, 0.5)
            } else {
                0.0
            }
        }
        _ => 0.0,
    };
    let at = |y: Option<usize>, x: Option<usize>| {
        let (y, x) = (y?, x?);
        (y < height && x < width).then(|| picture.height(y, x))
    };
    Peak {
        y: y as f64 + offset(at(y.checked_sub(1), Some(x)), at(Some(y + 1), Some(x))),
        x: x as f64 + offset(at(Some(y), x.checked_sub(1)), at(Some(y), Some(x + 1))),
        height: v,
    }
}

/// True if the peak lies on a ridge, such as the rim of a ring: in two directions that face each other within 70
/// degrees the picture falls much less than beside a spot of width `sigma`. A lone spot, filtered by its own width,
/// has 0.4 of its height left at 1.75 widths and 0.1 at 2.5; one neighbour lifts one side only.
pub(super) fn on_ridge(picture: &impl Heights, peak: &Peak, sigma: f64) -> bool {
    high_on_both_sides(picture, peak, 2.5 * sigma, 0.5)
        || high_on_both_sides(picture, peak, 1.75 * sigma, 0.75)
}

/// Directions in which the picture is asked around a peak.
const DIRECTIONS: usize = 16;

/// Sine and cosine of each direction.
static CIRCLE: LazyLock<[(f64, f64); DIRECTIONS]> = LazyLock::new(|| {
    std::array::from_fn(|i| (i as f64 * std::f64::consts::TAU / DIRECTIONS as f64).sin_cos())
});

fn high_on_both_sides(picture: &impl Heights, peak: &Peak, radius: f64, share: f64) -> bool {
    let (height, width) = picture.dim();
    let is_high = |i: usize| {
        let (sin, cos) = CIRCLE[i];
        let (y, x) = (peak.y + radius * sin, peak.x + radius * cos);
        // Beyond the edge there is nothing that could speak for a ridge.
        let inside = y >= 0.0 && x >= 0.0 && y <= height as f64 - 1.0 && x <= width as f64 - 1.0;
        inside && f64::from(picture.between(y, x)) > share * peak.height
    };
    let mut high = [false; DIRECTIONS];
    // Two that face each other cannot both be among the last five, so that they need not be asked where all others are low.
    let first = DIRECTIONS - 5;
    (0..first).for_each(|i| high[i] = is_high(i));
    if high == [false; DIRECTIONS] {
        return false;
    }
    (first..DIRECTIONS).for_each(|i| high[i] = is_high(i));
    (0..DIRECTIONS).any(|i| high[i] && (5..=11).any(|turn| high[(i + turn) % DIRECTIONS]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn the_top_is_found_between_pixels_and_a_plateau_counts_once() {
        let image = Array2::from_shape_fn((21, 31), |(y, x)| {
            let r2 = (y as f32 - 9.7).powi(2) + (x as f32 - 14.2).powi(2);
            10.0 * (-r2 / 18.0).exp()
        });
        let peaks = local_maxima(&Plane::of(&image), 1.0);
        assert_eq!(peaks.len(), 1);
        assert!((peaks[0].y - 9.7).abs() < 0.03 && (peaks[0].x - 14.2).abs() < 0.03);
        let flat = Plane::of(&Array2::from_elem((3, 5), 2.0));
        assert_eq!(local_maxima(&flat, 1.0).len(), 1);
        assert!(local_maxima(&Plane::new(0, 0), 1.0).is_empty());
    }

    #[test]
    fn a_ring_is_a_ridge_and_a_pair_is_not() {
        let ring = Array2::from_shape_fn((60, 60), |(y, x)| {
            let r = (y as f32 - 30.0).hypot(x as f32 - 30.0);
            10.0 * (-(r - 12.0).powi(2) / 8.0).exp() * (1.0 + 0.1 * x as f32 / 60.0)
        });
        let plane = Plane::of(&ring);
        let peaks = local_maxima(&plane, 5.0);
        assert!(!peaks.is_empty());
        assert!(peaks.iter().all(|p| on_ridge(&plane, p, 2.0)));
        let pair = Array2::from_shape_fn((60, 60), |(y, x)| {
            let spot =
                |cx: f32| (-((y as f32 - 30.0).powi(2) + (x as f32 - cx).powi(2)) / 8.0).exp();
            10.0 * (spot(27.0) + spot(33.0))
        });
        let plane = Plane::of(&pair);
        let peaks = local_maxima(&plane, 5.0);
        assert_eq!(peaks.len(), 2);
        assert!(peaks.iter().all(|p| !on_ridge(&plane, p, 2.0)));
    }
}
