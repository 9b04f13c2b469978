//! What surrounds the numbers: sample, medium, methods, uncertainties, findings.

use super::measured::{concentration, diameters};
use crate::report::model::*;
use nta_core::model::Stated;
use nta_core::{Acquisition, Finding, Severity};
use nta_sizing::{InputUncertainties, Uncertain};
use serde_json::json;

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

pub(super) fn methods() -> Vec<StageMethod> {
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

pub(super) fn budget() -> Uncertainty {
    let uncertain = |value: f64, from: &str| Uncertain {
        value,
        from: from.into(),
    };
    let inputs = InputUncertainties {
        temperature_k: uncertain(0.5, "default"),
        viscosity: uncertain(0.01, "formula for pbs"),
        pixel_size: uncertain(0.005, "instrument profile"),
        frame_rate: uncertain(0.001, "default"),
        depth: uncertain(0.045, "instrument profile"),
        dilution: Some(uncertain(0.02, "default")),
        mass_fraction: None,
    };
    let pbs = nta_sizing::Medium::named("pbs", 25.0).expect("a known liquid");
    crate::budget::uncertainty(&diameters(0.0), Some(&concentration(3.41e9)), &inputs, &pbs)
}

pub(super) fn findings() -> Vec<ReportFinding> {
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

pub(super) fn acquisition() -> Acquisition {
    Acquisition {
        pixel_size_um: Stated::new(0.2, "instrument profile"),
        frame_interval_s: Stated::new(1.0 / 30.0, "file"),
        exposure_s: Some(Stated::new(1.0 / 60.0, "default")),
        bit_depth: Some(Stated::new(8, "file")),
    }
}

pub(super) fn described() -> Sample {
    let fields = json!({"description": "EV preparation 7, size-exclusion fraction 9", "operator": "M. Okafor",
        "date": "2026-03-05", "instrument": "NS300, 488 nm", "diluent": "PBS, 0.1 µm filtered"});
    Sample {
        id: "EV prep 7, fraction 9".into(),
        fields: fields.as_object().cloned().unwrap_or_default(),
    }
}

pub(super) fn medium() -> Medium {
    Medium {
        name: Some("pbs".into()),
        mass_fraction: None,
        temperature_c: 25.0,
        temperature_uncertainty_c: Some(0.5),
        temperature_from: "command line".into(),
        viscosity_mpa_s: 0.908_123,
        viscosity_relative_uncertainty: Some(0.01),
        dilution: 500.0,
        from: "formula for PBS at 25.0 °C".into(),
    }
}
