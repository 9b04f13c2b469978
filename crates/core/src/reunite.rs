//! Particles that one frame shows as two spots.
//!
//! A fast particle that rests twice on its way through one exposure leaves two spots, with a gap between them that no single
//! frame can tell from two particles. Time can: before and after there is one, and the two share its light. Left
//! as they are, each of them is the other's rival for the track, which then ends; and as the steps beside such frames are
//! long ones, the fastest particles would look slow.
//!
//! In: px, counts, frames. Assumes that the camera keeps its gain and the particle its brightness from frame to frame.

use crate::model::{FrameSpots, Spot};

/// Two spots are one particle's only up to so many usual widths from one another; farther than that they are hardly seen.
const FARTHEST_WIDTHS: f64 = 5.0;
/// Spots before and after are counted within so many of their distances.
const REACH_DISTANCES: f64 = 3.0;
/// The particle moves at least this share of the distance of its two spots from, or to, a neighbouring frame.
const LEAST_MOVED: f64 = 0.6;
/// The error per axis, in distances of the two: what the fits do not see of the path between them, and that they may have been two
/// particles after all.
const DOUBT: f64 = 0.15;
/// A spot with less than this share of the light of the fainter of the two counts as none.
const LEAST_SHARE: f64 = 0.5;

/// Joins the two spots of one particle, in all frames; gives how many pairs there were. `usual_width_px` is that of a spot.
pub(crate) fn reunite(frames: &mut [FrameSpots], usual_width_px: f64) -> u64 {
    let farthest = FARTHEST_WIDTHS * usual_width_px;
    // What was joined does not serve as the one spot of a neighbour in time, so that the order of frames does not matter.
    let joined: Vec<Vec<(usize, usize)>> = (1..frames.len().saturating_sub(1))
        .map(|k| {
            let [before, here, after] = &frames[k - 1..=k + 1] else {
                return Vec::new();
            };
            // Over frames that the camera dropped everything moves far.
            if u64::from(before.frame.0) + 2 != u64::from(after.frame.0) {
                return Vec::new();
            }
            lone_pairs(&here.spots, farthest)
                .into_iter()
                .filter(|(a, b)| is_one(&here.spots[*a], &here.spots[*b], before, after))
                .collect()
        })
        .collect();
    let mut count = 0;
    for (frame, pairs) in frames.iter_mut().skip(1).zip(&joined) {
        count += pairs.len() as u64;
        for (a, b) in pairs {
            frame.spots[*a] = union(&frame.spots[*a], &frame.spots[*b]);
        }
        let mut place = 0..;
        frame.spots.retain(|_| {
            let place = place.next();
            !pairs.iter().any(|(_, b)| Some(*b) == place)
        });
        if !pairs.is_empty() {
            frame.spots.sort_by(Spot::by_place);
        }
    }
    count
}

/// Spots no farther from one another than `farthest`, of which neither has a third so near. They come in the order of y.
fn lone_pairs(spots: &[Spot], farthest: f64) -> Vec<(usize, usize)> {
    let mut partners = vec![0; spots.len()];
    let mut pairs = Vec::new();
    for (i, a) in spots.iter().enumerate() {
        for (j, b) in spots.iter().enumerate().skip(i + 1) {
            if b.y_px - a.y_px > farthest {
                break;
            }
            if distance(a, b) <= farthest {
                partners[i] += 1;
                partners[j] += 1;
                pairs.push((i, j));
            }
        }
    }
    pairs.retain(|(i, j)| partners[*i] == 1 && partners[*j] == 1);
    pairs
}

/// Whether the two have, between them, the light of the only spot there is before and after, which moves that far.
fn is_one(a: &Spot, b: &Spot, before: &FrameSpots, after: &FrameSpots) -> bool {
    let least = a.mass_counts.min(b.mass_counts);
    if least <= 0.0 {
        return false;
    }
    let middle = union(a, b);
    let reach = REACH_DISTANCES * distance(a, b);
    let only = |frame: &FrameSpots| {
        let first = frame
            .spots
            .partition_point(|s| s.y_px < middle.y_px - reach);
        let mut near = frame.spots[first..]
            .iter()
            .take_while(|s| s.y_px <= middle.y_px + reach)
            .filter(|s| distance(s, &middle) <= reach && s.mass_counts >= LEAST_SHARE * least);
        let spot = near.next().copied();
        spot.filter(|_| near.next().is_none())
    };
    let (Some(before), Some(after)) = (only(before), only(after)) else {
        return false;
    };
    // What goes so far while the shutter is open goes nearly as far from frame to frame; two slow particles that are told apart
    // in one frame only do not.
    let moved = distance(&before, &middle).max(distance(&after, &middle));
    if moved < LEAST_MOVED * distance(a, b) {
        return false;
    }
    // Where the brightness jumps, for instance because the particle leaves the focus, the brighter frame counts.
    let usual = before.mass_counts.max(after.mass_counts);
    let off = |mass: f64| (mass / usual).max(usual / mass);
    off(middle.mass_counts) < off(middle.mass_counts - least)
}

