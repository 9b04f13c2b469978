//! When positions were taken.

/// How the film samples the motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Time from the start of one frame to the start of the next, s.
    pub frame_interval_s: f64,
    /// Time during which the shutter is open, s; from 0 to the interval.
    pub exposure_s: f64,
}

/// A sampling that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// The interval is not a positive time.
    #[error("the frame interval is {0} s, but must be above 0 and at most 3600 s")]
    Interval(f64),
    /// The shutter cannot be open for longer than a frame lasts.
    #[error(
        "the exposure is {exposure_s} s, but must be from 0 to the frame interval of {interval_s} s"
    )]
    Exposure {
        /// What was given, s.
        exposure_s: f64,
        /// Longest allowed, s.
        interval_s: f64,
    },
}

impl Sampling {
    /// Checks both times.
    pub fn check(&self) -> Result<(), SamplingError> {
        let interval_s = self.frame_interval_s;
        if !(interval_s > 0.0 && interval_s <= 3600.0) {
            return Err(SamplingError::Interval(interval_s));
        }
        // A rounded exposure of a camera that is always open may exceed the interval by a hair.
        if !(self.exposure_s >= 0.0 && self.exposure_s <= interval_s * 1.001) {
            return Err(SamplingError::Exposure {
                exposure_s: self.exposure_s,
                interval_s,
            });
        }
        Ok(())
    }

    /// Standard deviation, in the logarithm, that diameters inherit from an exposure with this standard error, s: they
    /// go with `1 - exposure / (3 interval)`.
    pub fn ln_diameter_sd(&self, exposure_se_s: f64) -> f64 {
        let sd = exposure_se_s / (3.0 * self.frame_interval_s - self.exposure_s);
        if sd.is_finite() { sd.max(0.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_times_are_refused() {
        let good = Sampling {
            frame_interval_s: 0.033,
            exposure_s: 0.015,
        };
        assert!(good.check().is_ok());
        for (frame_interval_s, exposure_s) in [
            (0.0, 0.0),
            (f64::NAN, 0.0),
            (0.033, 0.034),
            (0.033, -0.001),
            (0.033, f64::NAN),
        ] {
            let bad = Sampling {
                frame_interval_s,
                exposure_s,
            };
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
