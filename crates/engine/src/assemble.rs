//! Puts the pieces into the form of `result.json`.

use crate::blank::Blank;
use crate::budget::uncertainty;
use crate::capture::Followed;
use crate::classes::size_classes;
use crate::concentration::concentration;
use crate::intensity::intensity;
use crate::plan::{self, Plan, SampleValue};
use crate::replicates::{CaptureErrors, replicates};
use crate::report::{
    Capture, CaptureTally, DiameterSummary, Distribution, DriftTrack, Estimate, Limits, Medium,
    Population, PopulationCi95, Report, ReportFinding, SCHEMA, Sample, Setting, Software,
    SpotsOverTime, StageMethod, TrackLengths, Verdict,
};
use nta_core::Track;
use nta_sizing::{InputUncertainties, Interval, SampleSizes, SizeResult, SizeSummary};

/// A track must be this long for its particle to be counted: noise now and then makes three spots in a row, hardly ever
/// five. Visits that are shorter are lost to the count, 2 % of the presence where a visit lasts 25 frames.
pub(crate) const COUNTED_FROM_FRAMES: usize = 5;

/// The finding that a film shows more spots than particles can make, and was not searched.
pub(crate) const NOT_SEARCHED: &str = "D03";

/// All that a report is made of.
pub(crate) struct Pieces<'a> {
    pub(crate) captures: &'a [Followed],
    pub(crate) sizes: &'a SampleSizes,
    pub(crate) plan: &'a Plan,
    pub(crate) medium: &'a nta_sizing::Medium,
    pub(crate) blank: Option<&'a Blank>,
    pub(crate) findings: Vec<ReportFinding>,
}

/// The report, all but its timing.
pub(crate) fn assemble(pieces: Pieces<'_>) -> Report {
    let Pieces {
        captures,
        sizes,
        plan,
        medium,
        blank,
        findings,
    } = pieces;
    let pooled = Counts::of(captures);
    let shown: Vec<Capture> = captures
        .iter()
        .zip(&sizes.captures)
        .map(|(c, s)| capture(c, s, plan, blank))
        .collect();
    let limits = sizes.pooled.limits.as_ref();
    let errors: Vec<CaptureErrors> = captures.iter().map(CaptureErrors::of).collect();
    let inputs = plan.input_uncertainties(&captures[0].acquisition);
    let diameter_nm = diameters(sizes.pooled.summary.as_ref());
    let concentration = concentration(&pooled, &sizes.pooled, plan, blank);
    Report {
        schema: SCHEMA.to_owned(),
        software: software(),
        sample: sample(plan, captures),
        plan: plan.to_json(),
        // All captures of one sample share it, or a finding says that they do not.
        acquisition: captures[0].acquisition.clone(),
        medium: in_force(plan, medium, &inputs),
        methods: methods(plan),
        particles_per_frame: pooled.particles_per_frame(),
        coincidence_factor: pooled.coincidence_factor(),
        distribution: distribution(&sizes.pooled, plan),
        populations: sizes.pooled.populations.iter().map(population).collect(),
        size_classes: size_classes(&sizes.pooled, concentration.as_ref()),
        blank: blank.map(|b| b.told(concentration.as_ref())),
        intensity: intensity(captures, sizes),
        limits: Limits {
            narrowest_cv: limits.map(|l| l.narrowest_cv),
            smallest_ratio: limits.map(|l| l.smallest_ratio),
            visibility: sizes.pooled.visibility,
            ..Limits::default()
        },
        replicates: replicates(&shown, &errors),
        captures: shown,
        uncertainty: Some(uncertainty(
            &diameter_nm,
            concentration.as_ref(),
            &inputs,
            medium,
        )),
        diameter_nm,
        concentration,
        verdict: Verdict::of(&findings),
        findings,
        timing: crate::report::Timing::default(),
    }
}

pub(crate) fn software() -> Software {
    Software {
        name: "nta".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("NTA_COMMIT").map(str::to_owned),
    }
}

