//! One result: the population of a group of tracks with its intervals.

use crate::blocks::between_blocks;
use crate::bootstrap::{self, Resample, Resampling};
use crate::classes::{ClassShare, Classes, Weighted};
use crate::depth;
use crate::distribution::{DistributionMethod, Fit, LagOne, PopulationData, rough_population};
use crate::lattice::Lattice;
use crate::likelihood;
use crate::matrix::LikelihoodMatrix;
use crate::populations::{self, Population};
use crate::result::{SizeDistribution, SizeResult, SizingPlan};
use crate::select::UsedTrack;
use crate::steps::Steps;
use crate::summary::{Interval, SizeSummary, Statistics};
use crate::visits::Visits;
use crate::weighting::Weighting;
use crate::width;

/// With fewer tracks there is no distribution: two diameters are better shown one by one.
pub(crate) const FEWEST_TRACKS: usize = 3;

/// Steps to the rough population that differences within a film are measured against.
const BLOCK_STEPS: usize = 50;

/// What all results of a sample share.
pub(crate) struct Context<'a> {
    /// What was chosen.
    pub plan: &'a SizingPlan,
    /// How populations are inferred.
    pub method: &'a dyn DistributionMethod,
    /// The ladder of diameters.
    pub lattice: Lattice,
    /// Diffusion coefficients of its rungs, um^2/s.
    pub diffusion: Vec<f64>,
}

/// Tracks of one result with what the fit needs.
pub(crate) struct Group<'a> {
    /// Displacements of each track.
    pub steps: Vec<&'a Steps>,
    capture: Vec<usize>,
    first_frame: Vec<u32>,
    presence_frames: Vec<f64>,
    diameter_nm: Vec<Option<f64>>,
    lag_one: Vec<LagOne>,
    matrix: LikelihoodMatrix,
    visits: Option<Visits>,
}

impl Group<'_> {
    /// The same in the form that a method takes.
    pub fn data<'b>(&'b self, context: &'b Context<'_>) -> PopulationData<'b> {
        PopulationData {
            lattice: &context.lattice,
            diffusion_um2_per_s: &context.diffusion,
            matrix: &self.matrix,
            presence_frames: &self.presence_frames,
            diameter_nm: &self.diameter_nm,
            visits: self.visits.as_ref(),
            lag_one: &self.lag_one,
        }
    }
}

