//! Errors of spots that hold the light of two particles.
//!
//! Two particles nearer than about three widths are one spot, which lies between them and is sharp all the same. Seen alone
//! it is a spot like any other; in its track it is brighter and wider than the spots around it. Let a stranger add the share
//! `u` of the particle's own light at the distance `d`. The middle of the light then lies `d u / (1 + u)` away, and the mean
//! square width per axis grows by `d^2 u / (2 (1 + u)^2)`. So the squared error per axis is `u` times the growth of the
//! squared width: nothing has to be known of the stranger.
//!
//! In: px, counts. Assumes that brightness and width of a particle change slowly; what is brighter by no more than noise is left
//! as it is.

use crate::model::{FrameSpots, Track, TrackPoint, restate_precisions};
use crate::tiles::median;

/// Spots before and after to which a spot is compared: more than two particles stay together.
const SPOTS_AROUND: usize = 5;
/// Noise of a spot's light relative to it, times its signal to noise, that is taken for nothing.
const MASS_NOISE: f64 = 3.0;

/// Adds to the standard errors of the spots of tracks, and of the same spots in their frames, what strangers make of them.
pub(crate) fn widen_errors(tracks: &mut [Track], frames: &mut [FrameSpots]) {
    let of_track = |_, track: &Track| {
        let points = track.points();
        let strange = strange_px2(points);
        let own = points.iter().map(|p| p.spot.precision_px);
        own.zip(strange)
            .map(|(own, strange)| own.hypot(strange.sqrt()))
            .collect()
    };
    restate_precisions(tracks, frames, of_track, |spot| spot.precision_px);
}

/// Squared error per axis that a stranger's light gives to each spot of a track, px^2.
fn strange_px2(points: &[TrackPoint]) -> Vec<f64> {
    (0..points.len())
        .map(|i| {
            let last = (i + SPOTS_AROUND).min(points.len() - 1);
            let around = &points[i.saturating_sub(SPOTS_AROUND)..=last];
            let usual = |value: fn(&TrackPoint) -> f64| {
                let mut values: Vec<f64> = around.iter().map(value).collect();
                median(&mut values).unwrap_or(0.0)
            };
            let spot = &points[i].spot;
            let mass = usual(|p| p.spot.mass_counts);
            let width2 = usual(|p| p.spot.width_px.powi(2));
            let more_light = spot.mass_counts / mass - 1.0 - MASS_NOISE / spot.snr;
            let wider = spot.width_px.powi(2) - width2;
            // The particle is somewhere in its spot, so that no error is larger than the spot is wide.
            let strange = (more_light.max(0.0) * wider.max(0.0)).min(spot.width_px.powi(2));
            if mass > 0.0 && strange.is_finite() {
                strange
            } else {
                0.0
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrameIndex, Spot, TrackId};

    fn point(frame: u32, x_px: f64, width_px: f64, mass_counts: f64) -> TrackPoint {
        TrackPoint {
            frame: FrameIndex(frame),
            time_s: f64::from(frame),
            spot: Spot {
                x_px,
                y_px: 30.0,
                precision_px: 0.1,
                width_px,
                mass_counts,
                peak_counts: 10.0,
                background_counts: 0.0,
                snr: 1e6,
            },
        }
    }

    #[test]
    fn the_error_is_how_far_the_light_is_off() {
        // In frame 10 a stranger with half the light lies 3 px to the right.
        let (u, d) = (0.5, 3.0);
        let off: f64 = d * u / (1.0 + u);
        let width = (2.25f64 + d * d * u / (2.0 * (1.0 + u) * (1.0 + u))).sqrt();
        let points: Vec<TrackPoint> = (0..21)
            .map(|k| match k {
                10 => point(k, 50.0 + off, width, 150.0),
                _ => point(k, 50.0, 1.5, 100.0),
            })
            .collect();
        let mut frames: Vec<FrameSpots> = points
            .iter()
            .map(|p| FrameSpots {
                frame: p.frame,
                time_s: p.time_s,
                spots: vec![p.spot],
            })
            .collect();
        let mut tracks = [Track::new(TrackId(0), points).expect("a track")];
        widen_errors(&mut tracks, &mut frames);
        for (p, f) in tracks[0].points().iter().zip(&frames) {
            let strange = if p.frame.0 == 10 {
                off / 2f64.sqrt()
            } else {
                0.0
            };
            let expected = 0.1f64.hypot(strange);
            assert!((p.spot.precision_px / expected - 1.0).abs() < 1e-4);
            assert_eq!(f.spots[0].precision_px, p.spot.precision_px);
        }
    }

    #[test]
    fn noise_and_nonsense_change_nothing() {
        let mut odd = [
            point(0, 50.0, 1.5, 100.0),
            point(1, 50.0, 1.6, 102.0),
            point(2, 50.0, 1.5, f64::NAN),
            point(3, 50.0, f64::INFINITY, 100.0),
            point(4, 50.0, 3.0, 50.0),
        ];
        odd[1].spot.snr = 20.0;
        assert_eq!(strange_px2(&odd), [0.0; 5]);
        assert_eq!(strange_px2(&odd[..1]), [0.0]);
        let none = [point(0, 50.0, 1.5, 0.0), point(1, 50.0, 2.5, 0.0)];
        assert_eq!(strange_px2(&none), [0.0; 2]);
    }
}
