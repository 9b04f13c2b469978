//! Results as they come out of a laboratory, for the tests of this folder.

use super::html::{FilmPicture, ParticlePoint, Pictures, grey_png};
use super::model::*;
use ndarray::Array2;
use nta_core::model::Stated;
use nta_core::{Acquisition, Finding, Pixels, Severity, Tally};
use serde_json::json;

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

fn bell(x: f64, mean: f64, sd: f64) -> f64 {
    (-0.5 * ((x - mean) / sd).powi(2)).exp() / (sd * (2.0 * std::f64::consts::PI).sqrt())
}

fn distribution(shift: f64, tracks: u64) -> Distribution {
    let grid: Vec<f64> = (0..240)
        .map(|i| 20.0 * 25.0f64.powf(f64::from(i) / 239.0))
        .collect();
    let density: Vec<f64> = grid
        .iter()
        .map(|d| 0.74 * bell(*d, 98.0 + shift, 9.0) + 0.26 * bell(*d, 152.0 + shift, 16.0))
        .collect();
    let half = |y: &f64| 0.0004 + 0.09 * y;
    Distribution {
        weighting: "number".into(),
        method: "population".into(),
        ci95_low_per_nm: density.iter().map(|y| (y - half(y)).max(0.0)).collect(),
        ci95_high_per_nm: density.iter().map(|y| y + half(y)).collect(),
        diameter_nm: grid,
        density_per_nm: density,
        tracks,
        smallest_detectable_nm: Some(46.0),
    }
}

fn diameters(shift: f64) -> DiameterSummary {
    let e = |v: f64, h: f64| Estimate::new(v + shift, Some([v + shift - h, v + shift + h * 1.1]));
    DiameterSummary {
        mean: e(112.043_812_345, 1.9),
        median: e(103.282_71, 1.7),
        mode: e(98.4, 2.2),
        d10: e(88.9, 1.4),
        d50: e(103.282_71, 1.7),
        d90: e(154.2, 4.8),
        sd: Estimate::new(26.1, Some([24.2, 28.4])),
        span: Estimate::new(0.632, Some([0.58, 0.69])),
        coefficient_of_variation: Estimate::new(0.233, Some([0.215, 0.252])),
    }
}

fn concentration(per_ml: f64) -> Concentration {
    Concentration {
        per_ml,
        ci95: Some([per_ml * 0.9, per_ml * 1.11]),
        particles_per_frame: 36.2,
        probed_volume_ml: 1.064e-7,
        from: "instrument profile (bead run of 3 March)".into(),
        dilution_applied: 500.0,
    }
}

fn capture(i: usize) -> Capture {
    let mut dice = Dice((i as u64 + 9) * 7_919_191);
    let shift = dice.normal() * 2.5;
    let time: Vec<f64> = (0..900).map(|k| f64::from(k) / 30.0).collect();
    let spots: Vec<usize> = (0..900)
        .map(|_| (36.0 + 4.5 * dice.normal()).max(0.0) as usize)
        .collect();
    let along = |v: f64| time.iter().map(|t| v * t + 0.1 * (t * 0.9).sin()).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = (along(0.31), along(-0.12));
    let lengths = (0..1400).map(|_| 1 + (-40.0 * dice.uniform().max(1e-9).ln()) as usize);
    Capture {
        path: format!("recordings/2026-03-05/EV prep 7/rep{}.avi", i + 1),
        sha256: format!(
            "{:x}{}",
            i % 16,
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0"
        ),
        container: "avi".into(),
        codec: "rawvideo".into(),
        width_px: 640,
        height_px: 480,
        frames: 900,
        frames_missing: if i == 1 { 3 } else { 0 },
        complete: true,
        tally: CaptureTally {
            spots: 32_400 + i as u64 * 71,
            tracks: 1400,
            tracks_used: 742 + i as u64,
            skipped: Tally([("too_short".to_owned(), 649), ("stuck".to_owned(), 9)].into()),
            dropped: Tally::default(),
        },
        particles_per_frame: 36.0 + shift,
        drift_um_per_s: Some([0.31, -0.12]),
        drift_track: Some(DriftTrack::of(&time, &x, &y)),
        track_lengths: TrackLengths::of(lengths),
        spots_over_time: SpotsOverTime::of(&time, &spots),
        diameter_nm: diameters(shift),
        distribution: Some(distribution(shift, 742)),
        concentration: Some(concentration(3.41e9 * (1.0 + 0.03 * shift))),
        ..Capture::default()
    }
}

