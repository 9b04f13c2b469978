//! From particles per frame to particles per mL.
//!
//! `c = mean number in view / (area depth) x dilution`. Frames are not independent: one particle is seen in many, so
//! what is counted by chance are visits. A sum of visit lengths n_i over a Poisson number of visits has relative
//! standard error `sqrt(sum n_i^2) / sum n_i` (compound Poisson).
//!
//! Coincidence: of two particles nearer than some distance only one is followed. Where n particles are in view of the area A and each
//! hides the area a, the share `exp(-a n / A)` is seen, and the count is divided by it (Poisson; the dead time of a counter in space).
//! The distance is [`HIDDEN_WIDTHS`] widths of a spot, measured on simulated films of 150 and 300 particles per frame (`docs/validation.md`,
//! dense-150 and dense-300).

use crate::diffusion::Z95;
use crate::physics;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of particles per volume of the original sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concentration {
    /// Particles per mL of the undiluted sample; `None` without a depth.
    pub per_ml: Option<f64>,
    /// Its 95 % interval from the counting alone; `None` without a depth. What the depth is uncertain by moves all samples
    /// of an instrument together and belongs to [`crate::uncertainty`].
    pub ci95: Option<[f64; 2]>,
    /// Mean number of particles in view, as counted.
    pub particles_per_frame: f64,
    /// Factor for particles that others hide, already applied to `per_ml`.
    pub coincidence_factor: f64,
    /// Volume in view, mL; `None` without a depth.
    pub probed_volume_ml: Option<f64>,
    /// Factor by which the sample had been diluted, already applied.
    pub dilution_applied: f64,
}

/// What a concentration is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted<'a> {
    /// Mean number of particles in view.
    pub particles_per_frame: f64,
    /// Frames in which each track was present.
    pub frames_present: &'a [f64],
    /// Frames of the film.
    pub frames: u64,
    /// Area in which particles were looked for, um^2.
    pub area_um2: f64,
    /// Area about a particle in which another is not followed, um^2; see [`hidden_area_um2`].
    pub hidden_area_um2: f64,
    /// Depth in which particles are seen, um.
    pub depth_um: Option<f64>,
    /// Factor by which the sample was diluted; 1 if it was not.
    pub dilution: f64,
    /// How long a visit usually lasts, frames. Needed only for the upper limit of an empty film; without it a visit
    /// is taken to last as long as the film, which is the most careful guess and a high limit.
    pub typical_visit_frames: Option<f64>,
}

/// Widths of a spot within which a second particle is not followed.
pub const HIDDEN_WIDTHS: f64 = 3.5;
/// Where more than this many particles hide others the factor means nothing, and grows no more.
const MOST_HIDDEN: f64 = 0.7;

/// Area about a particle in which another is not followed, um^2, where spots have this width (standard deviation), um.
pub fn hidden_area_um2(spot_width_um: f64) -> f64 {
    std::f64::consts::PI * (HIDDEN_WIDTHS * spot_width_um).powi(2)
}

/// By what the number in view is larger than what was counted of it, because particles hide others.
pub fn coincidence_factor(particles_per_frame: f64, hidden_area_um2: f64, area_um2: f64) -> f64 {
    let hidden = particles_per_frame * hidden_area_um2 / area_um2;
    if hidden.is_finite() {
        hidden.clamp(0.0, MOST_HIDDEN).exp()
    } else {
        1.0
    }
}

/// Upper 95 % limit of a Poisson mean when nothing was counted: -ln 0.05.
pub const NONE_SEEN_95: f64 = 2.995_732;

/// The concentration. Without particles it is 0 with an upper limit of 95 %.
pub fn concentration(counted: &Counted<'_>) -> Concentration {
    let volume = counted
        .depth_um
        .filter(|d| *d > 0.0 && d.is_finite())
        .map(|d| physics::volume_ml(counted.area_um2, d))
        .filter(|v| *v > 0.0 && v.is_finite());
    let dilution = if counted.dilution >= 1.0 && counted.dilution.is_finite() {
        counted.dilution
    } else {
        1.0
    };
    let in_view = if counted.particles_per_frame.is_finite() {
        counted.particles_per_frame.max(0.0)
    } else {
        0.0
    };
    let [low, high] = in_view_interval(in_view, counted);
    let coincidence_factor = coincidence_factor(in_view, counted.hidden_area_um2, counted.area_um2);
    let per_ml = |n: f64| volume.map(|v| n * coincidence_factor * dilution / v);
    Concentration {
        per_ml: per_ml(in_view),
        ci95: per_ml(low).zip(per_ml(high)).map(|(l, h)| [l, h]),
        particles_per_frame: in_view,
        coincidence_factor,
        probed_volume_ml: volume,
        dilution_applied: dilution,
    }
}

