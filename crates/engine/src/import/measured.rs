//! One row of `import.csv`: a replicate of an export, the vendor's average, a list of particles, or a result of ours.

use super::inputs::{Content, Input};
use crate::report::Report;
use crate::vendor::{
    Conditions, Export, Histogram, Kind, Measurement, Particle, PercentileRule, Statistics,
};
use nta_sizing::bootstrap::quantile;

/// Width of the bins that a list of particles is counted in, nm.
const BIN_NM: f64 = 5.0;
/// Number of those bins; what lies above is in none.
const BINS: usize = 400;

/// Something that has been measured, as printed and as it follows from its bins.
pub(super) struct Measured {
    /// The path as it was given.
    pub(super) file: String,
    /// Key of what the file is.
    pub(super) kind: &'static str,
    pub(super) software: String,
    pub(super) sample: String,
    /// Name of the video, `Average`, or `all` for a whole file.
    pub(super) replicate: String,
    /// Why there is no result.
    pub(super) failed: Option<String>,
    /// Why the file could not be read.
    pub(super) bad: Option<String>,
    pub(super) printed: Statistics,
    pub(super) from_bins: Statistics,
    pub(super) printed_per_ml: Option<f64>,
    pub(super) from_bins_per_ml: Option<f64>,
    pub(super) particles_per_frame: Option<f64>,
    /// Tracks that the sizes rest on.
    pub(super) tracks: Option<f64>,
    pub(super) rule: Option<PercentileRule>,
    /// Of the video, or of all.
    pub(super) told: Conditions,
    /// Bins, per mL or in counts.
    pub(super) histogram: Option<Histogram>,
    /// It is a result of nta.
    pub(super) ours: bool,
}

impl Measured {
    fn new(file: &str, kind: &'static str) -> Self {
        Self {
            file: file.to_owned(),
            kind,
            software: String::new(),
            sample: String::new(),
            replicate: "all".to_owned(),
            failed: None,
            bad: None,
            printed: Statistics::default(),
            from_bins: Statistics::default(),
            printed_per_ml: None,
            from_bins_per_ml: None,
            particles_per_frame: None,
            tracks: None,
            rule: None,
            told: Conditions::default(),
            histogram: None,
            ours: false,
        }
    }

    /// Every measurement of a file; of tracks there is one in the result instead.
    pub(super) fn of_input(input: &Input, medium: &nta_sizing::Medium) -> Vec<Self> {
        match &input.content {
            Content::Bad(reason) => vec![Self {
                bad: Some(reason.clone()),
                ..Self::new(&input.name, "unknown")
            }],
            Content::Tracks(_) => Vec::new(),
            Content::Export(export) => of_export(&input.name, export, medium),
        }
    }

    /// A result of ours.
    pub(super) fn of_report(path: &str, report: &Report) -> Self {
        let d = &report.diameter_nm;
        let c = report.concentration.as_ref();
        let used: u64 = report.captures.iter().map(|c| c.tally.tracks_used).sum();
        let a = &report.acquisition;
        Self {
            software: format!("nta {}", report.software.version),
            sample: report.sample.id.clone(),
            printed: Statistics {
                mean_nm: d.mean.value,
                mode_nm: d.mode.value,
                sd_nm: d.sd.value,
                d10_nm: d.d10.value,
                d50_nm: d.d50.value,
                d90_nm: d.d90.value,
            },
            printed_per_ml: c.map(|c| c.per_ml),
            particles_per_frame: Some(report.particles_per_frame),
            tracks: Some(used as f64),
            told: Conditions {
                temperature_c: Some(report.medium.temperature_c),
                viscosity_mpa_s: Some(report.medium.viscosity_mpa_s),
                exposure_ms: a.exposure_s.as_ref().map(|e| 1e3 * e.value),
                frame_rate_fps: Some(1.0 / a.frame_interval_s.value),
                pixel_size_um: Some(a.pixel_size_um.value),
                dilution: c.map(|c| c.dilution_applied),
                dilution_applied_by_vendor: c.map(|_| true),
                ..Conditions::default()
            },
            ours: true,
            ..Self::new(path, "nta")
        }
    }

    /// `ok`, `failed`, `not_read`, or `no_sizes` for files that hold none.
    pub(super) fn state(&self) -> &'static str {
        let something = |s: &Statistics| s.named().iter().any(|(_, v)| v.is_some());
        match (&self.bad, &self.failed) {
            (Some(_), _) => "not_read",
            (_, Some(_)) => "failed",
            _ if something(&self.printed) || something(&self.from_bins) => "ok",
            _ => "no_sizes",
        }
    }

    /// Why there is nothing; empty if there is.
    pub(super) fn reason(&self) -> &str {
        let why = self.bad.as_deref().or(self.failed.as_deref());
        why.unwrap_or("")
    }

    /// Concentration of the sample before it was diluted, per mL; `None` where it is not known whether a dilution belongs to it.
    pub(super) fn of_sample_per_ml(&self) -> Option<f64> {
        let per_ml = self.as_told_per_ml()?;
        // A dilution that was not recorded was not applied either.
        let dilution = self.told.dilution?;
        Some(match self.told.dilution_applied_by_vendor? {
            true => per_ml,
            false => per_ml * dilution,
        })
    }

    /// Concentration as the file has it, per mL, whatever it is of.
    pub(super) fn as_told_per_ml(&self) -> Option<f64> {
        self.printed_per_ml.or(self.from_bins_per_ml)
    }

    /// The name of the file without its folder.
    pub(super) fn short_name(&self) -> &str {
        if self.ours {
            // Results all have the same name, so that the folder tells them apart.
            return &self.file;
        }
        let name = self.file.rsplit(['/', '\\']).next();
        name.unwrap_or(&self.file)
    }
}

