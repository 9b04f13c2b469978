//! Captures and the sizes in them.

use super::Dice;
use crate::report::model::*;
use nta_core::Tally;

fn bell(x: f64, mean: f64, sd: f64) -> f64 {
    (-0.5 * ((x - mean) / sd).powi(2)).exp() / (sd * (2.0 * std::f64::consts::PI).sqrt())
}

pub(super) fn distribution(shift: f64, tracks: u64) -> Distribution {
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
        number_per_nm: density.clone(),
        density_per_nm: density,
        tracks,
        smallest_detectable_nm: Some(46.0),
        smallest_detectable_ci95_nm: Some([42.0, 50.0]),
    }
}

pub(super) fn diameters(shift: f64) -> DiameterSummary {
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

pub(super) fn concentration(per_ml: f64) -> Concentration {
    Concentration {
        per_ml,
        ci95: Some([per_ml * 0.9, per_ml * 1.11]),
        particles_per_frame: 36.2,
        coincidence_factor: 1.01,
        probed_volume_ml: 1.064e-7,
        from: "instrument profile (bead run of 3 March)".into(),
        dilution_applied: 500.0,
        before_blank_per_ml: None,
    }
}

pub(super) fn capture(i: usize) -> Capture {
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
        width_px: Some(640),
        height_px: Some(480),
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
        trend_per_capture: Some(-0.016),
        trend_p: Some(0.42),
    }
}

pub(super) fn replicates(captures: &[Capture]) -> Replicates {
    let of = |f: &dyn Fn(&Capture) -> Option<f64>| spread(captures.iter().map(f).collect());
    let between = [
        ("mean_nm".to_owned(), of(&|c| c.diameter_nm.mean.value)),
        ("d50_nm".to_owned(), of(&|c| c.diameter_nm.d50.value)),
        (
            "concentration_per_ml".to_owned(),
            of(&|c| c.concentration.as_ref().map(|c| c.per_ml)),
        ),
    ];
    let several = captures.len() > 1;
    Replicates {
        n: captures.len() as u64,
        between_capture: if several { between.into() } else { [].into() },
    }
}

pub(super) fn population(d: f64, sd: f64, f: f64) -> Population {
    Population {
        diameter_nm: d,
        sd_nm: Some(sd),
        fraction: f,
        ci95: PopulationCi95 {
            diameter_nm: Some([d - 1.8, d + 1.9]),
            fraction: Some([f - 0.05, f + 0.05]),
        },
    }
}

pub(super) fn size_class(from: f64, to: Option<f64>, f: f64) -> SizeClass {
    SizeClass {
        from_nm: from,
        to_nm: to,
        fraction: Estimate::new(f, Some([f * 0.9, f * 1.1])),
        per_ml: Some(f * 3.41e9),
        per_ml_ci95: Some([f * 2.9e9, f * 4.0e9]),
    }
}

pub(super) fn intensity() -> Intensity {
    Intensity {
        tracks: 2226,
        exponent: Estimate::new(4.02, Some([3.81, 4.23])),
        exponent_se: Some(0.11),
        seen_exponent: Some(3.1),
        seen_exponent_se: Some(0.1),
        reference_nm: Some(108.0),
        counts_at_reference: Some(1224.0),
    }
}

pub(super) fn limits() -> Limits {
    Limits {
        narrowest_cv: Some(0.06),
        visibility: Some(1.4),
        smallest_ratio: Some(1.4),
        largest_measurable_nm: Some(900.0),
        lowest_concentration_per_ml: Some(4.7e8),
        highest_concentration_per_ml: Some(1.9e10),
    }
}
