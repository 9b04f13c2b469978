//! The way through: tracks of a sample become its sizes.
//!
//! 1. Every track gets its own estimate of D.
//! 2. Tracks too short, out of reach or not finite are set aside and counted.
//! 3. One common factor on the localisation variances is found.
//! 4. The exact likelihood of every track is laid out over the ladder of diameters.
//! 5. The population is fitted, for all captures together and for each.
//! 6. Resamples are fitted, from which all intervals follow.

use crate::brightness::Spread;
use crate::detectable::Brightness;
use crate::diffusion::{DiffusionEstimator, ESTIMATORS};
use crate::distribution::{DISTRIBUTIONS, DistributionMethod, Fit};
use crate::findings;
use crate::goodness;
use crate::group::{Context, Group};
use crate::lattice::Lattice;
use crate::medium::Medium;
use crate::precision_scale::{self, PrecisionScale};
use crate::result::{CaptureTracks, SampleSizes, SizeResult, SizingError, SizingPlan};
use crate::select::{Sorted, UsedTrack, sort_out};
use crate::steps::Steps;
use crate::summary::Statistics;
use nta_core::method::resolve;

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
    let exposure_sds: Vec<f64> = captures.iter().map(exposure_sd).collect();
    Ok(results(&context, &exposure_sds, sorted, scale))
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

fn results(
    context: &Context<'_>,
    exposure_sds: &[f64],
    mut sorted: Sorted,
    scale: PrecisionScale,
) -> SampleSizes {
    let captures = exposure_sds.len();
    let all = context.group(sorted.used.iter());
    let mut per_capture = Vec::with_capacity(captures);
    if captures > 1 {
        for (c, exposure_sd) in exposure_sds.iter().enumerate() {
            let own = context.group(sorted.used.iter().filter(|u| u.capture == c));
            let mut result = context.size(&own, *exposure_sd).0;
            result.tally = sorted.tallies[c].clone();
            per_capture.push(result);
        }
    }
    // One estimate serves captures that were taken alike, so that its error does not average out.
    let exposure_sd = exposure_sds.iter().copied().fold(0.0, f64::max);
    let scale_sd = between_captures(&per_capture).hypot(exposure_sd);
    let (mut pooled, fit) = context.size(&all, scale_sd);
    for tally in &sorted.tallies {
        pooled.tally.merge(tally);
    }
    let periodogram = fit.as_ref().and_then(|fit| {
        goodness::periodogram_ratios(
            &all.steps,
            &all.data(context),
            &context.diffusion,
            &fit.per_track,
        )
    });
    let ln_nm = fit.as_ref().map(|fit| expected_ln_nm(context, &all, fit));
    let spread = fit.as_ref().and_then(|fit| spread(context, &pooled, fit));
    let seen = ln_nm
        .as_ref()
        .zip(spread)
        .map(|(ln_nm, spread)| Brightness {
            used: &sorted.used,
            ln_nm,
            spread,
            deep: context.plan.depth_by_brightness,
        });
    let brightness = seen.as_ref().and_then(Brightness::law);
    let unseen = seen.and_then(|seen| seen.tell(&mut pooled, &mut per_capture));
    if captures == 1 {
        per_capture.push(pooled.clone());
    }
    let mut findings = findings::all(
        &pooled,
        &scale,
        periodogram.as_ref(),
        context.method.peaks_count(),
    );
    findings.extend(unseen);
    for (used, expected) in sorted.used.iter().zip(ln_nm.into_iter().flatten()) {
        sorted.particles[used.capture][used.place].expected_ln_nm = Some(expected);
    }
    SampleSizes {
        pooled,
        captures: per_capture,
        particles: sorted.particles,
        precision_scale: scale,
        brightness,
        spread,
        periodogram,
        findings,
    }
}

/// Expectation and variance of ln(d / nm) of each track under the population.
fn expected_ln_nm(context: &Context<'_>, all: &Group<'_>, fit: &Fit) -> Vec<[f64; 2]> {
    let rungs = context.lattice.diameters_nm().iter();
    let ln_nm: Vec<f64> = rungs.map(|d| d.ln()).collect();
    let moments = all
        .data(context)
        .matrix
        .posterior_moments(&fit.per_track, &ln_nm);
    let variance = |(mean, square): (f64, f64)| [mean, (square - mean * mean).max(0.0)];
    moments.into_iter().map(variance).collect()
}

/// How much the sizes of the tracks, each counted once, differ.
fn spread(context: &Context<'_>, pooled: &SizeResult, fit: &Fit) -> Option<Spread> {
    Some(Spread {
        cv: Statistics::of(&context.lattice, &fit.per_track).cv(),
        narrowest_cv: pooled.limits?.narrowest_cv,
    })
}

/// Standard deviation, in the logarithm, that the diameters of a capture inherit from its exposure: they go with
/// `1 - exposure / (3 interval)`.
fn exposure_sd(capture: &CaptureTracks<'_>) -> f64 {
    let rest_s = 3.0 * capture.sampling.frame_interval_s - capture.sampling.exposure_s;
    let sd = capture.exposure_se_s / rest_s;
    if sd.is_finite() { sd.max(0.0) } else { 0.0 }
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