fn of_export(file: &str, export: &Export, medium: &nta_sizing::Medium) -> Vec<Measured> {
    let empty = || Measured {
        software: export.software.clone().unwrap_or_default(),
        sample: export.conditions.sample.clone().unwrap_or_default(),
        failed: export.failed.clone(),
        rule: export.percentile_rule,
        told: export.conditions.clone(),
        ..Measured::new(file, export.kind.key())
    };
    if export.kind == Kind::NanosightParticles {
        return vec![of_particles(empty(), &export.particles, medium)];
    }
    let mut all: Vec<Measured> = export
        .measurements
        .iter()
        .map(|m| of_measurement(empty(), export, m))
        .collect();
    if let Some(m) = &export.average {
        let mut average = of_measurement(empty(), export, m);
        // The vendor's average is that of the statistics, not of the curve.
        let each: Vec<Statistics> = all.iter().map(|m| m.from_bins).collect();
        average.from_bins = Statistics::average(&each);
        all.push(average);
    }
    if all.is_empty() {
        all.push(empty());
    }
    all
}

fn of_measurement(empty: Measured, export: &Export, m: &Measurement) -> Measured {
    let rule = export.percentile_rule;
    let bins = m.histogram.as_ref();
    let own = bins.zip(rule).map(|(b, rule)| Statistics::of_bins(b, rule));
    let mut from_bins = own.unwrap_or_default();
    if export.kind == Kind::ZetaviewSize {
        // The vertex of a parabola is NanoSight's mode; of counts in 5-nm bins it would be noise.
        from_bins.mode_nm = None;
    }
    let of_video = export
        .conditions
        .of_video(std::path::Path::new(&m.name))
        .unwrap_or_else(|| empty.told.clone());
    Measured {
        replicate: m.name.clone(),
        printed: m.printed,
        from_bins,
        printed_per_ml: m.concentration_per_ml,
        from_bins_per_ml: bins.and_then(Histogram::total_per_ml),
        particles_per_frame: m.particles_per_frame,
        tracks: m.valid_tracks,
        histogram: m.histogram.clone(),
        told: of_video,
        ..empty
    }
}

/// Particles that the vendor has used: their printed diameters, and in the place of bins what their diffusion
/// coefficients give in the liquid of the plan.
fn of_particles(empty: Measured, particles: &[Particle], medium: &nta_sizing::Medium) -> Measured {
    let used = || particles.iter().filter(|p| p.included != Some(false));
    let printed: Vec<f64> = used().filter_map(|p| p.diameter_nm).collect();
    let own = used().filter_map(|p| medium.diameter_nm(p.diffusion_um2_per_s));
    Measured {
        tracks: Some(used().count() as f64),
        histogram: counted(&printed),
        printed: of_list(printed),
        from_bins: of_list(own.collect()),
        ..empty
    }
}

fn of_list(mut diameters_nm: Vec<f64>) -> Statistics {
    diameters_nm.sort_by(f64::total_cmp);
    let n = diameters_nm.len() as f64;
    if diameters_nm.is_empty() {
        return Statistics::default();
    }
    let mean = diameters_nm.iter().map(|d| d / n).sum::<f64>();
    let variance = diameters_nm
        .iter()
        .map(|d| (d - mean).powi(2) / n)
        .sum::<f64>();
    let finite = |v: f64| Some(v).filter(|v| v.is_finite());
    Statistics {
        mean_nm: finite(mean),
        mode_nm: None,
        sd_nm: finite(variance.sqrt()),
        d10_nm: quantile(&diameters_nm, 0.1),
        d50_nm: quantile(&diameters_nm, 0.5),
        d90_nm: quantile(&diameters_nm, 0.9),
    }
}

/// Counts in even bins, for a picture.
fn counted(diameters_nm: &[f64]) -> Option<Histogram> {
    let mut counts = vec![0.0; BINS];
    for d in diameters_nm {
        if let Some(count) = counts.get_mut((d / BIN_NM) as usize) {
            *count += 1.0;
        }
    }
    let centre_nm = (0..BINS).map(|i| (i as f64 + 0.5) * BIN_NM).collect();
    (!diameters_nm.is_empty()).then_some(Histogram {
        centre_nm,
        per_ml: counts,
        logarithmic: false,
    })
}
