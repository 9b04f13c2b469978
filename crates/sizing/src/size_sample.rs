//! The way through: tracks of a sample become its sizes.
//!
//! 1. Every track gets its own estimate of D.
//! 2. Tracks too short, out of reach or not finite are set aside and counted.
//! 3. One common factor on the localisation variances is found.
//! 4. The exact likelihood of every track is laid out over the ladder of diameters.
//! 5. The population is fitted, for all captures together and for each.
//! 6. Resamples are fitted, from which all intervals follow.

use crate::brightness::Spread;
use crate::causes::{self, Causes, Placed};
use crate::detectable::Brightness;
use crate::diffusion::{DiffusionEstimator, ESTIMATORS};
use crate::distribution::{DISTRIBUTIONS, DistributionMethod, Fit};
use crate::findings;
use crate::goodness::{self, PeriodogramRatios};
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
    for used in sorted.used.iter_mut().chain(&mut sorted.brief) {
        used.steps.scale_variances(scale.variance_factor);
    }
    sorted.restate(medium, methods.estimator.as_ref());
    let context = Context {
        plan,
        method: methods.distribution.as_ref(),
        diffusion: lattice.diffusion_um2_per_s(medium.diffusion_times_diameter()),
        lattice,
    };
    let exposure_sds: Vec<f64> = captures
        .iter()
        .map(|c| c.sampling.ln_diameter_sd(c.exposure_se_s))
        .collect();
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
    let all = context.group(sorted.used.iter(), sorted.brief.iter());
    let mut per_capture = each_capture(context, exposure_sds, &sorted);
    // One estimate serves captures that were taken alike, so that its error does not average out.
    let exposure_sd = exposure_sds.iter().copied().fold(0.0, f64::max);
    // What differs within a single film; within several it is in the differences between them.
    let between = match exposure_sds.len() {
        1 => context.between_blocks(&all),
        _ => between_captures(&per_capture, exposure_sds),
    };
    let scale_sd = between.hypot(exposure_sd);
    let (mut pooled, fit) = context.size(&all, scale_sd);
    for tally in &sorted.tallies {
        pooled.tally.merge(tally);
    }
    let (periodogram, causes) = fit.as_ref().map_or((None, Causes::default()), |fit| {
        motion(context, &all, &sorted.used, &fit.per_track)
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
    if exposure_sds.len() == 1 {
        per_capture.push(pooled.clone());
    }
    let mut findings = findings::all(
        &pooled,
        &scale,
        periodogram.as_ref(),
        &causes,
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
        causes,
        findings,
    }
}

/// The results of the captures by themselves, where there are several.
fn each_capture(context: &Context<'_>, exposure_sds: &[f64], sorted: &Sorted) -> Vec<SizeResult> {
    if exposure_sds.len() < 2 {
        return Vec::new();
    }
    let size = |(c, exposure_sd): (usize, &f64)| {
        let of_capture = |u: &&UsedTrack| u.capture == c;
        let own = context.group(
            sorted.used.iter().filter(of_capture),
            sorted.brief.iter().filter(of_capture),
        );
        let sd = exposure_sd.hypot(context.between_blocks(&own));
        let mut result = context.size(&own, sd).0;
        result.tally = sorted.tallies[c].clone();
        result
    };
    exposure_sds.iter().enumerate().map(size).collect()
}

/// How well the model describes the motion of all tracks, and what may be wrong with it.
fn motion(
    context: &Context<'_>,
    all: &Group<'_>,
    used: &[UsedTrack],
    fraction: &[f64],
) -> (Option<PeriodogramRatios>, Causes) {
    let data = all.data(context);
    let diffusion = &context.diffusion;
    let placed: Vec<Placed<'_>> = used
        .iter()
        .map(|u| Placed {
            steps: &u.steps,
            capture: u.capture,
            first_frame: u.first_frame,
        })
        .collect();
    let ratios = goodness::periodogram_ratios(&all.steps, &data, diffusion, fraction);
    (ratios, causes::measure(&placed, &data, diffusion, fraction))
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

/// Standard deviation, in the logarithm, that the pooled diameters inherit from differences between captures: what
/// the spread of the captures' means has beyond their own errors, over the root of their number. The exposure moves all
/// captures together, so its part of their errors explains no spread.
fn between_captures(captures: &[SizeResult], exposure_sds: &[f64]) -> f64 {
    let means: Vec<(f64, f64)> = captures
        .iter()
        .zip(exposure_sds)
        .filter_map(|(c, shared)| c.summary.map(|s| (s.mean, shared)))
        .filter(|(m, _)| m.value > 0.0)
        .map(|(m, shared)| {
            let half = 0.5 * (m.ci95[1] - m.ci95[0]) / crate::diffusion::Z95;
            let own = (half / m.value).powi(2) - shared.powi(2);
            (m.value.ln(), own.max(0.0))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Interval, SizeSummary};

    /// A capture with this mean, whose interval has the relative standard error `se`.
    fn capture(mean: f64, se: f64) -> SizeResult {
        let half = crate::diffusion::Z95 * se * mean;
        let e = Interval {
            value: mean,
            ci95: [mean - half, mean + half],
        };
        SizeResult {
            summary: Some(SizeSummary {
                mean: e,
                median: e,
                mode: e,
                d10: e,
                d50: e,
                d90: e,
                sd: e,
                span: e,
                cv: e,
            }),
            ..SizeResult::default()
        }
    }

    #[test]
    fn an_error_that_captures_share_does_not_hide_their_differences() {
        // Logarithms -0.06, 0, 0.06: a standard deviation of 6 % between captures, of which 2 % are their own errors.
        let (own, shared) = (0.02f64, 0.08f64);
        let captures: Vec<SizeResult> = [-0.06f64, 0.0, 0.06]
            .map(|ln| capture(100.0 * ln.exp(), own.hypot(shared)))
            .into();
        let want = ((0.06f64.powi(2) - own.powi(2)) / 3.0).sqrt();
        let got = between_captures(&captures, &[shared; 3]);
        assert!((got / want - 1.0).abs() < 1e-9, "{got} {want}");
        // Counted as their own, the shared error would explain all of it.
        assert_eq!(between_captures(&captures, &[0.0; 3]), 0.0);
    }

    #[test]
    fn captures_that_differ_no_more_than_by_chance_add_nothing() {
        let alike = [capture(100.0, 0.03), capture(102.0, 0.03)];
        assert_eq!(between_captures(&alike, &[0.0; 2]), 0.0);
        assert_eq!(between_captures(&alike[..1], &[0.0]), 0.0);
        // A stated share larger than the whole error leaves none, not less than none.
        let far = [capture(100.0, 0.03), capture(120.0, 0.03)];
        let all = between_captures(&far, &[1.0; 2]);
        assert!((all - 1.2f64.ln() / 2.0).abs() < 1e-9, "{all}");
    }
}