/// The sample's fields; its id is the first capture's name where the plan gives none.
fn sample(plan: &Plan, captures: &[Followed]) -> Sample {
    let mut fields = serde_json::Map::new();
    let mut id = None;
    for (key, value) in &plan.sample {
        if key == "id" {
            id = Some(match value {
                SampleValue::Text(text) => text.clone(),
                SampleValue::Whole(n) => n.to_string(),
                SampleValue::Number(n) => n.to_string(),
            });
        } else {
            fields.insert(key.clone(), serde_json::to_value(value).unwrap_or_default());
        }
    }
    let from_file = || {
        let path = std::path::Path::new(&captures[0].name);
        let name = path.file_stem().map_or_else(
            || captures[0].name.clone(),
            |s| s.to_string_lossy().into_owned(),
        );
        match captures.len() {
            1 => name,
            n => format!("{name} and {} more", n - 1),
        }
    };
    Sample {
        id: id.unwrap_or_else(from_file),
        fields,
    }
}

fn in_force(plan: &Plan, medium: &nta_sizing::Medium, inputs: &InputUncertainties) -> Medium {
    let (name, from) = match &plan.medium {
        plan::Medium::Named(name) => {
            let formula = nta_sizing::MEDIA
                .iter()
                .find(|m| m.name == name.value)
                .map_or("", |m| m.reference);
            (
                Some(name.value.clone()),
                format!("{} ({formula})", name.from),
            )
        }
        plan::Medium::ViscosityMpaS(v) => {
            let scaled = medium.measured_at_c.map_or_else(String::new, |t| {
                format!(
                    " ({} mPa s at {t} C, changed with temperature as water)",
                    v.value
                )
            });
            (None, format!("{}{scaled}", v.from))
        }
    };
    Medium {
        name,
        temperature_c: medium.temperature_c,
        temperature_uncertainty_c: Some(inputs.temperature_k.value),
        temperature_from: plan.temperature_c.from.clone(),
        viscosity_mpa_s: medium.viscosity_mpa_s,
        viscosity_relative_uncertainty: Some(inputs.viscosity.value),
        mass_fraction: medium.mass_fraction,
        dilution: plan.dilution.value,
        from,
    }
}

/// Every stage with its method and all its numbers.
fn methods(plan: &Plan) -> Vec<StageMethod> {
    let mut out = Vec::new();
    for stage in plan::stages::STAGES {
        let choice = plan.choice(stage.name);
        let Some(info) = (stage.methods)()
            .into_iter()
            .find(|m| m.key == choice.method)
        else {
            continue;
        };
        let setting = |p: &nta_core::ParamSpec| Setting {
            key: p.key.to_owned(),
            value: choice.params.get(p.key).copied(),
            unit: p.unit.to_owned(),
            from: plan.origin(&format!("{}.{}", stage.name, p.key)).to_owned(),
        };
        out.push(StageMethod {
            stage: stage.name.to_owned(),
            method: info.key.to_owned(),
            title: info.title.to_owned(),
            settings: info.params.iter().map(setting).collect(),
            references: info.references.iter().map(|r| (*r).to_owned()).collect(),
        });
    }
    out
}

fn capture(followed: &Followed, sizes: &SizeResult, plan: &Plan, blank: Option<&Blank>) -> Capture {
    let video = &followed.video;
    let times: Vec<f64> = video.frames.iter().map(|f| f.time_s).collect();
    let spots = &followed.spots_per_frame;
    let counts = Counts::of(std::slice::from_ref(followed));
    let in_volume = concentration(&counts, sizes, plan, blank);
    Capture {
        path: followed.name.clone(),
        sha256: followed.sha256.clone(),
        container: followed.info.container.clone(),
        codec: followed.info.codec.clone(),
        width_px: video.size_px.0 as u64,
        height_px: video.size_px.1 as u64,
        frames: video.frames.len() as u64,
        frames_missing: video.end.frames_missing,
        frames_repeated: video.frames_repeated,
        frames_damaged: video.end.frames_damaged,
        threshold_snr: Some(video.start_snr).filter(|v| v.is_finite()),
        complete: video.end.complete,
        tally: CaptureTally {
            spots: spots.iter().map(|n| *n as u64).sum(),
            tracks: video.tracks.len() as u64,
            tracks_used: sizes.tracks as u64,
            skipped: sizes.tally.clone(),
            dropped: video.tally.clone(),
        },
        particles_per_frame: counts.particles_per_frame(),
        drift_um_per_s: mean_drift(followed),
        drift_track: drift_track(followed, &times),
        track_lengths: TrackLengths::of(video.tracks.iter().map(|t| t.points().len())),
        spots_over_time: SpotsOverTime::of(&times, spots),
        diameter_nm: diameters(sizes.summary.as_ref()),
        distribution: sizes
            .distribution
            .is_some()
            .then(|| distribution(sizes, plan)),
        size_classes: size_classes(sizes, in_volume.as_ref()),
        concentration: in_volume,
    }
}

