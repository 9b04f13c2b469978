//! How bright each particle is, and how brightness goes with size.
//!
//! The brightness of a track is the 90th percentile of the fitted light of its spots: the largest of many grows with their number,
//! the mean falls with the time spent at the edge of the light. Spots that reach the ceiling of the camera are left out.

use crate::capture::Followed;
use crate::report::{Estimate, Intensity};
use nta_core::film::{Film, Polarity};
use nta_core::{Spot, Track};
use nta_sizing::brightness::{PowerLaw, Seen};
use nta_sizing::{SampleSizes, Z95};

/// Share of the spots of a track that are no brighter than it is said to be.
const PERCENTILE: f64 = 0.9;

/// Brightness of a track, counts; `None` where no spot has a brightness below the ceiling.
pub(crate) fn of_track(film: &Film, track: &Track) -> Option<f64> {
    let mut light: Vec<f64> = track
        .points()
        .iter()
        .map(|p| &p.spot)
        .filter(|s| !is_saturated(film, s) && s.mass_counts > 0.0 && s.mass_counts.is_finite())
        .map(|s| s.mass_counts)
        .collect();
    light.sort_by(f64::total_cmp);
    nta_sizing::bootstrap::quantile(&light, PERCENTILE)
}

/// Whether a spot reaches what the camera can tell at its top: white, or black where particles are dark. Pixels at the ceiling are
/// left out of the fit, so that the fitted top may lie beyond it.
fn is_saturated(film: &Film, spot: &Spot) -> bool {
    let (height, width) = film.background.dim();
    let at = |v: f64, size: usize| (v.round().max(0.0) as usize).min(size.saturating_sub(1));
    let behind = film
        .background
        .get((at(spot.y_px, height), at(spot.x_px, width)))
        .map_or(0.0, |b| f64::from(*b));
    match film.polarity {
        Polarity::Bright => {
            let top = behind + spot.background_counts + spot.peak_counts;
            film.ceiling_counts > 0 && top >= f64::from(film.ceiling_counts)
        }
        Polarity::Dark => behind - spot.background_counts - spot.peak_counts <= 0.0,
    }
}

/// Brightness of the used tracks against their size.
pub(crate) fn intensity(captures: &[Followed], sizes: &SampleSizes) -> Intensity {
    let mut seen = Vec::new();
    for (capture, particles) in captures.iter().zip(&sizes.particles) {
        for (track, particle) in capture.video.tracks.iter().zip(particles) {
            let bright = of_track(&capture.video.film, track);
            if let Some((counts, [ln_nm, _])) = bright.zip(particle.expected_ln_nm) {
                seen.push(Seen {
                    ln_nm,
                    value: counts.ln(),
                    weight: 1.0,
                });
            }
        }
    }
    let law = sizes.spread.and_then(|spread| PowerLaw::of(&seen, &spread));
    Intensity {
        tracks: seen.len() as u64,
        exponent: sizes.brightness.map_or_else(Estimate::default, |l| {
            let half = Z95 * l.exponent_se;
            Estimate::new(l.exponent, Some([l.exponent - half, l.exponent + half]))
        }),
        exponent_se: sizes.brightness.map(|l| l.exponent_se),
        seen_exponent: law.map(|l| l.exponent),
        seen_exponent_se: law.map(|l| l.exponent_se),
        reference_nm: law.map(|l| l.ln_nm.exp()),
        counts_at_reference: law.map(|l| l.value.exp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use nta_core::Pixels;
    use nta_core::film::FilmOptions;
    use nta_core::model::{FrameIndex, TrackId, TrackPoint};

    fn film(polarity: Polarity) -> Film {
        let pixels = Pixels::U8(Array2::from_elem((20, 20), 30));
        let sample: Vec<_> = (0..9).map(|i| (FrameIndex(i), pixels.clone())).collect();
        let options = FilmOptions {
            polarity,
            ..FilmOptions::default()
        };
        Film::learn(&sample, &[], 255, &options).0
    }

    fn track(peaks: &[f64]) -> Track {
        let point = |(i, peak): (usize, &f64)| TrackPoint {
            frame: FrameIndex(i as u32),
            time_s: i as f64,
            spot: Spot {
                x_px: 10.0,
                y_px: 10.0,
                precision_px: 0.1,
                width_px: 1.0,
                mass_counts: 10.0 * peak,
                peak_counts: *peak,
                background_counts: 0.0,
                snr: 10.0,
            },
        };
        Track::new(TrackId(0), peaks.iter().enumerate().map(point).collect()).expect("a track")
    }

    #[test]
    fn nine_tenths_of_the_spots_are_no_brighter() {
        let peaks: Vec<f64> = (0..=10).map(|i| f64::from(10 - i) + 100.0).collect();
        let got = of_track(&film(Polarity::Bright), &track(&peaks));
        assert_eq!(got, Some(1090.0));
        assert_eq!(
            of_track(&film(Polarity::Bright), &track(&[50.0])),
            Some(500.0)
        );
    }

    #[test]
    fn what_the_camera_cannot_tell_is_left_out() {
        // 30 counts of background: a top of 225 is at the ceiling.
        let bright = film(Polarity::Bright);
        assert_eq!(
            of_track(&bright, &track(&[100.0, 225.0, 400.0])),
            Some(1000.0)
        );
        assert_eq!(of_track(&bright, &track(&[225.0, 400.0])), None);
        let dark = film(Polarity::Dark);
        assert_eq!(of_track(&dark, &track(&[20.0, 30.0])), Some(200.0));
        assert_eq!(of_track(&dark, &track(&[f64::NAN])), None);
    }
}
