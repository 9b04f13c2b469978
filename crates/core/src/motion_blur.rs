//! What the path that a particle takes during the exposure adds to the error of its position.
//!
//! A spot is the picture of a path, and its fitted centre is not quite the mean of that path: an uneven path makes an
//! uneven spot, whose fit follows where the path is dense, and light falls off with the distance from focus, so that
//! the nearer part of the path counts more. How long the path was shows in the spot: with the variance `p = D tE / 3` per
//! axis on average, a spot of the squared width `w^2` instead of `w0^2` in focus had a path of about `w^2 - w0^2`, and the
//! variance of the error grows as `(w^2 - w0^2) p / w0^2`. One that came out fainter than its neighbours in time had a
//! long path, of which the fit holds only a part. Neither can be seen in the residuals of a single fit, and in fast films
//! it is too small to be measured against the steps themselves.
//!
//! The factors were set on simulated films of beads of 30 to 200 nm: isolated
//! spots, excess of the squared error over the stated one (`fixtures/scenes/mono-*.toml`, seed 1; last adjusted on ten seeds of 50 and 100 nm), and of 100 nm at 150 per
//! frame. The classes of signal to noise in `docs/validation.md`, which has these films among others, show what is left.
//!
//! In: px, frames. Assumes free diffusion, the same along the optical axis.

use crate::model::{FrameSpots, Spot, Track, Trajectory, restate_precisions};

/// Variance of the error of an uneven path over `p`: this times `p / w0^2` ...
const UNEVEN: f64 = 0.0085;
/// ... and times the growth of the squared width over `p`, beyond this much, which the focus itself may vary.
const LEAST_WIDENED: f64 = 0.5;
/// However long the path, the fit stays within it: no more than this.
const MOST_UNEVEN: f64 = 0.05;
/// Variance of the error over `p` where all light is missing and `p` is no less than `w0^2`, and with its square below.
const MISSING_LIGHT: f64 = 1.25;
/// The light of a spot is known to within about this over its signal to noise, twice its standard error.
const MASS_NOISE: f64 = 3.0;
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
    // A spot that goes with no other is often a lump at one end of a path, and its particle in the middle.
    let alone = |spot: &Spot| widened(spot, common, focus, 0.0).hypot(2.0 * common.sqrt());
    let of_track = |i: usize, track: &Track| {
        if let [only] = track.points() {
            return vec![alone(&only.spot)];
        }
        let points = track.points().iter().zip(missing_light(track));
        points
            .map(|(p, missing)| widened(&p.spot, own[i], focus, missing))
            .collect()
    };
    restate_precisions(tracks, frames, of_track, alone);
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
    // Where all tracks are short, all their steps together.
    let pooled = || {
        let all = sums.iter().fold((0.0, 0.0), |a, s| (a.0 + s.0, a.1 + s.1));
        all.0 / all.1.max(1.0)
    };
    let common = crate::tiles::median(&mut each)
        .unwrap_or_else(pooled)
        .max(0.0);
    let own = sums
        .iter()
        .map(|(sum, frames)| {
            let mean = (sum + STEPS_OF_PRIOR * common) / (frames + STEPS_OF_PRIOR);
            path(mean.max(0.0))
        })
        .collect();
    (own, path(common))
}