/// The straight line through the drift over time, which a vibration hardly tilts.
fn mean_drift(followed: &Followed) -> Option<[f64; 2]> {
    let frames = &followed.video.frames;
    if followed.video.tracks.is_empty() || frames.len() < 2 {
        return None;
    }
    let offsets = frames
        .iter()
        .map(|f| (f.time_s, followed.video.drift.offset_px(f.frame)))
        .collect::<Vec<_>>();
    slope(&offsets, followed.acquisition.pixel_size_um.value)
}

/// Slopes over time of the straight lines through places (x, y), times `unit`; `None` without a spread of times.
fn slope(places: &[(f64, (f64, f64))], unit: f64) -> Option<[f64; 2]> {
    let mean_s = places.iter().map(|p| p.0).sum::<f64>() / places.len() as f64;
    let (mut spread, mut x, mut y) = (0.0, 0.0, 0.0);
    for (time_s, at) in places {
        let t = time_s - mean_s;
        spread += t * t;
        x += t * at.0;
        y += t * at.1;
    }
    let scale = unit / spread;
    (spread > 0.0).then_some([x * scale, y * scale])
}

fn drift_track(followed: &Followed, times: &[f64]) -> Option<DriftTrack> {
    if followed.video.drift.offsets_px().is_empty() {
        return None;
    }
    let scale = followed.acquisition.pixel_size_um.value;
    let frames = &followed.video.frames;
    let offsets: Vec<(f64, f64)> = frames
        .iter()
        .map(|f| followed.video.drift.offset_px(f.frame))
        .collect();
    let x: Vec<f64> = offsets.iter().map(|o| o.0 * scale).collect();
    let y: Vec<f64> = offsets.iter().map(|o| o.1 * scale).collect();
    Some(DriftTrack::of(times, &x, &y))
}

/// Whether a film has so few frames that no particle in it can ever be counted.
pub(crate) fn too_short_to_count(capture: &Followed) -> bool {
    capture.video.frames.len() < COUNTED_FROM_FRAMES
}

/// Whether the detector left the film alone, because it shows more spots than particles can make.
pub(crate) fn not_searched(capture: &Followed) -> bool {
    capture.findings.iter().any(|f| f.code == NOT_SEARCHED)
}

/// Whether nothing is known of how many particles a film holds.
fn cannot_be_counted(capture: &Followed) -> bool {
    too_short_to_count(capture) || not_searched(capture)
}

/// What a concentration is counted from.
pub(crate) struct Counts {
    /// Frames in which each counted track was present.
    pub(crate) present: Vec<f64>,
    /// Frames of the films in which something can be counted.
    pub(crate) frames: u64,
    pub(crate) area_um2: f64,
    pub(crate) hidden_area_um2: f64,
}

