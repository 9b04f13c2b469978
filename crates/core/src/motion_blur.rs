//! What the path that a particle takes during the exposure adds to the error of its position.
//!
//! A spot is the picture of a path. Its fitted centre is not quite the mean of that path, for two reasons. An uneven
//! path makes an uneven spot, and the peak of a Gaussian follows where the path is dense: the third moment of the path
//! moves it by an amount whose variance grows as `p^3 / s^4`, with `p = D tE / 3` the variance of a path per axis (Berg
//! 1993, Random Walks in Biology, for the mean over a path) and `s` the width of the spot without it. And light falls
//! off with the distance from focus, so that the part of the path nearer to the focus counts more: `p^2 (d ln A / dz)^2`.
//! Both are known once the exposure and the particle's own steps are; neither can be seen in a single fit, and against
//! the steps themselves both are too small to be measured in fast films.
//!
//! The two factors were measured on simulated films of beads of 30 to 500 nm, isolated spots, in five classes of
//! distance from focus (`fixtures/scenes/mono-*.toml`): excess of the squared error over the stated one.
//!
//! In: px, frames. Assumes free diffusion, the same along the optical axis.

use crate::model::{FrameSpots, Spot, Track, TrackPoint, Trajectory};

/// Variance that an uneven path adds: this times `p^3 / s^4`.
const UNEVEN: f64 = 0.039;
/// Variance that uneven light adds: this times `p^2 (d ln A / dz)^2`.
const UNEVEN_LIGHT: f64 = 1.0;
/// Depth of focus of a spot of width `s`, over `s^2`, per um: `4 pi n / wavelength` of a Gaussian beam (Saleh & Teich,
/// Fundamentals of Photonics, eq. 3.1-11) in water at 500 nm.
const DEPTH_PER_WIDTH2_UM: f64 = 33.4;
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
    let optics = Optics::learn(tracks, &own, shutter);
    for frame in frames.iter_mut() {
        for spot in &mut frame.spots {
            optics.widen(spot, common);
        }
    }
    for (track, path) in tracks.iter_mut().zip(&own) {
        let points: Vec<TrackPoint> = track
            .points()
            .iter()
            .map(|p| {
                let mut point = *p;
                optics.widen(&mut point.spot, *path);
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

/// What the optics do to a spot.
struct Optics {
    /// Squared width of a spot in focus, px^2.
    focus_px2: f64,
    /// Squared depth of focus, px^2.
    depth_px2: f64,
}

impl Optics {
    fn learn(tracks: &[Track], paths_px2: &[f64], shutter: &Shutter) -> Self {
        let own_width = |s: &Spot, path: f64| s.width_px * s.width_px - path;
        let all = tracks.iter().zip(paths_px2).flat_map(|(t, path)| {
            t.points()
                .iter()
                .map(move |p| (p.spot.snr, own_width(&p.spot, *path)))
        });
        let mut strong: Vec<f64> = all
            .clone()
            .filter(|s| s.0 >= STRONG_SNR)
            .map(|s| s.1)
            .collect();
        if strong.len() < LEAST_STRONG {
            strong = all.map(|s| s.1).collect();
        }
        strong.sort_by(f64::total_cmp);
        let at = (IN_FOCUS_SHARE * strong.len() as f64) as usize;
        let focus_px2 = strong.get(at).copied().unwrap_or(0.0).max(LEAST_FOCUS_PX2);
        let depth_px = DEPTH_PER_WIDTH2_UM * focus_px2 * shutter.pixel_size_um;
        Self {
            focus_px2,
            depth_px2: depth_px * depth_px,
        }
    }

    fn widen(&self, spot: &mut Spot, path_px2: f64) {
        let p = path_px2;
        // Out of focus a spot is wider by the factor q in its variance, and d ln A / dz = 2 sqrt(q - 1) / (depth q).
        let own_px2 = (spot.width_px * spot.width_px - p).max(self.focus_px2);
        let q = own_px2 / self.focus_px2;
        let uneven = UNEVEN * p * p * p / (own_px2 * own_px2);
        let light = UNEVEN_LIGHT * p * p * 4.0 * (q - 1.0) / (self.depth_px2 * q * q);
        let variance = spot.precision_px * spot.precision_px + uneven + light;
        if variance.is_finite() {
            spot.precision_px = variance.sqrt();
        }
    }
}
