//! A plan meets a film: what the file fills in, what is asked for, what does not fit.

use crate::{resolved, typed};
use nta_core::VideoInfo;

fn film(interval_s: Option<f64>, pixel: Option<f64>, exposure_s: Option<f64>) -> VideoInfo {
    VideoInfo {
        width_px: 640,
        height_px: 480,
        bit_depth: 8,
        frame_interval_s: interval_s,
        pixel_size_um: pixel.map(|v| (v, "OME-XML".to_owned())),
        exposure_s: exposure_s.map(|v| (v, "OME-XML".to_owned())),
        ..VideoInfo::default()
    }
}

#[test]
fn the_file_fills_in_what_nobody_stated() {
    let plan = resolved("").expect("good");
    let info = film(Some(0.04), Some(0.25), Some(0.02));
    let found = plan.acquisition(&info).expect("complete");
    let a = &found.acquisition;
    assert_eq!(a.pixel_size_um.value, 0.25);
    assert_eq!(a.pixel_size_um.from, "file (OME-XML)");
    assert_eq!(a.frame_interval_s.value, 0.04);
    assert_eq!(a.frame_interval_s.from, "file");
    assert_eq!(a.exposure_s.clone().expect("stated").value, 0.02);
    assert_eq!(a.bit_depth.as_ref().map(|b| b.value), Some(8));
    assert!(found.file_times_hold);
    assert!(found.findings.is_empty());
}

#[test]
fn what_is_stated_goes_before_the_file() {
    let text = "pixel_size_um = 0.1\nframe_rate_fps = 50.0\nexposure_ms = 10.0";
    let plan = resolved(text).expect("good");
    let info = film(Some(0.04), Some(0.25), Some(0.02));
    let found = plan.acquisition(&info).expect("complete");
    assert_eq!(found.acquisition.pixel_size_um.value, 0.1);
    assert_eq!(found.acquisition.frame_interval_s.value, 0.02);
    assert_eq!(found.acquisition.frame_interval_s.from, "plan");
    let exposure = found.acquisition.exposure_s.expect("stated");
    assert!((exposure.value - 0.01).abs() < 1e-15);
    assert!(!found.file_times_hold);
}

#[test]
fn what_nobody_knows_is_asked_for() {
    let plan = resolved("").expect("good");
    let message = |info: &VideoInfo| plan.acquisition(info).expect_err("incomplete").to_string();
    let pixel = message(&film(Some(0.04), None, None));
    assert!(
        pixel.contains("--pixel-size-um") && pixel.contains("pixel_size_um ="),
        "{pixel}"
    );
    assert!(pixel.contains("instrument profile"), "{pixel}");
    let rate = message(&film(None, Some(0.25), None));
    assert!(rate.contains("--frame-rate-fps"), "{rate}");
    for nonsense in [0.0, -0.04, f64::NAN, f64::INFINITY, 1e-9] {
        let rate = message(&film(Some(nonsense), Some(0.25), None));
        assert!(rate.contains("--frame-rate-fps"), "{nonsense}: {rate}");
    }
    let pixel = message(&film(Some(0.04), Some(1e6), None));
    assert!(pixel.contains("outside 0.01 to 20 um"), "{pixel}");
    let known = plan.acquisition(&film(Some(0.04), Some(0.25), None));
    assert_eq!(known.expect("complete").acquisition.exposure_s, None);
}

#[test]
fn an_exposure_fits_between_two_frames() {
    let info = film(Some(1.0 / 30.0), Some(0.2), None);
    let at = |ms: &str| typed(&[&format!("exposure_ms={ms}")])?.acquisition(&info);
    // 1000/30 rounded up, as people type it, is the whole interval.
    let full = at("33.34").expect("rounded");
    let exposure = full.acquisition.exposure_s.expect("stated");
    assert_eq!(exposure.value, 1.0 / 30.0);
    let message = at("40").expect_err("too long").to_string();
    assert!(
        message.contains("33.333 ms at 30 frames per second (file)"),
        "{message}"
    );
    // A file that contradicts itself is not the person's mistake: a finding, and the exposure is unknown.
    let odd = film(Some(1.0 / 30.0), Some(0.2), Some(0.5));
    let found = resolved("")
        .and_then(|p| p.acquisition(&odd))
        .expect("good");
    assert_eq!(found.acquisition.exposure_s, None);
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].code, "A20");
}

#[test]
fn a_profile_for_other_frames_is_a_finding() {
    let text = "[instrument]\npixel_size_um = 0.2\nwidth_px = 1280\nheight_px = 480";
    let plan = resolved(text).expect("good");
    let found = plan.acquisition(&film(Some(0.04), None, None));
    let findings = found.expect("complete").findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].code, "A21");
    assert_eq!(findings[0].observed, Some(640.0));
    assert_eq!(findings[0].limit, Some(1280.0));
}