impl Counts {
    pub(crate) fn of(captures: &[Followed]) -> Self {
        let counted = |t: &&Track| t.points().len() >= COUNTED_FROM_FRAMES;
        let tracks = captures
            .iter()
            .flat_map(|c| c.video.tracks.iter())
            .filter(counted);
        let all_frames: u64 = captures.iter().map(|c| c.video.frames.len() as u64).sum();
        // Where nothing can be counted, frames say nothing of how many there are.
        let frames = captures
            .iter()
            .filter(|c| !cannot_be_counted(c))
            .map(|c| c.video.frames.len() as u64)
            .sum();
        // The mean over all frames, should captures differ in their field of view.
        let mean = |of: fn(&Followed) -> f64| {
            let sums = captures.iter().map(|c| of(c) * c.video.frames.len() as f64);
            sums.sum::<f64>() / all_frames.max(1) as f64
        };
        Self {
            present: tracks.map(|t| t.points().len() as f64).collect(),
            frames,
            area_um2: mean(|c| {
                c.video.film.usable_px() as f64 * c.acquisition.pixel_size_um.value.powi(2)
            }),
            hidden_area_um2: mean(|c| {
                nta_sizing::hidden_area_um2(
                    c.video.film.spot_width_px * c.acquisition.pixel_size_um.value,
                )
            }),
        }
    }

    /// By what the number in view is larger than what was counted, because particles hide others.
    pub(crate) fn coincidence_factor(&self) -> f64 {
        let n = self.particles_per_frame();
        nta_sizing::coincidence_factor(n, self.hidden_area_um2, self.area_um2)
    }

    pub(crate) fn particles_per_frame(&self) -> f64 {
        // Not `sum`, which makes -0 of nothing.
        self.present.iter().fold(0.0, |all, p| all + p) / self.frames.max(1) as f64
    }
}

fn estimate(interval: Interval) -> Estimate {
    Estimate::new(interval.value, Some(interval.ci95))
}

pub(crate) fn diameters(summary: Option<&SizeSummary>) -> DiameterSummary {
    summary.map_or_else(DiameterSummary::default, |s| DiameterSummary {
        mean: estimate(s.mean),
        median: estimate(s.median),
        mode: estimate(s.mode),
        d10: estimate(s.d10),
        d50: estimate(s.d50),
        d90: estimate(s.d90),
        sd: estimate(s.sd),
        span: estimate(s.span),
        coefficient_of_variation: estimate(s.cv),
    })
}

fn distribution(sizes: &SizeResult, plan: &Plan) -> Distribution {
    sizes.distribution.as_ref().map_or_else(
        || Distribution {
            weighting: plan.size.weighting.word().into(),
            method: plan.choice("distribution").method,
            ..Distribution::default()
        },
        |d| Distribution {
            weighting: d.weighting.clone(),
            method: d.method.clone(),
            diameter_nm: d.diameter_nm.clone(),
            density_per_nm: d.density_per_nm.clone(),
            number_per_nm: d.number_per_nm.clone(),
            ci95_low_per_nm: d.low_per_nm.clone(),
            ci95_high_per_nm: d.high_per_nm.clone(),
            tracks: d.tracks as u64,
            smallest_detectable_nm: d.smallest_detectable_nm,
            smallest_detectable_ci95_nm: d.smallest_detectable_ci95_nm,
        },
    )
}

fn population(p: &nta_sizing::Population) -> Population {
    Population {
        diameter_nm: p.diameter_nm.value,
        sd_nm: Some(p.sd_nm.value),
        fraction: p.fraction.value,
        ci95: PopulationCi95 {
            diameter_nm: Some(p.diameter_nm.ci95),
            fraction: Some(p.fraction.ci95),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn the_mean_drift_is_that_of_time_and_hardly_tilted_by_a_vibration() {
        // Two pauses, 2 and -1 px/s, and a shake of 3 px.
        let places: Vec<(f64, (f64, f64))> = (0..300)
            .map(|k| f64::from(k) / 30.0 + f64::from(k / 100))
            .map(|t| (t, (5.0 + 2.0 * t + 3.0 * (20.0 * t).sin(), 1.0 - t)))
            .collect();
        let [x, y] = slope(&places, 1.0).unwrap();
        assert!((x - 2.0).abs() < 0.05, "{x}");
        assert!((y + 1.0).abs() < 1e-12, "{y}");
    }

    #[test]
    fn one_time_has_no_drift() {
        assert_eq!(slope(&[], 1.0), None);
        assert_eq!(slope(&[(1.0, (3.0, 4.0)); 2], 1.0), None);
    }
}
