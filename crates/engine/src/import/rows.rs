//! The tables of tracks of another program. What their file does not say is not a number here, which tables write as
//! an empty field.

use super::recording::Recording;
use crate::foreign::{ForeignSpot, ForeignTrack};
use crate::report::csv::{ParticleRow, SpotRow};
use nta_sizing::SampleSizes;

/// Written as an empty field.
const ABSENT: f64 = f64::NAN;

/// One row per track of all recordings; particles have the numbers of their file.
pub(super) fn particle_rows(recordings: &[Recording], sizes: &SampleSizes) -> Vec<ParticleRow> {
    let mut out = Vec::new();
    for (i, recording) in recordings.iter().enumerate() {
        for (track, size) in recording.read.iter().zip(&sizes.particles[i]) {
            out.push(ParticleRow {
                capture: i as u64,
                particle: track.id,
                first_frame: track.points.first().map_or(0, |p| u64::from(p.frame)),
                frames: track.points.len() as u64,
                x_px: mean(track, |p| Some(p.x_px)),
                y_px: mean(track, |p| Some(p.y_px)),
                mass_counts: mean(track, |p| p.mass),
                snr: mean(track, |p| p.snr),
                diffusion_um2_per_s: size.estimate.as_ref().map(|e| e.diffusion_um2_per_s),
                diffusion_se_um2_per_s: size.estimate.as_ref().map(|e| e.std_err_um2_per_s),
                diameter_nm: size.diameter_nm,
                diameter_low_nm: size.low_nm,
                diameter_high_nm: size.high_nm,
                used: size.used,
                reason: size.reason.clone().unwrap_or_default(),
                intensity_counts: None,
                expected_diameter_nm: size.expected_ln_nm.map(|e| e[0].exp()),
            });
        }
    }
    out
}

/// The mean over the spots of a track; absent where one lacks the value.
fn mean(track: &ForeignTrack, of: fn(&ForeignSpot) -> Option<f64>) -> f64 {
    let all: Option<Vec<f64>> = track.points.iter().map(of).collect();
    all.map_or(ABSENT, |v| v.iter().sum::<f64>() / v.len() as f64)
}

/// One row per position, by recording, track and frame, with the error that was taken for it.
pub(super) fn track_rows(recordings: &[Recording]) -> impl Iterator<Item = SpotRow> {
    recordings.iter().enumerate().flat_map(|(i, recording)| {
        let both = recording.read.iter().zip(&recording.tracks);
        both.flat_map(move |(read, track)| {
            let points = read.points.iter().zip(track.points());
            points.map(move |(p, in_force)| SpotRow {
                frame: u64::from(p.frame),
                x: p.x_px,
                y: p.y_px,
                particle: Some(read.id),
                mass: p.mass.unwrap_or(ABSENT),
                size: ABSENT,
                ep: in_force.spot.precision_px,
                capture: i as u64,
                snr: p.snr.unwrap_or(ABSENT),
            })
        })
    })
}