/// Relative standard error of a mean number in view that so many visits of these lengths make; `None` without a visit.
pub fn counting_relative_sd(frames_present: &[f64]) -> Option<f64> {
    let present = frames_present.iter().filter(|n| **n > 0.0);
    let (sum, squares) = present.fold((0.0, 0.0), |(s, q), n| (s + n, q + n * n));
    (sum > 0.0).then(|| squares.sqrt() / sum)
}

fn in_view_interval(in_view: f64, counted: &Counted<'_>) -> [f64; 2] {
    let known = counting_relative_sd(counted.frames_present).filter(|_| in_view > 0.0);
    let Some(relative) = known else {
        // With no visit in the whole film, at most three were to be expected.
        let film = (counted.frames as f64).max(1.0);
        let visit = counted.typical_visit_frames.unwrap_or(film);
        let share = if visit > 0.0 {
            (visit / film).min(1.0)
        } else {
            1.0
        };
        return [in_view, in_view.max(NONE_SEEN_95 * share)];
    };
    // In the logarithm, so that the lower end stays above zero with few visits.
    let factor = (Z95 * relative).exp();
    [in_view / factor, in_view * factor]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(frames_present: &[f64]) -> Counted<'_> {
        Counted {
            particles_per_frame: frames_present.iter().sum::<f64>() / 900.0,
            frames_present,
            frames: 900,
            area_um2: 128.0 * 96.0,
            hidden_area_um2: 0.0,
            depth_um: Some(5.0),
            dilution: 100.0,
            typical_visit_frames: None,
        }
    }

    #[test]
    fn known_volume_and_count_give_the_known_concentration() {
        let visits = vec![30.0; 900];
        let got = concentration(&counted(&visits));
        // 30 particles in 128 x 96 x 5 um^3 = 6.144e-8 mL, diluted 100-fold.
        let want = 30.0 / 6.144e-8 * 100.0;
        assert!((got.per_ml.unwrap() / want - 1.0).abs() < 1e-9);
        // 900 equal visits: 1/sqrt(900) = 3.33 %.
        let [lo, hi] = got.ci95.unwrap();
        assert!(((hi / lo).ln() / (2.0 * Z95) - 1.0 / 30.0).abs() < 1e-9);
        assert!((got.probed_volume_ml.unwrap() / 6.144e-8 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn particles_that_hide_others_are_made_up_for() {
        // Spots of 1.5 px of 0.2 um: 3.46 um^2 each, 30 of them in 128 x 96 um.
        let visits = vec![30.0; 900];
        let counted = Counted {
            hidden_area_um2: hidden_area_um2(0.3),
            ..counted(&visits)
        };
        let factor = (30.0 * 3.4636 / 12288.0f64).exp();
        let got = concentration(&counted);
        assert!((got.coincidence_factor / factor - 1.0).abs() < 1e-5);
        let want = 30.0 * factor / 6.144e-8 * 100.0;
        assert!((got.per_ml.unwrap() / want - 1.0).abs() < 1e-5);
        assert_eq!(got.particles_per_frame, 30.0);
        // Spots that cover the picture: no more than twice.
        assert!(coincidence_factor(1e9, 10.0, 100.0) < 2.1);
        assert_eq!(coincidence_factor(10.0, 1.0, 0.0), 1.0);
        assert_eq!(coincidence_factor(0.0, 1.0, 100.0), 1.0);
    }

    #[test]
    fn long_visits_weigh_in_the_error() {
        let even = concentration(&counted(&[10.0; 100])).ci95.unwrap();
        let mut uneven = vec![1.0; 99];
        uneven.push(901.0);
        let one_sticks = concentration(&counted(&uneven)).ci95.unwrap();
        assert!(one_sticks[1] / one_sticks[0] > 5.0 * even[1] / even[0]);
    }

    #[test]
    fn empty_film_is_zero_with_an_upper_limit() {
        let careful = concentration(&counted(&[]));
        assert_eq!(careful.per_ml, Some(0.0));
        let [lo, hi] = careful.ci95.unwrap();
        assert_eq!(lo, 0.0);
        assert!((hi / (2.995_732 / 6.144e-8 * 100.0) - 1.0).abs() < 1e-6);
        let usual = concentration(&Counted {
            typical_visit_frames: Some(30.0),
            ..counted(&[])
        });
        assert!((hi / usual.ci95.unwrap()[1] - 30.0).abs() < 1e-6);
    }

    #[test]
    fn without_depth_there_is_only_the_number_in_view() {
        for depth_um in [None, Some(0.0), Some(f64::NAN), Some(-1.0)] {
            let got = concentration(&Counted {
                depth_um,
                ..counted(&[9.0; 100])
            });
            assert_eq!(
                (got.per_ml, got.ci95, got.probed_volume_ml),
                (None, None, None)
            );
            assert!((got.particles_per_frame - 1.0).abs() < 1e-12);
        }
        let odd = concentration(&Counted {
            particles_per_frame: f64::NAN,
            dilution: f64::NAN,
            frames: 0,
            ..counted(&[f64::NAN, 0.0])
        });
        assert_eq!(odd.per_ml, Some(0.0));
    }
}