impl Context<'_> {
    /// Lays out the likelihoods of some tracks, and of visits too brief to hold a size.
    pub fn group<'b>(
        &self,
        used: impl Iterator<Item = &'b UsedTrack>,
        brief: impl Iterator<Item = &'b UsedTrack>,
    ) -> Group<'b> {
        let used: Vec<&UsedTrack> = used.collect();
        let all: Vec<&UsedTrack> = used.iter().copied().chain(brief).collect();
        let steps_only = LikelihoodMatrix::of(all.iter().map(|u| &u.steps), &self.diffusion);
        let mut group = Group {
            steps: used.iter().map(|u| &u.steps).collect(),
            capture: used.iter().map(|u| u.capture).collect(),
            first_frame: used.iter().map(|u| u.first_frame).collect(),
            presence_frames: used.iter().map(|u| u.frames()).collect(),
            diameter_nm: used.iter().map(|u| u.diameter_nm).collect(),
            lag_one: used.iter().map(|u| LagOne::of(&u.steps)).collect(),
            matrix: steps_only.first(used.len()),
            visits: None,
        };
        let visibility = self
            .plan
            .depth_by_brightness
            .then(|| all.iter().map(|u| u.visibility).collect())
            .flatten();
        let frames = all.iter().map(|u| u.frames()).collect();
        let visits = Visits::of(&group.data(self), steps_only, frames, visibility);
        group.matrix = visits.matrix.first(used.len());
        group.visits = Some(visits);
        group
    }

    /// Fits the tracks of a group and resamples them. Without a summary if there are too few.
    pub fn size(&self, group: &Group<'_>, ln_scale_sd: f64) -> (SizeResult, Option<Fit>) {
        let tracks = group.steps.len();
        let mut out = SizeResult {
            tracks,
            ..SizeResult::default()
        };
        if tracks < FEWEST_TRACKS {
            return (out, None);
        }
        let data = group.data(self);
        let Some(fit) = self.method.fit(&data, &vec![1.0; tracks]) else {
            return (out, None);
        };
        if let Some(visits) = &group.visits {
            out.visibility = depth::effective_visibility(visits, &visits.frames, &fit.per_track);
            out.mean_nm_at_equal_depth = self.mean_nm_at_equal_depth(visits, &fit, out.visibility);
        }
        let how = Resampling {
            capture: &group.capture,
            ln_scale_sd,
            resamples: self.plan.resamples,
            seed: self.plan.seed,
        };
        let resamples = bootstrap::run(self.method, &data, &fit, &how, self.plan.weighting);
        let share = &self.plan.weighting.share(&fit, &self.lattice)[..];
        out.carried_by_tracks = self.carried_by_tracks(&data, &fit);
        let widening = bootstrap::widening(tracks);
        // What tracks can tell is a matter of the tracks, whatever is counted.
        let median = Statistics::of(&self.lattice, &fit.per_track).d50;
        out.limits = self.limits(group, median);
        out.populations = self.populations(share, &fit.per_track, &resamples, widening);
        if let Some(limits) = out.limits {
            for p in &mut out.populations {
                let cv = p.sd_nm.value / p.diameter_nm.value;
                let least = limits.least_cv(cv, p.share_of_tracks);
                p.sd_nm.include(p.sd_nm.value * ratio(least, cv));
            }
        }
        let mut summary = self.summary(share, &resamples, widening);
        if self.method.peaks_count()
            && let [only] = &mut out.populations[..]
            && let Some(cv) = width::allowed_cv(&group.matrix, &self.lattice, median)
        {
            let [least, most] = cv.map(|allowed| ratio(allowed, summary.cv.value));
            let (least, most) = (least.min(1.0), most.max(1.0));
            summary = summary.allow_widths(least, most);
            only.sd_nm.include(least * only.sd_nm.value);
            only.sd_nm.include(most * only.sd_nm.value);
        }
        out.summary = Some(summary);
        out.classes = self.classes(&fit, share, &resamples, tracks);
        let mut distribution = self.distribution(share, &resamples, widening, tracks);
        distribution.number_per_nm = self.per_nm(&fit.number);
        out.distribution = Some(distribution);
        (out, Some(fit))
    }

    fn classes(
        &self,
        fit: &Fit,
        share: &[f64],
        resamples: &[Resample],
        tracks: usize,
    ) -> Vec<ClassShare> {
        let classes = Classes {
            lattice: &self.lattice,
            resamples,
            widening: bootstrap::widening(tracks),
            tracks,
        };
        let asked = Weighted {
            share,
            of: |r| &r.share,
            power: self.plan.weighting.power().unwrap_or(0),
        };
        let number = Weighted {
            share: &fit.number,
            of: |r| &r.number,
            power: 0,
        };
        classes.shares(&self.plan.classes_nm, &asked, &number)
    }

    /// What the diameters of a film inherit from differences between its parts, in the logarithm; 0 without a population.
    pub fn between_blocks(&self, group: &Group<'_>) -> f64 {
        rough_population(&group.data(self), BLOCK_STEPS).map_or(0.0, |population| {
            between_blocks(&group.matrix, &population, &group.first_frame)
        })
    }

    /// What allowing for brightness has changed, for people to see.
    fn mean_nm_at_equal_depth(
        &self,
        visits: &Visits,
        fit: &Fit,
        visibility: Option<f64>,
    ) -> Option<f64> {
        visibility.filter(|_| self.plan.weighting == Weighting::Number)?;
        let presence = visits.matrix.posterior_sum(&visits.frames, &fit.per_track);
        let share = crate::matrix::normalised(presence)?;
        Some(Statistics::of(&self.lattice, &share).mean)
    }

    /// Kish's effective number, `(sum w)^2 / sum w^2`, of the expected weights of the tracks (Kish 1965, Survey Sampling, 11.7).
    fn carried_by_tracks(&self, data: &PopulationData<'_>, fit: &Fit) -> Option<f64> {
        let power = self.plan.weighting.power().filter(|p| *p > 0)?;
        let d = self.lattice.diameters_nm();
        let weight: Vec<f64> = d.iter().map(|d| d.powi(power)).collect();
        let expected = data.matrix.posterior_moments(&fit.per_track, &weight);
        let (sum, squares) = expected
            .iter()
            .zip(data.presence_frames)
            .map(|(e, frames)| e.0 * frames)
            .filter(|w| w.is_finite())
            .fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        Some(sum * sum / squares).filter(|n| n.is_finite())
    }

    fn per_nm(&self, share: &[f64]) -> Vec<f64> {
        let rungs = share.iter().enumerate();
        rungs.map(|(g, s)| s / self.lattice.cell_nm(g)).collect()
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

    fn populations(
        &self,
        share: &[f64],
        per_track: &[f64],
        resamples: &[Resample],
        widening: f64,
    ) -> Vec<Population> {
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
                    share_of_tracks: per_track[peak.start..peak.end].iter().sum(),
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
            number_per_nm: Vec::new(),
            weighting: self.plan.weighting.word().to_owned(),
            method: self.plan.distribution.method.clone(),
            tracks,
            smallest_detectable_nm: None,
            smallest_detectable_ci95_nm: None,
        };
        for (g, share) in share.iter().enumerate() {
            let cell = self.lattice.cell_nm(g);
            let value = share / cell;
            let mut values: Vec<f64> = resamples.iter().map(|r| r.share[g] / cell).collect();
            let [low, high] = bootstrap::interval(value, &mut values, widening);
            out.density_per_nm.push(value);
            out.low_per_nm.push(low.max(0.0));
            out.high_per_nm.push(high);
        }
        out
    }
}

/// An allowed width over the fitted one; 1 without a fitted one.
fn ratio(allowed_cv: f64, cv: f64) -> f64 {
    if cv > 0.0 { allowed_cv / cv } else { 1.0 }
}