/// The two as one spot: its place is the middle of the light, which is the mean place during the exposure.
fn union(a: &Spot, b: &Spot) -> Spot {
    let mass = a.mass_counts + b.mass_counts;
    let (of_a, of_b) = (a.mass_counts / mass, b.mass_counts / mass);
    let mean = |v: f64, w: f64| of_a * v + of_b * w;
    let apart2 = distance(a, b).powi(2);
    let width_px =
        (mean(a.width_px.powi(2), b.width_px.powi(2)) + 0.5 * of_a * of_b * apart2).sqrt();
    // The middle moves with the shares of light, whose relative errors are those of the heights, 1 / snr.
    let relative2 = |s: &Spot| s.snr.max(1.0).powi(-2);
    let shares2 = (of_a * of_b).powi(2) * (relative2(a) + relative2(b));
    let precision2 = (of_a * a.precision_px).powi(2) + (of_b * b.precision_px).powi(2);
    Spot {
        x_px: mean(a.x_px, b.x_px),
        y_px: mean(a.y_px, b.y_px),
        precision_px: (precision2 + (0.5 * shares2 + DOUBT * DOUBT) * apart2).sqrt(),
        width_px,
        mass_counts: mass,
        peak_counts: mass / (std::f64::consts::TAU * width_px * width_px),
        background_counts: mean(a.background_counts, b.background_counts),
        snr: a.snr.hypot(b.snr),
    }
}

fn distance(a: &Spot, b: &Spot) -> f64 {
    (a.x_px - b.x_px).hypot(a.y_px - b.y_px)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameIndex;

    fn spot(x_px: f64, y_px: f64, mass_counts: f64) -> Spot {
        Spot {
            x_px,
            y_px,
            precision_px: 0.1,
            width_px: 1.5,
            mass_counts,
            peak_counts: mass_counts / 14.0,
            background_counts: 0.0,
            snr: 20.0,
        }
    }

    fn film(frames: &[&[Spot]]) -> Vec<FrameSpots> {
        let of = |(k, spots): (usize, &&[Spot])| FrameSpots {
            frame: FrameIndex(k as u32),
            time_s: 0.1 * k as f64,
            spots: spots.to_vec(),
        };
        frames.iter().enumerate().map(of).collect()
    }

    #[test]
    fn one_that_is_two_for_a_frame_is_one() {
        let far = spot(90.0, 60.0, 100.0);
        let mut frames = film(&[
            &[spot(20.0, 50.0, 100.0), far],
            &[spot(20.0, 50.0, 60.0), spot(24.0, 53.0, 40.0), far],
            &[spot(27.0, 52.0, 105.0), far],
        ]);
        assert_eq!(reunite(&mut frames, 1.5), 1);
        let one = frames[1].spots[0];
        assert_eq!(frames[1].spots.len(), 2);
        assert!((one.x_px - 21.6).abs() < 1e-9 && (one.y_px - 51.2).abs() < 1e-9);
        assert_eq!(one.mass_counts, 100.0);
        // Variance of the light: 1.5^2 in each lump and 0.6 x 0.4 x 25 / 2 between them.
        assert!((one.width_px - (2.25f64 + 3.0).sqrt()).abs() < 1e-9);
        let shares2 = 0.24f64.powi(2) * 2.0 / 400.0;
        let expected = (0.01 * (0.36 + 0.16) + (0.5 * shares2 + 0.0225) * 25.0f64).sqrt();
        assert!((one.precision_px - expected).abs() < 1e-12);
    }

    #[test]
    fn two_stay_two() {
        let (a, b) = (spot(20.0, 50.0, 100.0), spot(24.0, 53.0, 40.0));
        // Both are there before, or after.
        let mut frames = film(&[&[a, b], &[a, b], &[a]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        let mut frames = film(&[&[a], &[a, b], &[a, b]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        // One of them alone has the light of the one before and after: a stranger came by.
        let mut frames = film(&[&[a], &[a, b], &[a]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        // They hardly move.
        let halves = [spot(20.0, 50.0, 55.0), spot(24.0, 53.0, 50.0)];
        let mut frames = film(&[&[a], &halves, &[spot(22.0, 51.0, 105.0)]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        // Nothing before; too far apart; three together; the ends of the film.
        let mut frames = film(&[&[], &halves, &[a]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        let wide = [spot(20.0, 50.0, 55.0), spot(26.1, 50.0, 50.0)];
        let mut frames = film(&[&[a], &wide, &[a]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        let three = [halves[0], halves[1], spot(22.0, 54.0, 20.0)];
        let mut frames = film(&[&[a], &three, &[a]]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        let mut frames = film(&[&halves, &[a], &halves]);
        assert_eq!(reunite(&mut frames, 1.5), 0);
        assert_eq!(reunite(&mut [], 1.5), 0);
    }
}
