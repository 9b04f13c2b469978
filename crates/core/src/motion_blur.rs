//! What the path that a particle takes during the exposure adds to the error of its position.
//!
//! A spot is the picture of a path, and its fitted centre is not quite the mean of that path: an uneven path makes an
//! uneven spot, whose fit follows where the path is dense, and light falls off with the distance from focus, so that
//! the nearer part of the path counts more. The third moment of a path with the variance `p = D tE / 3` per axis moves
//! the centre of a spot of width `s` by about `p^(3/2) / s^2`, so that the variance of this error grows as `p^3 / s^4`.
//! A spot that came out narrow had a short path and has hardly any of it; one that came out much fainter than its
//! neighbours in time had a long path, of which the fit holds only a part. It cannot be seen in the residuals of a
//! single fit, and in fast films it is too small to be measured against the steps themselves.
//!
//! The factors and their growth with width and lost light were measured on simulated films of beads of 30 to 200 nm: isolated spots,
//! excess of the squared error over the stated one (`fixtures/scenes/mono-*.toml`); the classes of signal to noise in
//! `docs/validation.md` show what is left.
//!
//! In: px, frames. Assumes free diffusion, the same along the optical axis.

use crate::model::{FrameSpots, Spot, Track, TrackPoint, Trajectory};

/// Variance that an uneven path adds to a spot that is wide enough: this times `p^3 / s^4` ...
const UNEVEN: f64 = 0.05;
/// ... where its squared width exceeds that in focus by so many `p`, from none of it to all of it ...
const WIDENED: [f64; 2] = [0.5, 2.0];
/// ... and this times the square of the share of its light that is missing.
const MISSING_LIGHT: f64 = 2.0;
/// The light of a spot is known to within about this over its signal to noise, twice its standard error.
const MASS_NOISE: f64 = 3.0;
/// However long the path, the fit stays within it: neither is more than this share of its variance.
const MOST_UNEVEN: f64 = 0.05;
const MOST_LOST: f64 = 0.12;
/// Spots before and after to whose brightness a spot's own is compared.
const SPOTS_AROUND: usize = 2;
/// Weight of the common step variance, in steps, when a track's own is stated.
const STEPS_OF_PRIOR: f64 = 5.0;
/// Spots at least so strong tell the width in focus, if there are enough of them.
const STRONG_SNR: f64 = 15.0;
const LEAST_STRONG: usize = 50;
/// Their widths below this share of all are taken for that of the focus.
const IN_FOCUS_SHARE: f64 = 0.1;
/// No spot is narrower than this, px^2.
const LEAST_FOCUS_PX2: f64 = 0.3;

/// How the film is taken, as far as blur goes.
#[derive(Clone, Copy, Debug)]
pub struct Shutter {
    /// Side of a pixel in the sample, um.
    pub pixel_size_um: f64,
    /// Time between frames, s.
    pub frame_interval_s: f64,
    /// Time during which the shutter is open, s.
    pub exposure_s: f64,
}

/// Adds to the standard errors of all spots, in tracks and in frames, what motion during the exposure makes of them.
/// `trajectories` are the tracks in um without drift, in the same order.
pub fn widen_errors(
    tracks: &mut [Track],
    frames: &mut [FrameSpots],
    trajectories: &[Trajectory],
    shutter: &Shutter,
) {
    let (own, common) = paths_px2(trajectories, shutter);
    if !(common > 0.0 && common.is_finite()) {
        return;
    }
    let focus = focus_px2(tracks, &own);
    for frame in frames.iter_mut() {
        for spot in &mut frame.spots {
            widen(spot, common, focus, 0.0);
        }
    }
    for (track, path) in tracks.iter_mut().zip(&own) {
        let missing = missing_light(track);
        let points: Vec<TrackPoint> = track
            .points()
            .iter()
            .zip(missing)
            .map(|(p, missing)| {
                let mut point = *p;
                widen(&mut point.spot, *path, focus, missing);
                restate(frames, &point);
                point
            })
            .collect();
        if let Some(wider) = Track::new(track.id(), points) {
            *track = wider;
        }
    }
}

/// Gives the spot of the frame the error that it has in its track.
fn restate(frames: &mut [FrameSpots], point: &TrackPoint) {
    let Ok(at) = frames.binary_search_by_key(&point.frame, |f| f.frame) else {
        return;
    };
    let same = |s: &&mut Spot| s.x_px == point.spot.x_px && s.y_px == point.spot.y_px;
    if let Some(spot) = frames[at].spots.iter_mut().find(same) {
        spot.precision_px = point.spot.precision_px;
    }
}