/// Sum over the steps of a track of their variance per axis, freed from the errors of both ends, um^2, and the time they
/// took, frames. Steps over frames without the particle are left out: those that were found again are the short ones.
fn step_sum(t: &Trajectory, interval_s: f64) -> (f64, f64) {
    let (mut sum, mut frames) = (0.0, 0.0);
    let span = |i: usize| t.frames()[i].0 - t.frames()[i - 1].0;
    let shortest = (1..t.len()).map(span).min();
    for i in (1..t.len()).filter(|i| Some(span(*i)) == shortest) {
        let dx = t.x_um()[i] - t.x_um()[i - 1];
        let dy = t.y_um()[i] - t.y_um()[i - 1];
        let noise = t.precision_um()[i].powi(2) + t.precision_um()[i - 1].powi(2);
        sum += 0.5 * (dx * dx + dy * dy) - noise;
        frames += (t.time_s()[i] - t.time_s()[i - 1]) / interval_s;
    }
    (sum, frames)
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

/// The error of one spot, px, whose path has the variance `p`, px^2, and which lacks a share `missing` of its light.
fn widened(spot: &Spot, p: f64, focus_px2: f64, missing: f64) -> f64 {
    if !(p > 0.0 && p.is_finite()) {
        return spot.precision_px;
    }
    let growth = (spot.width_px * spot.width_px - focus_px2) / p;
    let blur = p / focus_px2;
    let uneven = (UNEVEN * (growth - LEAST_WIDENED).max(0.0) * blur).min(MOST_UNEVEN);
    let lost = MISSING_LIGHT * missing * blur.min(1.0).powi(2);
    let variance = spot.precision_px * spot.precision_px + (uneven + lost) * p;
    if variance.is_finite() {
        variance.sqrt()
    } else {
        spot.precision_px
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Drift;
    use crate::model::{Acquisition, FrameIndex, Stated, TrackId, TrackPoint};

    const SHUTTER: Shutter = Shutter {
        pixel_size_um: 0.2,
        frame_interval_s: 0.1,
        exposure_s: 0.05,
    };

    fn spot(x_px: f64, width_px: f64, mass_counts: f64) -> Spot {
        Spot {
            x_px,
            y_px: 50.0,
            precision_px: 0.01,
            width_px,
            mass_counts,
            peak_counts: 100.0,
            background_counts: 0.0,
            snr: 60.0,
        }
    }

    /// A particle that steps by 2 px to and fro, so that `r^2 / 2` is 2 px^2 per frame and axis.
    fn track(widths: &[f64], mass: impl Fn(usize) -> f64) -> Track {
        let points = widths.iter().enumerate().map(|(k, width)| TrackPoint {
            frame: FrameIndex(k as u32),
            time_s: 0.1 * k as f64,
            spot: spot(20.0 + 2.0 * (k % 2) as f64, *width, mass(k)),
        });
        Track::new(TrackId(0), points.collect()).expect("a track")
    }

    /// Errors after, in the track and in the frames, which also hold a spot without a track.
    fn widened(track: Track, shutter: &Shutter) -> (Vec<f64>, Vec<f64>) {
        let acquisition = Acquisition {
            pixel_size_um: Stated::new(shutter.pixel_size_um, "test"),
            frame_interval_s: Stated::new(shutter.frame_interval_s, "test"),
            exposure_s: None,
            bit_depth: None,
        };
        let mut frames: Vec<FrameSpots> = track
            .points()
            .iter()
            .map(|p| FrameSpots {
                frame: p.frame,
                time_s: p.time_s,
                spots: vec![p.spot, spot(90.0, 2.0, 100.0)],
            })
            .collect();
        let trajectory = Trajectory::from_track(&track, &acquisition, &Drift::none());
        let mut tracks = [track];
        widen_errors(&mut tracks, &mut frames, &[trajectory], shutter);
        let of_track = tracks[0].points().iter().map(|p| p.spot.precision_px);
        let of_frames = frames.iter().flat_map(|f| &f.spots).map(|s| s.precision_px);
        (of_track.collect(), of_frames.collect())
    }

    #[test]
    fn the_path_in_the_exposure_counts_as_written() {
        let widths = [1.5; 20];
        let (errors, frames) = widened(track(&widths, |_| 100.0), &SHUTTER);
        // Half of the time open: p = 2 / (1 - 0.5 / 3) x 0.5 / 6 px^2, less the errors of both ends.
        let p = (2.0 - 2e-4) / (1.0 - 0.5 / 3.0) * 0.5 / 6.0;
        let focus = 1.5f64.powi(2) - p;
        let blur = p / focus;
        // All widths are alike, so their excess over the focus is one p, of which a half counts.
        let uneven = UNEVEN * 0.5 * blur;
        let expected = (1e-4 + uneven * p).sqrt();
        for e in errors {
            assert!((e / expected - 1.0).abs() < 1e-9, "{e} for {expected}");
        }
        // The spot in the track is stated alike in its frame; the other one has its own width.
        assert!((frames[0] / expected - 1.0).abs() < 1e-9);
        assert!(frames[1] > expected, "{}", frames[1]);
    }

    #[test]
    fn short_tracks_and_uneven_times_say_how_fast_they_are() {
        let (errors, _) = widened(track(&[1.5; 3], |_| 100.0), &SHUTTER);
        let (long, _) = widened(track(&[1.5; 20], |_| 100.0), &SHUTTER);
        for e in errors {
            assert!((e / long[0] - 1.0).abs() < 1e-9, "{e} for {}", long[0]);
        }
        // A camera that stamps every second frame early: the same path in the same time.
        let even = track(&[1.5; 21], |_| 100.0);
        let points = even.points().iter().map(|p| TrackPoint {
            time_s: p.time_s - 0.099 * f64::from(p.frame.0 % 2),
            ..*p
        });
        let uneven = Track::new(TrackId(0), points.collect()).expect("a track");
        let (errors, _) = widened(uneven, &SHUTTER);
        assert!((errors[5] / long[5] - 1.0).abs() < 1e-9, "{}", errors[5]);
    }

    #[test]
    fn a_spot_that_lost_light_is_less_certain_and_a_short_exposure_changes_nothing() {
        let faint = |k: usize| if k == 10 { 40.0 } else { 100.0 };
        let (errors, _) = widened(track(&[1.5; 20], faint), &SHUTTER);
        let p = (2.0 - 2e-4) / (1.0 - 0.5 / 3.0) * 0.5 / 6.0;
        let blur = p / (1.5f64.powi(2) - p);
        let lost = MISSING_LIGHT * (1.0 - 0.4 - MASS_NOISE / 60.0) * blur * blur * p;
        let expected = (errors[5].powi(2) + lost).sqrt();
        assert!((errors[10] / expected - 1.0).abs() < 1e-9, "{errors:?}");
        assert!(expected > 2.0 * errors[5]);
        let closed = Shutter {
            exposure_s: 0.0,
            ..SHUTTER
        };
        let (errors, frames) = widened(track(&[1.5; 20], faint), &closed);
        assert!(
            errors.iter().chain(&frames).all(|e| *e == 0.01),
            "{errors:?}"
        );
    }
}
