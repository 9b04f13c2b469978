//! A report from what captures have in common, whether nta has followed their particles itself or reads the tracks of
//! another program.

use crate::assemble::{Counts, diameters, distribution, in_force, methods, population, software};
use crate::blank::Blank;
use crate::budget::uncertainty;
use crate::classes::size_classes;
use crate::concentration::concentration;
use crate::fingerprint::sha256_of_bytes;
use crate::plan::{Plan, SampleValue};
use crate::replicates::{CaptureErrors, replicates};
use crate::report::{
    Capture, ExcludedCapture, Intensity, Limits, Report, ReportFinding, SCHEMA, Sample, Verdict,
};
use nta_core::Acquisition;
use nta_sizing::SampleSizes;

/// All that a report is made of, once the captures are told one by one.
pub(crate) struct Whole<'a> {
    /// The captures as they are told.
    pub(crate) captures: Vec<Capture>,
    /// Captures that could not be used.
    pub(crate) excluded: Vec<ExcludedCapture>,
    /// What their numbers do not tell of their errors, in the same order.
    pub(crate) errors: Vec<CaptureErrors>,
    /// All captures of one sample share it, or a finding says that they do not.
    pub(crate) acquisition: Acquisition,
    /// What particles were counted from, over all captures.
    pub(crate) counts: Counts,
    /// How brightness goes with size.
    pub(crate) intensity: Intensity,
    pub(crate) sizes: &'a SampleSizes,
    pub(crate) plan: &'a Plan,
    pub(crate) medium: &'a nta_sizing::Medium,
    pub(crate) blank: Option<&'a Blank>,
    pub(crate) findings: Vec<ReportFinding>,
}

impl Whole<'_> {
    /// The report, all but its timing.
    pub(crate) fn report(self) -> Report {
        let (plan, sizes) = (self.plan, self.sizes);
        let limits = sizes.pooled.limits.as_ref();
        let inputs = plan.input_uncertainties(&self.acquisition);
        let diameter_nm = diameters(sizes.pooled.summary.as_ref());
        let concentration = concentration(&self.counts, &sizes.pooled, plan, self.blank);
        Report {
            schema: SCHEMA.to_owned(),
            software: software(),
            sample: sample(plan, &self.captures),
            plan: plan.to_json(),
            plan_sha256: sha256_of_bytes(plan.to_toml().as_bytes()),
            medium: in_force(plan, self.medium, &inputs),
            acquisition: self.acquisition,
            methods: methods(plan),
            particles_per_frame: self.counts.particles_per_frame(),
            coincidence_factor: self.counts.coincidence_factor(),
            distribution: distribution(&sizes.pooled, plan),
            populations: sizes.pooled.populations.iter().map(population).collect(),
            size_classes: size_classes(&sizes.pooled, concentration.as_ref()),
            blank: self.blank.map(|b| b.told(concentration.as_ref())),
            intensity: self.intensity,
            limits: Limits {
                narrowest_cv: limits.map(|l| l.narrowest_cv),
                smallest_ratio: limits.map(|l| l.smallest_ratio),
                visibility: sizes.pooled.visibility,
                ..Limits::default()
            },
            replicates: replicates(&self.captures, &self.errors),
            captures: self.captures,
            captures_excluded: self.excluded,
            uncertainty: Some(uncertainty(
                &diameter_nm,
                concentration.as_ref(),
                &inputs,
                self.medium,
            )),
            diameter_nm,
            concentration,
            verdict: Verdict::of(&self.findings),
            findings: self.findings,
            timing: crate::report::Timing::default(),
        }
    }
}

/// The sample's fields; its id is the first capture's name where the plan gives none.
fn sample(plan: &Plan, captures: &[Capture]) -> Sample {
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
        let first = captures.first().map_or("", |c| &c.path);
        let path = std::path::Path::new(first);
        let name = path
            .file_stem()
            .map_or_else(|| first.to_owned(), |s| s.to_string_lossy().into_owned());
        match captures.len() {
            0 | 1 => name,
            n => format!("{name} and {} more", n - 1),
        }
    };
    Sample {
        id: id.unwrap_or_else(from_file),
        fields,
    }
}
