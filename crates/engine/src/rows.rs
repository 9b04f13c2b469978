//! The tables: one row per track, one per spot.

use crate::capture::{Followed, spots_in};
use crate::intensity;
use crate::report::csv::{ParticleRow, SpotRow};
use nta_core::Spot;
use nta_core::model::Owners;
use nta_sizing::SampleSizes;

/// One row per track of all captures.
pub(crate) fn particle_rows(captures: &[Followed], sizes: &SampleSizes) -> Vec<ParticleRow> {
    let mut out = Vec::new();
    for (i, capture) in captures.iter().enumerate() {
        for (track, size) in capture.video.tracks.iter().zip(&sizes.particles[i]) {
            let spots = || track.points().iter().map(|p| &p.spot);
            let mean = |value: fn(&Spot) -> f64| {
                spots().map(value).sum::<f64>() / track.points().len() as f64
            };
            out.push(ParticleRow {
                capture: i as u64,
                particle: u64::from(track.id().0),
                first_frame: u64::from(track.first_frame().0),
                frames: track.points().len() as u64,
                x_px: mean(|s| s.x_px),
                y_px: mean(|s| s.y_px),
                mass_counts: mean(|s| s.mass_counts),
                snr: mean(|s| s.snr),
                diffusion_um2_per_s: size.estimate.as_ref().map(|e| e.diffusion_um2_per_s),
                diffusion_se_um2_per_s: size.estimate.as_ref().map(|e| e.std_err_um2_per_s),
                diameter_nm: size.diameter_nm,
                diameter_low_nm: size.low_nm,
                diameter_high_nm: size.high_nm,
                used: size.used,
                reason: size.reason.clone().unwrap_or_default(),
                intensity_counts: intensity::of_track(&capture.video.film, track),
                expected_diameter_nm: size.expected_ln_nm.map(|e| e[0].exp()),
            });
        }
    }
    out
}

/// One row per spot that belongs to a track, by capture, track and frame.
pub(crate) fn track_rows(captures: &[Followed]) -> impl Iterator<Item = SpotRow> + Clone {
    captures.iter().enumerate().flat_map(|(i, capture)| {
        capture.video.tracks.iter().flat_map(move |track| {
            let particle = Some(u64::from(track.id().0));
            let points = track.points().iter();
            points.map(move |p| row(i, p.frame.0, particle, &p.spot))
        })
    })
}

/// One row per spot, by capture and frame, whether or not it belongs to a track.
pub(crate) fn spot_rows(captures: &[Followed]) -> impl Iterator<Item = SpotRow> {
    captures.iter().enumerate().flat_map(|(i, capture)| {
        let tracks = &capture.video.tracks;
        let owners = Owners::of(tracks);
        capture.video.frames.iter().flat_map(move |frame| {
            let spots = spots_in(frame, owners.held_in(frame.frame)).into_iter();
            spots.map(move |(track, spot)| {
                let particle = track.map(|t| u64::from(tracks[t].id().0));
                row(i, frame.frame.0, particle, &spot)
            })
        })
    })
}

fn row(capture: usize, frame: u32, particle: Option<u64>, spot: &Spot) -> SpotRow {
    SpotRow {
        frame: u64::from(frame),
        x: spot.x_px,
        y: spot.y_px,
        particle,
        mass: spot.mass_counts,
        size: spot.width_px,
        ep: spot.precision_px,
        capture: capture as u64,
        snr: spot.snr,
    }
}
