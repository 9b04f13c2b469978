//! The way through: tracks of a sample become its sizes.
//!
//! 1. Every track gets its own estimate of D.
//! 2. Tracks too short, out of reach or not finite are set aside and counted.
//! 3. One common factor on the localisation variances is found.
//! 4. The exact likelihood of every track is laid out over the ladder of diameters.
//! 5. The population is fitted, for all captures together and for each.
//! 6. Resamples are fitted, from which all intervals follow.

use crate::bootstrap::{self, Resample, Resampling};
use crate::diffusion::{DiffusionEstimator, ESTIMATORS};
use crate::distribution::{DISTRIBUTIONS, DistributionMethod, Fit, PopulationData};
use crate::findings;
use crate::goodness;
use crate::lattice::{self, Lattice};
use crate::likelihood;
use crate::matrix::LikelihoodMatrix;
use crate::medium::Medium;
use crate::populations::{self, Population};
use crate::precision_scale::{self, PrecisionScale};
use crate::result::{
    CaptureTracks, ParticleSize, SampleSizes, SizeDistribution, SizeResult, SizingError,
    SizingPlan, Weighting,
};
use crate::steps::Steps;
use crate::summary::{Interval, SizeSummary, Statistics};
use nta_core::Tally;
use nta_core::method::resolve;

/// With fewer tracks there is no distribution: five diameters are better shown one by one.
pub const FEWEST_TRACKS: usize = 5;
/// Range of diameters that is always covered, nm.
const USUAL_RANGE_NM: [f64; 2] = [15.0, 1000.0];
/// The range reaches this much beyond the tracks' own diameters.
const MARGIN: f64 = 2.0;

