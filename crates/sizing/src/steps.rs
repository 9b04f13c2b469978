//! Displacements of a trajectory in the form that every estimator works on.

use crate::sampling::Sampling;
use nta_core::{TrackId, Trajectory};

/// Why a trajectory has no displacements that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSteps {
    /// One position has no displacement.
    #[error("single_position")]
    SinglePosition,
    /// A position, time or precision is not a finite number.
    #[error("not_finite")]
    NotFinite,
    /// All positions are the same and claim to be exact.
    #[error("no_motion")]
    NoMotion,
}

/// Displacements between consecutive positions of one trajectory. Positions are `n + 1`, displacements `n`.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// The track it was.
    pub track: TrackId,
    /// Time between the starts of the two exposures, s.
    pub span_s: Vec<f64>,
    /// Frames between the two positions: 1 without a gap.
    pub span_frames: Vec<u32>,
    /// The particle went unseen on the way: the displacement is longer in frames than the shortest of its trajectory. That
    /// it was found again depends on how far it went, so that such displacements would make particles look slow; they hold
    /// a trajectory together, and D is found from the others.
    pub bridged: Vec<bool>,
    /// Displacements across, um.
    pub dx_um: Vec<f64>,
    /// Displacements down, um.
    pub dy_um: Vec<f64>,
    /// Localisation variance per axis of each position, um^2; one more than displacements.
    pub variance_um2: Vec<f64>,
    /// How the film samples the motion.
    pub sampling: Sampling,
}

impl Steps {
    /// The displacements of a trajectory; `variance_factor` multiplies every squared precision.
    pub fn of(
        trajectory: &Trajectory,
        sampling: Sampling,
        variance_factor: f64,
    ) -> Result<Self, NoSteps> {
        let n = trajectory.len();
        if n < 2 {
            return Err(NoSteps::SinglePosition);
        }
        let frames = trajectory.frames();
        let span_frames: Vec<u32> = frames.windows(2).map(|w| w[1].0 - w[0].0).collect();
        let shortest = span_frames.iter().copied().min().unwrap_or(1);
        let time_s = trajectory.time_s();
        let span_s = (0..n - 1)
            .map(|k| {
                let measured = time_s[k + 1] - time_s[k];
                // A film without believable clock readings still has its frame numbers. The next exposure cannot
                // begin before this one has ended.
                let nominal = f64::from(span_frames[k]) * sampling.frame_interval_s;
                let span = if measured > 0.0 { measured } else { nominal };
                span.max(sampling.exposure_s)
            })
            .collect();
        let difference = |v: &[f64]| v.windows(2).map(|w| w[1] - w[0]).collect::<Vec<f64>>();
        let steps = Self {
            track: trajectory.id(),
            span_s,
            bridged: span_frames.iter().map(|f| *f > shortest).collect(),
            span_frames,
            dx_um: difference(trajectory.x_um()),
            dy_um: difference(trajectory.y_um()),
            variance_um2: trajectory
                .precision_um()
                .iter()
                .map(|p| p * p * variance_factor)
                .collect(),
            sampling,
        };
        steps.check()
    }

    fn check(self) -> Result<Self, NoSteps> {
        // Squares must be finite too: a coordinate of 1e200 um is as useless as NaN.
        let finite = |v: &[f64]| v.iter().all(|x| x.is_finite() && x.abs() < 1e12);
        let all = [&self.dx_um, &self.dy_um, &self.variance_um2, &self.span_s];
        if !all.iter().all(|v| finite(v)) {
            return Err(NoSteps::NotFinite);
        }
        let still = self.dx_um.iter().chain(&self.dy_um).all(|d| *d == 0.0);
        if still && self.variance_um2.iter().all(|v| *v <= 0.0) {
            return Err(NoSteps::NoMotion);
        }
        Ok(self)
    }

    /// Number of displacements, at least 1.
    pub fn len(&self) -> usize {
        self.dx_um.len()
    }

    /// Never true.
    pub fn is_empty(&self) -> bool {
        self.dx_um.is_empty()
    }

    /// The displacements from which D is found: those that are not bridged; at least one.
    pub fn used(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|k| !self.bridged[*k])
    }

    /// Whether displacement `k` begins where a used one ends, so that they share a position.
    pub fn follows_used(&self, k: usize) -> bool {
        k > 0 && !self.bridged[k - 1]
    }

    /// Mean localisation variance per axis, um^2.
    pub fn mean_variance_um2(&self) -> f64 {
        self.variance_um2.iter().sum::<f64>() / self.variance_um2.len() as f64
    }

    /// The same displacements with every localisation variance multiplied.
    pub fn with_variance_factor(&self, factor: f64) -> Self {
        let mut out = self.clone();
        out.scale_variances(factor);
        out
    }

    /// Multiplies all localisation variances.
    pub fn scale_variances(&mut self, factor: f64) {
        for v in &mut self.variance_um2 {
            *v *= factor;
        }
    }

    /// Variance of displacement `k` per axis: a constant and a slope with D (um^2/s), um^2 and s.
    ///
    /// `Var = 2 D (span - exposure/3) + s_k^2 + s_{k+1}^2`.
    pub fn variance_line(&self, k: usize) -> (f64, f64) {
        let slope = 2.0 * (self.span_s[k] - self.sampling.exposure_s / 3.0);
        (self.variance_um2[k] + self.variance_um2[k + 1], slope)
    }

    /// Covariance of displacements `k` and `k + 1` per axis: a constant and a slope with D (um^2/s), um^2 and s.
    ///
    /// `Cov = D exposure/3 - s_{k+1}^2`, whatever the gaps, because both share the exposure of position `k + 1`.
    pub fn covariance_line(&self, k: usize) -> (f64, f64) {
        (-self.variance_um2[k + 1], self.sampling.exposure_s / 3.0)
    }

    /// A rough, always positive D (um^2/s) to start a search from: the mean squared displacement less the
    /// localisation variance, kept above a hundredth of itself.
    pub fn rough_diffusion_um2_per_s(&self) -> f64 {
        let (mut squares, mut noise, mut slope) = (0.0, 0.0, 0.0);
        for k in self.used() {
            let (c, s) = self.variance_line(k);
            squares += 0.5 * (self.dx_um[k].powi(2) + self.dy_um[k].powi(2));
            noise += c;
            slope += s;
        }
        let floor = 0.01 * squares.max(noise);
        ((squares - noise).max(floor) / slope.max(f64::MIN_POSITIVE)).max(1e-12)
    }
}