/// Variance of a path during the exposure per axis, px^2: of each track, and the common one.
fn paths_px2(trajectories: &[Trajectory], shutter: &Shutter) -> (Vec<f64>, f64) {
    let share = (shutter.exposure_s / shutter.frame_interval_s).clamp(0.0, 1.0);
    let per_px2 = shutter.pixel_size_um.powi(-2);
    // The steps of blurred positions are shorter than those of the particle by a third of the share.
    let path = |step_um2: f64| step_um2 * per_px2 / (1.0 - share / 3.0) * share / 6.0;
    let sums: Vec<(f64, f64)> = trajectories
        .iter()
        .map(|t| step_sum(t, shutter.frame_interval_s))
        .collect();
    let mut each: Vec<f64> = sums
        .iter()
        .filter(|s| s.1 >= STEPS_OF_PRIOR)
        .map(|s| s.0 / s.1)
        .collect();
    let common = crate::tiles::median(&mut each).unwrap_or(0.0).max(0.0);
    let own = sums
        .iter()
        .map(|(sum, steps)| {
            let mean = (sum + STEPS_OF_PRIOR * common) / (steps + STEPS_OF_PRIOR);
            path(mean.max(0.0))
        })
        .collect();
    (own, path(common))
}

/// Sum over the steps of a track of its variance per axis and frame, freed from the errors of both ends, um^2, and how
/// many steps these are.
fn step_sum(t: &Trajectory, interval_s: f64) -> (f64, f64) {
    let (mut sum, mut steps) = (0.0, 0.0);
    for i in 1..t.len() {
        let frames = ((t.time_s()[i] - t.time_s()[i - 1]) / interval_s).max(1e-3);
        let dx = t.x_um()[i] - t.x_um()[i - 1];
        let dy = t.y_um()[i] - t.y_um()[i - 1];
        let noise = t.precision_um()[i].powi(2) + t.precision_um()[i - 1].powi(2);
        sum += (0.5 * (dx * dx + dy * dy) - noise) / frames;
        steps += 1.0;
    }
    (sum, steps)
}

/// Squared width of a spot in focus without motion, px^2.
fn focus_px2(tracks: &[Track], paths_px2: &[f64]) -> f64 {
    let all = tracks.iter().zip(paths_px2).flat_map(|(t, path)| {
        t.points()
            .iter()
            .map(move |p| (p.spot.snr, p.spot.width_px * p.spot.width_px - path))
    });
    let strong = all.clone().filter(|s| s.0 >= STRONG_SNR).map(|s| s.1);
    let mut squares: Vec<f64> = strong.collect();
    if squares.len() < LEAST_STRONG {
        squares = all.map(|s| s.1).collect();
    }
    squares.sort_by(f64::total_cmp);
    let at = (IN_FOCUS_SHARE * squares.len() as f64) as usize;
    squares.get(at).copied().unwrap_or(0.0).max(LEAST_FOCUS_PX2)
}

/// Share of its light that each spot of a track lacks, compared to the spots around it and beyond what noise does; 0 where
/// it lacks none.
fn missing_light(track: &Track) -> Vec<f64> {
    let mass: Vec<f64> = track.points().iter().map(|p| p.spot.mass_counts).collect();
    (0..mass.len())
        .map(|i| {
            let last = (i + SPOTS_AROUND).min(mass.len() - 1);
            let mut around = mass[i.saturating_sub(SPOTS_AROUND)..=last].to_vec();
            let usual = crate::tiles::median(&mut around).unwrap_or(0.0);
            let noise = MASS_NOISE / track.points()[i].spot.snr;
            let missing = 1.0 - mass[i] / usual - noise;
            if missing.is_finite() {
                missing.clamp(0.0, 1.0)
            } else {
                0.0
            }
        })
        .collect()
}

/// Widens the error of one spot whose path has the variance `p`, px^2, and which lacks a share `missing` of its light.
fn widen(spot: &mut Spot, p: f64, focus_px2: f64, missing: f64) {
    if !(p > 0.0 && p.is_finite()) {
        return;
    }
    let widened = (spot.width_px * spot.width_px - focus_px2) / p;
    let share = ((widened - WIDENED[0]) / (WIDENED[1] - WIDENED[0])).clamp(0.0, 1.0);
    let blur = p / focus_px2;
    let uneven = (share * UNEVEN * blur * blur).min(MOST_UNEVEN);
    let lost = (MISSING_LIGHT * missing * missing * blur * blur).min(MOST_LOST);
    let variance = spot.precision_px * spot.precision_px + (uneven + lost) * p;
    if variance.is_finite() {
        spot.precision_px = variance.sqrt();
    }
}