/// Sizes of a sample from its captures.
pub fn size_sample(
    captures: &[CaptureTracks<'_>],
    medium: &Medium,
    plan: &SizingPlan,
) -> Result<SampleSizes, SizingError> {
    let methods = Methods::of(captures, medium, plan)?;
    let mut sorted = sort_out(captures, medium, plan, methods.estimator.as_ref());
    let lattice = choose_lattice(plan, &sorted.used);
    let scale = if plan.profile_precision {
        let all: Vec<&Steps> = sorted.used.iter().map(|u| &u.steps).collect();
        precision_scale::profile(&all, &lattice, medium.diffusion_times_diameter())
    } else {
        PrecisionScale::UNCHANGED
    };
    for used in &mut sorted.used {
        used.steps = used.steps.with_variance_factor(scale.variance_factor);
    }
    sorted.restate(medium, methods.estimator.as_ref());
    let context = Context {
        plan,
        method: methods.distribution.as_ref(),
        diffusion: lattice.diffusion_um2_per_s(medium.diffusion_times_diameter()),
        lattice,
    };
    Ok(context.results(captures.len(), sorted, scale))
}

struct Methods {
    estimator: Box<dyn DiffusionEstimator>,
    distribution: Box<dyn DistributionMethod>,
}

impl Methods {
    fn of(
        captures: &[CaptureTracks<'_>],
        medium: &Medium,
        plan: &SizingPlan,
    ) -> Result<Self, SizingError> {
        plan.check()?;
        for (capture, c) in captures.iter().enumerate() {
            c.sampling
                .check()
                .map_err(|source| SizingError::Sampling { capture, source })?;
        }
        let product = medium.diffusion_times_diameter();
        if !(product > 0.0 && product.is_finite()) {
            return Err(SizingError::Medium {
                temperature_c: medium.temperature_c,
                viscosity_mpa_s: medium.viscosity_mpa_s,
            });
        }
        let (estimator, estimator_params) = resolve(ESTIMATORS, "diffusion", &plan.diffusion)?;
        let (distribution, params) = resolve(DISTRIBUTIONS, "distribution", &plan.distribution)?;
        Ok(Self {
            estimator: (estimator.make)(&estimator_params),
            distribution: (distribution.make)(&params),
        })
    }
}

/// A track that takes part in the distribution.
struct UsedTrack {
    steps: Steps,
    capture: usize,
    /// Place among the trajectories of its capture.
    place: usize,
    diameter_nm: Option<f64>,
}

/// All tracks, sorted into used and not.
struct Sorted {
    used: Vec<UsedTrack>,
    particles: Vec<Vec<ParticleSize>>,
    tallies: Vec<Tally>,
}

fn sort_out(
    captures: &[CaptureTracks<'_>],
    medium: &Medium,
    plan: &SizingPlan,
    estimator: &dyn DiffusionEstimator,
) -> Sorted {
    let mut out = Sorted {
        used: Vec::new(),
        particles: Vec::with_capacity(captures.len()),
        tallies: Vec::with_capacity(captures.len()),
    };
    for (capture, c) in captures.iter().enumerate() {
        let mut particles = Vec::with_capacity(c.trajectories.len());
        let mut tally = Tally::default();
        for (place, trajectory) in c.trajectories.iter().enumerate() {
            let steps = Steps::of(trajectory, c.sampling, 1.0);
            let mut particle = steps.as_ref().map_or_else(
                |_| ParticleSize::unknown(),
                |s| ParticleSize::of(estimator, s, medium),
            );
            let verdict = steps
                .map_err(|e| e.to_string())
                .and_then(|s| usable(s, plan, medium));
            match verdict {
                Ok(steps) => {
                    particle.used = true;
                    out.used.push(UsedTrack {
                        steps,
                        capture,
                        place,
                        diameter_nm: particle.diameter_nm,
                    });
                }
                Err(reason) => {
                    tally.add(&reason, 1);
                    particle.reason = Some(reason);
                }
            }
            particles.push(particle);
        }
        out.particles.push(particles);
        out.tallies.push(tally);
    }
    out
}

/// The steps back, or in one word why they are not used.
fn usable(steps: Steps, plan: &SizingPlan, medium: &Medium) -> Result<Steps, String> {
    if steps.len() + 1 < plan.shortest_track_frames as usize {
        return Err("too_short".into());
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
    fn restate(&mut self, medium: &Medium, estimator: &dyn DiffusionEstimator) {
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

/// The usual range, widened so that it holds all but the outermost hundredths of the tracks' own diameters with a
/// margin; single outliers do not stretch it.
fn choose_lattice(plan: &SizingPlan, used: &[UsedTrack]) -> Lattice {
    if let Some([low, high]) = plan.diameter_range_nm {
        return Lattice::covering(low, high);
    }
    let [mut low, mut high] = USUAL_RANGE_NM;
    let mut own: Vec<f64> = used.iter().filter_map(|u| u.diameter_nm).collect();
    own.sort_by(f64::total_cmp);
    if let (Some(first), Some(last)) = (
        own.get(own.len() / 100),
        own.iter().rev().nth(own.len() / 100),
    ) {
        low = low.min(first / MARGIN);
        high = high.max(last * MARGIN);
    }
    Lattice::covering(low, high)
}

struct Context<'a> {
    plan: &'a SizingPlan,
    method: &'a dyn DistributionMethod,
    lattice: Lattice,
    diffusion: Vec<f64>,
}

/// Tracks of one result with what the fit needs.
struct Group<'a> {
    steps: Vec<&'a Steps>,
    capture: Vec<usize>,
    presence_frames: Vec<f64>,
    diameter_nm: Vec<Option<f64>>,
    matrix: LikelihoodMatrix,
}

impl Group<'_> {
    fn data<'b>(&'b self, lattice: &'b Lattice) -> PopulationData<'b> {
        PopulationData {
            lattice,
            matrix: &self.matrix,
            presence_frames: &self.presence_frames,
            diameter_nm: &self.diameter_nm,
        }
    }
}

impl Context<'_> {
    fn results(&self, captures: usize, sorted: Sorted, scale: PrecisionScale) -> SampleSizes {
        let all = self.group(sorted.used.iter());
        let mut per_capture = Vec::with_capacity(captures);
        if captures > 1 {
            for c in 0..captures {
                let own = self.group(sorted.used.iter().filter(|u| u.capture == c));
                let mut result = self.size(&own, 0.0).0;
                result.tally = sorted.tallies[c].clone();
                per_capture.push(result);
            }
        }
        let (mut pooled, fit) = self.size(&all, between_captures(&per_capture));
        for tally in &sorted.tallies {
            pooled.tally.merge(tally);
        }
        if captures == 1 {
            per_capture.push(pooled.clone());
        }
        let periodogram = fit.and_then(|fit| {
            goodness::periodogram_ratios(
                &all.steps,
                &all.data(&self.lattice),
                &self.diffusion,
                &fit.per_track,
            )
        });
        let findings = findings::all(
            &pooled,
            &scale,
            periodogram.as_ref(),
            self.method.peaks_count(),
        );
        SampleSizes {
            pooled,
            captures: per_capture,
            particles: sorted.particles,
            precision_scale: scale,
            periodogram,
            findings,
        }
    }

    fn group<'b>(&self, used: impl Iterator<Item = &'b UsedTrack>) -> Group<'b> {
        let used: Vec<&UsedTrack> = used.collect();
        Group {
            steps: used.iter().map(|u| &u.steps).collect(),
            capture: used.iter().map(|u| u.capture).collect(),
            presence_frames: used.iter().map(|u| (u.steps.len() + 1) as f64).collect(),
            diameter_nm: used.iter().map(|u| u.diameter_nm).collect(),
            matrix: LikelihoodMatrix::of(used.iter().map(|u| &u.steps), &self.diffusion),
        }
    }

    fn size(&self, group: &Group<'_>, ln_scale_sd: f64) -> (SizeResult, Option<Fit>) {
        let tracks = group.steps.len();
        let mut out = SizeResult {
            tracks,
            ..SizeResult::default()
        };
        if tracks < FEWEST_TRACKS {
            return (out, None);
        }
        let data = group.data(&self.lattice);
        let Some(fit) = self.method.fit(&data, &vec![1.0; tracks]) else {
            return (out, None);
        };
        let how = Resampling {
            capture: &group.capture,
            ln_scale_sd,
            resamples: self.plan.resamples,
            seed: self.plan.seed,
        };
        let resamples = bootstrap::run(self.method, &data, &fit, &how, self.plan.weighting);
        let share = weighted_share(&fit, self.plan.weighting);
        let widening = bootstrap::widening(tracks);
        let median = Statistics::of(&self.lattice, share).d50;
        out.limits = self.limits(group, median);
        out.summary = Some(self.summary(share, &resamples, widening));
        out.populations = self.populations(share, &resamples, widening);
        out.distribution = Some(self.distribution(share, &resamples, widening, tracks));
        (out, Some(fit))
    }

    fn limits(&self, group: &Group<'_>, median_nm: f64) -> Option<populations::Limits> {
        let rung = self.lattice.cell_of(median_nm)?;
        let d = self.diffusion[rung];
        let variances: Vec<f64> = group
            .steps
            .iter()
            .filter_map(|s| likelihood::at(s, d))
            .map(|p| 1.0 / (d * d * p.information))
            .collect();
        populations::limits(&variances)
    }

    fn summary(&self, share: &[f64], resamples: &[Resample], widening: f64) -> SizeSummary {
        let own = Statistics::of(&self.lattice, share);
        let others: Vec<Statistics> = resamples
            .iter()
            .map(|r| Statistics::of(&self.lattice, &r.share).scaled(r.scale))
            .collect();
        let interval = |number: fn(&Statistics) -> f64| {
            let mut values: Vec<f64> = others.iter().map(number).collect();
            let value = number(&own);
            let [low, high] = bootstrap::interval(value, &mut values, widening);
            Interval {
                value,
                ci95: [low.max(0.0), high],
            }
        };
        SizeSummary {
            mean: interval(|s| s.mean),
            median: interval(|s| s.d50),
            mode: interval(|s| s.mode),
            d10: interval(|s| s.d10),
            d50: interval(|s| s.d50),
            d90: interval(|s| s.d90),
            sd: interval(|s| s.sd),
            span: interval(Statistics::span),
            cv: interval(Statistics::cv),
        }
    }

    fn populations(&self, share: &[f64], resamples: &[Resample], widening: f64) -> Vec<Population> {
        let peaks_of_resamples: Vec<Vec<usize>> = resamples
            .iter()
            .map(|r| populations::peaks(&r.share).iter().map(|p| p.top).collect())
            .collect();
        populations::peaks(share)
            .into_iter()
            .filter_map(|peak| {
                let own = populations::measure(&self.lattice, share, peak.start, peak.end)?;
                let others: Vec<[f64; 3]> = resamples
                    .iter()
                    .filter_map(|r| {
                        let m =
                            populations::measure(&self.lattice, &r.share, peak.start, peak.end)?;
                        Some([m[0] * r.scale, m[1] * r.scale, m[2]])
                    })
                    .collect();
                let interval = |which: usize, most: f64| {
                    let mut values: Vec<f64> = others.iter().map(|o| o[which]).collect();
                    let [low, high] = bootstrap::interval(own[which], &mut values, widening);
                    Interval {
                        value: own[which],
                        ci95: [low.max(0.0), high.min(most)],
                    }
                };
                let again = peaks_of_resamples
                    .iter()
                    .filter(|tops| tops.iter().any(|t| (peak.start..peak.end).contains(t)))
                    .count();
                Some(Population {
                    diameter_nm: interval(0, f64::INFINITY),
                    sd_nm: interval(1, f64::INFINITY),
                    fraction: interval(2, 1.0),
                    recurrence: again as f64 / resamples.len().max(1) as f64,
                })
            })
            .collect()
    }

    fn distribution(
        &self,
        share: &[f64],
        resamples: &[Resample],
        widening: f64,
        tracks: usize,
    ) -> SizeDistribution {
        let rungs = self.lattice.len();
        let mut out = SizeDistribution {
            diameter_nm: self.lattice.diameters_nm().to_vec(),
            density_per_nm: Vec::with_capacity(rungs),
            low_per_nm: Vec::with_capacity(rungs),
            high_per_nm: Vec::with_capacity(rungs),
            weighting: self.plan.weighting.word().to_owned(),
            method: self.plan.distribution.method.clone(),
            tracks,
            smallest_detectable_nm: None,
        };
        for g in 0..rungs {
            let cell = self.lattice.cell_nm(g);
            let value = share[g] / cell;
            let mut values: Vec<f64> = resamples.iter().map(|r| r.share[g] / cell).collect();
            let [low, high] = bootstrap::interval(value, &mut values, widening);
            out.density_per_nm.push(value);
            out.low_per_nm.push(low.max(0.0));
            out.high_per_nm.push(high);
        }
        out
    }
}

/// The shares that the plan asks for.
fn weighted_share(fit: &Fit, weighting: Weighting) -> &[f64] {
    match weighting {
        Weighting::Number => &fit.number,
        Weighting::Track => &fit.per_track,
    }
}

/// Standard deviation, in the logarithm, that the pooled diameters inherit from differences between captures: what
/// the spread of the captures' means has beyond their own errors, over the root of their number.
fn between_captures(captures: &[SizeResult]) -> f64 {
    let means: Vec<(f64, f64)> = captures
        .iter()
        .filter_map(|c| c.summary.map(|s| s.mean))
        .filter(|m| m.value > 0.0)
        .map(|m| {
            let half = 0.5 * (m.ci95[1] - m.ci95[0]) / crate::diffusion::Z95;
            (m.value.ln(), (half / m.value).powi(2))
        })
        .collect();
    let n = means.len() as f64;
    if means.len() < 2 {
        return 0.0;
    }
    let mean = means.iter().map(|m| m.0).sum::<f64>() / n;
    let spread = means.iter().map(|m| (m.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let expected = means.iter().map(|m| m.1).sum::<f64>() / n;
    ((spread - expected).max(0.0) / n).sqrt()
}
