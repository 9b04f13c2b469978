//! Mean squared displacement of a track from one frame to the next: all that `walker` and `ftla` know of it.

use crate::steps::Steps;

/// The mean squared displacement of one track in two dimensions, and what it is made of.
///
/// Its expectation is `4 D span (1 - 2R) + noise`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LagOne {
    /// Number of displacements it is the mean of; those over gaps are left out.
    pub steps: f64,
    /// Mean squared displacement, um^2.
    pub msd_um2: f64,
    /// Expected share of localisation errors in it, um^2: four times the variance per axis.
    pub noise_um2: f64,
    /// Mean time between the positions, s.
    pub span_s: f64,
    /// `1 - 2R`: what motion during the exposure leaves of the displacement, 1 for a short flash, 2/3 for a shutter
    /// that is always open.
    pub unblurred: f64,
}

impl LagOne {
    /// Of one track.
    pub fn of(steps: &Steps) -> Self {
        let (mut n, mut squares, mut noise, mut span, mut slope) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for k in steps.used() {
            let (constant, per_axis) = steps.variance_line(k);
            n += 1.0;
            squares += steps.dx_um[k].powi(2) + steps.dy_um[k].powi(2);
            // Lines are those of one axis: two axes double them.
            noise += 2.0 * constant;
            slope += 2.0 * per_axis;
            span += steps.span_s[k];
        }
        Self {
            steps: n,
            msd_um2: squares / n,
            noise_um2: noise / n,
            span_s: span / n,
            unblurred: slope / (4.0 * span),
        }
    }

    /// Expectation as a constant, um^2, and a slope with D, s: with blur and localisation errors if `corrected`, as
    /// if there were neither if not.
    pub fn line(&self, corrected: bool) -> (f64, f64) {
        let free = 4.0 * self.span_s;
        if corrected {
            (self.noise_um2, free * self.unblurred)
        } else {
            (0.0, free)
        }
    }

    /// There is a displacement, and all is finite.
    pub fn is_usable(&self) -> bool {
        let (noise, slope) = self.line(true);
        self.steps >= 1.0
            && self.msd_um2.is_finite()
            && noise.is_finite()
            && slope > 0.0
            && slope.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Sampling;
    use nta_core::TrackId;

    #[test]
    fn gaps_are_left_out_and_the_parts_are_told_apart() {
        let steps = Steps {
            track: TrackId(0),
            span_s: vec![0.1, 0.2, 0.1],
            span_frames: vec![1, 2, 1],
            bridged: vec![false, true, false],
            dx_um: vec![1.0, 50.0, 0.0],
            dy_um: vec![0.0, 50.0, 2.0],
            variance_um2: vec![0.01, 0.03, 0.05, 0.02],
            sampling: Sampling {
                frame_interval_s: 0.1,
                exposure_s: 0.06,
            },
        };
        let got = LagOne::of(&steps);
        assert_eq!((got.steps, got.msd_um2), (2.0, 2.5));
        assert!((got.noise_um2 - (0.04 + 0.07)).abs() < 1e-12);
        // R = exposure / (6 span) = 0.1.
        assert!((got.unblurred - 0.8).abs() < 1e-12 && (got.span_s - 0.1).abs() < 1e-12);
        let (noise, slope) = got.line(true);
        assert!((noise + 3.0 * slope - (0.11 + 4.0 * 3.0 * 0.1 * 0.8)).abs() < 1e-12);
        assert_eq!(got.line(false), (0.0, 4.0 * got.span_s));
        assert!(got.is_usable());
    }
}
