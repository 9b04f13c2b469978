//! Which tracks take part in the distribution, and why others do not.

use crate::diffusion::DiffusionEstimator;
use crate::lattice;
use crate::likelihood;
use crate::medium::Medium;
use crate::result::{CaptureTracks, ParticleSize, SizingPlan};
use crate::steps::Steps;
use crate::visits;
use nta_core::Tally;

/// A track that takes part in the distribution.
pub(crate) struct UsedTrack {
    /// Its displacements.
    pub steps: Steps,
    /// Its capture.
    pub capture: usize,
    /// Place among the trajectories of its capture.
    pub place: usize,
    /// Frame of its first position.
    pub first_frame: u32,
    /// Diameter from its own estimate, nm.
    pub diameter_nm: Option<f64>,
    /// Mean over its spots of ln(signal to noise over threshold), where it is known.
    pub visibility: Option<f64>,
}

impl UsedTrack {
    /// Frames in which it was seen.
    pub fn frames(&self) -> f64 {
        (self.steps.len() + 1) as f64
    }
}

/// All tracks, sorted into used and not.
pub(crate) struct Sorted {
    /// Tracks that take part, by capture, then in the order of their trajectories.
    pub used: Vec<UsedTrack>,
    /// Tracks too short to hold a size but long enough to be counted, by capture, then in the order of their trajectories.
    pub brief: Vec<UsedTrack>,
    /// All tracks: by capture, then in the order of its trajectories.
    pub particles: Vec<Vec<ParticleSize>>,
    /// Tracks left out, by capture.
    pub tallies: Vec<Tally>,
}

/// Estimates every track and sorts out those that cannot take part.
pub(crate) fn sort_out(
    captures: &[CaptureTracks<'_>],
    medium: &Medium,
    plan: &SizingPlan,
    estimator: &dyn DiffusionEstimator,
) -> Sorted {
    let mut out = Sorted {
        used: Vec::new(),
        brief: Vec::new(),
        particles: Vec::with_capacity(captures.len()),
        tallies: Vec::with_capacity(captures.len()),
    };
    for (capture, c) in captures.iter().enumerate() {
        let mut particles = Vec::with_capacity(c.trajectories.count());
        let mut tally = Tally::default();
        for place in 0..c.trajectories.count() {
            let trajectory = c.trajectories.at(place);
            let steps = Steps::of(&trajectory, c.sampling, 1.0);
            let mut particle = steps.as_ref().map_or_else(
                |_| ParticleSize::unknown(),
                |s| ParticleSize::of(estimator, s, medium),
            );
            let verdict = steps.map_err(|e| e.to_string()).map(|s| {
                let short = positions(&s) < plan.shortest_track_frames as usize;
                (usable(s, plan, medium), short)
            });
            let track = |steps| UsedTrack {
                steps,
                capture,
                place,
                first_frame: trajectory.frames()[0].0,
                diameter_nm: particle.diameter_nm,
                visibility: c.visibility.get(place).copied(),
            };
            let reason = match verdict {
                Ok((Ok(steps), false)) => {
                    out.used.push(track(steps));
                    None
                }
                Ok((verdict, true)) => {
                    let counted = |s: &Steps| positions(s) >= visits::SHORTEST_VISIT_FRAMES;
                    out.brief.extend(verdict.ok().filter(counted).map(track));
                    Some("too_short".to_owned())
                }
                Ok((Err(reason), false)) | Err(reason) => Some(reason),
            };
            match &reason {
                Some(reason) => tally.add(reason, 1),
                None => particle.used = true,
            }
            particle.reason = reason;
            particles.push(particle);
        }
        out.particles.push(particles);
        out.tallies.push(tally);
    }
    out
}

fn positions(steps: &Steps) -> usize {
    steps.len() + 1
}

/// Fewer displacements that are not bridged (see [`Steps`]) say nothing of D.
const FEWEST_STEPS: usize = 2;

/// The steps back, or in one word why they are not used whatever their length.
fn usable(steps: Steps, plan: &SizingPlan, medium: &Medium) -> Result<Steps, String> {
    // Length says that it is a particle; of its size only steps without a gap speak. The likelihood is exact for any number of
    // them, so that few do no harm, but a single one leaves D open over a factor of forty.
    if steps.used().count() < FEWEST_STEPS {
        return Err("too_few_steps".into());
    }
    // Something stuck has a likelihood that still rises where the ladder ends, and would pile up there; something
    // too fast is a chain of wrong links.
    let [low, high] = plan
        .diameter_range_nm
        .unwrap_or([lattice::SMALLEST_NM, lattice::LARGEST_NM]);
    let slowest = medium.diffusion_um2_per_s(high);
    let fastest = medium.diffusion_um2_per_s(low);
    if stuck(&steps, slowest) {
        return Err("immobile".into());
    }
    // A score beyond two standard errors at the end: the whole 95 % interval lies beyond it.
    const BEYOND: f64 = 2.0;
    match likelihood::at(&steps, fastest) {
        Some(p) if p.score > BEYOND * p.information.sqrt() => Err("too_fast".into()),
        Some(_) => Ok(steps),
        None => Err("not_finite".into()),
    }
}

/// Even twice the slowest D of the ladder is less likely than the slowest by more than chance allows.
fn stuck(steps: &Steps, slowest: f64) -> bool {
    const LIKELIER: f64 = 1.92;
    match (
        likelihood::at(steps, slowest),
        likelihood::at(steps, 2.0 * slowest),
    ) {
        (Some(end), Some(inside)) => end.ln_likelihood - inside.ln_likelihood > LIKELIER,
        _ => false,
    }
}

impl ParticleSize {
    fn unknown() -> Self {
        Self {
            estimate: None,
            diameter_nm: None,
            low_nm: None,
            high_nm: None,
            expected_ln_nm: None,
            used: false,
            reason: None,
        }
    }

    fn of(estimator: &dyn DiffusionEstimator, steps: &Steps, medium: &Medium) -> Self {
        let Some(estimate) = estimator.estimate(steps) else {
            return Self::unknown();
        };
        let [slow, fast] = estimate.ci95_um2_per_s;
        Self {
            estimate: Some(estimate),
            diameter_nm: medium.diameter_nm(estimate.diffusion_um2_per_s),
            low_nm: medium.diameter_nm(fast),
            high_nm: medium.diameter_nm(slow),
            ..Self::unknown()
        }
    }
}

impl Sorted {
    /// Estimates of single tracks again, after the precisions have been scaled.
    pub fn restate(&mut self, medium: &Medium, estimator: &dyn DiffusionEstimator) {
        for used in &mut self.used {
            let particle = &mut self.particles[used.capture][used.place];
            *particle = ParticleSize {
                used: true,
                ..ParticleSize::of(estimator, &used.steps, medium)
            };
            used.diameter_nm = particle.diameter_nm;
        }
    }
}