fn spread(values: Vec<Option<f64>>) -> Spread {
    let there: Vec<f64> = values.iter().copied().flatten().collect();
    let n = there.len().max(1) as f64;
    let mean = there.iter().sum::<f64>() / n;
    let sd = (there.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    Spread {
        values,
        mean: Some(mean),
        sd: Some(sd),
        se: Some(sd / n.sqrt()),
        cv: Some(sd / mean),
        trend: Some(-0.031),
        trend_p: Some(0.42),
    }
}

fn method(
    stage: &str,
    key: &str,
    title: &str,
    settings: &[(&str, f64, &str, &str)],
) -> StageMethod {
    let setting = |(key, value, unit, from): &(&str, f64, &str, &str)| Setting {
        key: (*key).into(),
        value: Some(*value),
        unit: (*unit).into(),
        from: (*from).into(),
    };
    StageMethod {
        stage: stage.into(),
        method: key.into(),
        title: title.into(),
        settings: settings.iter().map(setting).collect(),
        references: vec!["doi:10.1103/PhysRevE.89.022726".into()],
    }
}

fn methods() -> Vec<StageMethod> {
    vec![
        method(
            "detect",
            "matched-filter",
            "Peaks of the picture filtered with the shape of a spot",
            &[
                ("threshold_snr", 4.5, "1", "default"),
                ("spot_width_px", 1.42, "px", "estimated from the film"),
            ],
        ),
        method(
            "link",
            "global",
            "Most likely assignment from frame to frame",
            &[
                ("max_gap_frames", 2.0, "frames", "plan"),
                ("max_step_px", 5.3, "px", "estimated from the film"),
            ],
        ),
        method(
            "distribution",
            "population",
            "Likelihood of all tracks together",
            &[("resamples", 200.0, "1", "default")],
        ),
    ]
}

fn term(source: &str, d: Option<f64>, c: Option<f64>, from: &str) -> UncertaintyTerm {
    UncertaintyTerm {
        source: source.into(),
        diameter: d,
        concentration: c,
        from: from.into(),
    }
}

fn budget() -> UncertaintyBudget {
    UncertaintyBudget {
        terms: vec![
            term("temperature", Some(0.0116), None, "0.5 °C, assumed"),
            term("viscosity", Some(0.01), None, "IAPWS formula"),
            term("pixel size", Some(0.01), Some(0.01), "instrument profile"),
            term("counting", Some(0.008), Some(0.021), "number of tracks"),
            term("probed volume", None, Some(0.045), "bead run"),
        ],
        diameter_expanded: Some(0.041),
        concentration_expanded: Some(0.102),
    }
}

fn findings() -> Vec<ReportFinding> {
    let warn =
        |code: &str, stage: &str, text: &str| Finding::new(code, Severity::Warning, stage, text);
    vec![
        ReportFinding::of_capture(
            warn(
                "V04",
                "video",
                "3 frames are missing in the film. Tracks bridge the gap; check the disk of the recording computer.",
            )
            .with(3.0, Some(0.0), "frames"),
            1,
        ),
        ReportFinding::of_sample(
            warn(
                "A03",
                "acquisition",
                "The exposure is not known and was taken as half the time between frames. If it was much shorter, the sizes are up to 4 % too small. Give --exposure-ms.",
            )
            .with(16.7, None, "ms"),
        ),
        ReportFinding::of_sample(
            Finding::new(
                "M01",
                Severity::Info,
                "drift",
                "All particles flow together; the flow was taken away.",
            )
            .with(0.33, Some(2.0), "um/s"),
        ),
    ]
}

fn acquisition() -> Acquisition {
    Acquisition {
        pixel_size_um: Stated::new(0.2, "instrument profile"),
        frame_interval_s: Stated::new(1.0 / 30.0, "file"),
        exposure_s: Some(Stated::new(1.0 / 60.0, "default")),
        bit_depth: Stated::new(8, "file"),
    }
}

fn sized(n: usize) -> Report {
    let captures: Vec<Capture> = (0..n).map(capture).collect();
    let of = |f: &dyn Fn(&Capture) -> Option<f64>| spread(captures.iter().map(f).collect());
    let between = [
        ("mean_nm".to_owned(), of(&|c| c.diameter_nm.mean.value)),
        ("d50_nm".to_owned(), of(&|c| c.diameter_nm.d50.value)),
        (
            "concentration_per_ml".to_owned(),
            of(&|c| c.concentration.as_ref().map(|c| c.per_ml)),
        ),
    ];
    let fields = json!({"description": "EV preparation 7, size-exclusion fraction 9", "operator": "M. Okafor",
        "date": "2026-03-05", "instrument": "NS300, 488 nm", "diluent": "PBS, 0.1 µm filtered"});
    let population = |d: f64, sd: f64, f: f64| Population {
        diameter_nm: d,
        sd_nm: Some(sd),
        fraction: f,
        ci95: PopulationCi95 {
            diameter_nm: Some([d - 1.8, d + 1.9]),
            fraction: Some([f - 0.05, f + 0.05]),
        },
    };
    let class = |from: f64, to: f64, f: f64| SizeClass {
        from_nm: from,
        to_nm: to,
        fraction: Estimate::new(f, Some([f * 0.9, f * 1.1])),
        per_ml: Some(f * 3.41e9),
    };
    let findings = findings();
    Report {
        schema: SCHEMA.into(),
        software: Software {
            name: "nta".into(),
            version: "0.1.0".into(),
            commit: Some("51e2713".into()),
        },
        sample: Sample {
            id: "EV prep 7, fraction 9".into(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        },
        plan: json!({"sample": {"id": "EV prep 7, fraction 9"}, "seed": 1,
            "detect": {"method": "matched-filter", "threshold_snr": 4.5, "exclude": [[0, 0, 80, 20]]},
            "link": {"method": "global", "max_gap_frames": 2}}),
        acquisition: acquisition(),
        medium: Medium {
            name: Some("pbs".into()),
            temperature_c: 25.0,
            temperature_uncertainty_c: Some(0.5),
            temperature_from: "command line".into(),
            viscosity_mpa_s: 0.908_123,
            viscosity_relative_uncertainty: Some(0.01),
            dilution: 500.0,
            from: "formula for PBS at 25.0 °C".into(),
        },
        methods: methods(),
        replicates: Replicates {
            n: n as u64,
            between_capture: if n > 1 { between.into() } else { [].into() },
        },
        captures,
        particles_per_frame: 36.2,
        diameter_nm: diameters(0.0),
        distribution: distribution(0.0, 742 * n as u64),
        populations: vec![population(98.0, 9.0, 0.74), population(152.0, 16.0, 0.26)],
        size_classes: vec![class(50.0, 100.0, 0.43), class(100.0, 200.0, 0.56)],
        concentration: Some(concentration(3.41e9)),
        limits: Limits {
            narrowest_cv: Some(0.06),
            smallest_ratio: Some(1.4),
            largest_measurable_nm: Some(900.0),
            lowest_concentration_per_ml: Some(4.7e8),
            highest_concentration_per_ml: Some(1.9e10),
        },
        uncertainty_budget: Some(budget()),
        verdict: Verdict::of(&findings),
        findings,
        timing: Timing {
            started: Some("2026-03-05T14:03:22Z".into()),
            threads: Some(2),
            seconds: 1.93,
            frames_per_second: 1399.0,
            megapixels_per_second: 430.0,
            stage_seconds: [("detect".to_owned(), 1.1), ("link".to_owned(), 0.2)].into(),
        },
    }
}

/// A frame with spots, their tracks, and a size for every particle.
fn pictures(spots: usize) -> Pictures {
    let mut dice = Dice(5);
    let places: Vec<[f64; 3]> = (0..spots)
        .map(|_| {
            [
                dice.uniform() * 639.0,
                dice.uniform() * 479.0,
                1.3 + 0.6 * dice.uniform(),
            ]
        })
        .collect();
    let heights: Vec<f64> = places
        .iter()
        .map(|_| 25.0 + 130.0 * dice.uniform().powi(2))
        .collect();
    let mut counts = Array2::from_shape_fn((480, 640), |_| 18.0 + 3.0 * dice.normal());
    for ([x, y, w], h) in places.iter().zip(&heights) {
        for r in (*y as usize).saturating_sub(7)..(*y as usize + 8).min(480) {
            for c in (*x as usize).saturating_sub(7)..(*x as usize + 8).min(640) {
                let d2 = (r as f64 - y).powi(2) + (c as f64 - x).powi(2);
                counts[[r, c]] += h * (-0.5 * d2 / (w * w)).exp();
            }
        }
    }
    let pixels = Pixels::U8(counts.mapv(|v| v.clamp(0.0, 255.0) as u8));
    let walk = |p: &[f64; 3]| {
        let (mut x, mut y) = (p[0], p[1]);
        (0..40)
            .map(|_| {
                x += dice.normal() * 2.2;
                y += dice.normal() * 2.2;
                [x, y]
            })
            .collect()
    };
    let tracks = places.iter().map(walk).collect();
    let mut dice = Dice(77);
    let particles = (0..spots * 60)
        .map(|_| {
            let d = if dice.uniform() < 0.74 {
                98.0 + 9.0 * dice.normal()
            } else {
                152.0 + 16.0 * dice.normal()
            };
            let seen = d * (0.17 * dice.normal()).exp();
            ParticlePoint {
                diameter_nm: seen,
                mass_counts: 900.0 * (d / 100.0).powi(4) * (0.35 * dice.normal()).exp(),
            }
        })
        .collect();
    Pictures {
        film: Some(FilmPicture {
            png: grey_png(&pixels).unwrap_or_default(),
            width_px: 640,
            height_px: 480,
            capture: 0,
            frame: 450,
            spots: places,
            tracks,
        }),
        particles,
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
    report.uncertainty_budget = None;
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
    report.limits = Limits::default();
    report.replicates = Replicates::default();
    report.uncertainty_budget = None;
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
