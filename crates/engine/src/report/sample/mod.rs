//! Results as they come out of a laboratory, for the tests of this folder.

mod measured;
mod pictures;
mod told;

use super::html::Pictures;
use super::model::*;
use measured::{
    capture, concentration, diameters, distribution, intensity, limits, population, replicates,
    size_class,
};
use nta_core::{Finding, Severity};
use pictures::pictures;
use serde_json::json;
use told::{acquisition, budget, described, findings, medium, methods};

/// A small generator of uniform numbers, so that the samples are always the same.
pub struct Dice(u64);

impl Dice {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn sized(n: usize) -> Report {
    let captures: Vec<Capture> = (0..n).map(capture).collect();
    let findings = findings();
    Report {
        schema: SCHEMA.into(),
        software: Software {
            name: "nta".into(),
            version: "0.1.0".into(),
            commit: Some("51e2713".into()),
        },
        sample: described(),
        plan: json!({"sample": {"id": "EV prep 7, fraction 9"}, "seed": 1,
            "detect": {"method": "matched-filter", "threshold_snr": 4.5, "exclude": [[0, 0, 80, 20]]},
            "link": {"method": "global", "max_gap_frames": 2}}),
        acquisition: acquisition(),
        medium: medium(),
        methods: methods(),
        plan_sha256: "0d15ea5e".repeat(8),
        captures_excluded: Vec::new(),
        replicates: replicates(&captures),
        captures,
        particles_per_frame: 36.2,
        coincidence_factor: 1.01,
        diameter_nm: diameters(0.0),
        distribution: distribution(0.0, 742 * n as u64),
        populations: vec![population(98.0, 9.0, 0.74), population(152.0, 16.0, 0.26)],
        size_classes: vec![
            size_class(0.0, Some(100.0), 0.43),
            size_class(100.0, Some(200.0), 0.56),
            size_class(200.0, None, 0.01),
        ],
        concentration: Some(concentration(3.41e9)),
        intensity: intensity(),
        limits: limits(),
        uncertainty: Some(budget()),
        blank: None,
        verdict: Verdict::of(&findings),
        findings,
        timing: Timing {
            started: Some("2026-03-05T14:03:22Z".into()),
            threads: Some(2),
            seconds: 1.93,
            frames_per_second: 1399.0,
            megapixels_per_second: 430.0,
            peak_memory_mb: Some(118.0),
            stage_seconds: [("detect".to_owned(), 1.1), ("link".to_owned(), 0.2)].into(),
        },
    }
}

/// Three captures, two warnings, a note.
pub fn typical() -> (Report, Pictures) {
    (sized(3), pictures(36))
}

/// As many captures as you like.
pub fn captures(n: usize) -> (Report, Pictures) {
    (sized(n), pictures(36))
}

/// Nothing to complain of.
pub fn pass() -> (Report, Pictures) {
    let (mut report, pictures) = typical();
    report.findings.clear();
    report.verdict = Verdict::Pass;
    report.populations.truncate(1);
    (report, pictures)
}

/// Numbers that must not be used.
pub fn fail() -> (Report, Pictures) {
    let (mut report, pictures) = typical();
    let finding = Finding::new(
        "V07",
        Severity::Failure,
        "video",
        "The picture is saturated: 31 % of the particles are at the camera's ceiling. Lower the gain or the laser and record again.",
    );
    report.findings.insert(
        0,
        ReportFinding::of_sample(finding.with(31.0, Some(5.0), "%")),
    );
    report.verdict = Verdict::of(&report.findings);
    (report, pictures)
}

/// A film without particles.
pub fn nothing_found() -> (Report, Pictures) {
    let mut report = sized(1);
    report.diameter_nm = DiameterSummary::default();
    report.distribution = Distribution {
        weighting: "number".into(),
        method: "population".into(),
        ..Distribution::default()
    };
    report.populations.clear();
    report.size_classes.clear();
    report.particles_per_frame = 0.0;
    report.concentration = Some(Concentration {
        per_ml: 0.0,
        ci95: Some([0.0, 1.56e7]),
        particles_per_frame: 0.0,
        ..concentration(0.0)
    });
    for c in &mut report.captures {
        c.tally = CaptureTally::default();
        c.particles_per_frame = 0.0;
        c.drift_um_per_s = None;
        c.drift_track = None;
        c.track_lengths = TrackLengths::default();
        c.spots_over_time
            .spots_per_frame
            .iter_mut()
            .for_each(|n| *n = 0.0);
        c.diameter_nm = DiameterSummary::default();
        c.distribution = None;
        c.concentration = report.concentration.clone();
    }
    report.uncertainty = None;
    report.findings = vec![ReportFinding::of_sample(Finding::new(
        "S01",
        Severity::Warning,
        "size",
        "No particle was followed, so there is no size. If you expected particles, check focus, laser and dilution.",
    ))];
    report.verdict = Verdict::of(&report.findings);
    (report, pictures(0))
}

/// Everything that may be absent is absent.
pub fn bare() -> (Report, Pictures) {
    let mut report = sized(1);
    report.software.commit = None;
    report.sample = Sample::default();
    report.plan = json!({});
    report.acquisition.exposure_s = None;
    report.medium = Medium::default();
    report.methods.clear();
    report.captures = vec![Capture::default()];
    report.diameter_nm = DiameterSummary::default();
    report.distribution = Distribution::default();
    report.populations.clear();
    report.size_classes.clear();
    report.concentration = None;
    report.intensity = Intensity::default();
    report.limits = Limits::default();
    report.replicates = Replicates::default();
    report.uncertainty = None;
    report.findings.clear();
    report.verdict = Verdict::Pass;
    report.timing = Timing::default();
    (report, Pictures::default())
}

/// One of each kind.
pub fn all() -> Vec<Report> {
    [
        typical(),
        pass(),
        fail(),
        nothing_found(),
        bare(),
        captures(20),
    ]
    .map(|(r, _)| r)
    .into()
}
