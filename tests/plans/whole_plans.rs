//! Whole plans: the good and the bad ones in `fixtures/plans`, any text at all, and the JSON of what is in force.

use crate::{fixtures, from_file, numbers, resolved, typed};
use nta_core::film::{Polarity, Rect};
use nta_engine::plan::stages::STAGES;
use nta_engine::plan::{Medium, PlanInput, SampleValue};
use nta_sizing::Weighting;
use proptest::prelude::*;

#[test]
fn good_plans_come_into_force_and_survive_being_written_out() {
    let files = fixtures("good");
    assert!(files.len() >= 7);
    for path in files {
        let plan = from_file(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let again = resolved(&plan.to_toml())
            .unwrap_or_else(|e| panic!("{}: {e}\n{}", path.display(), plan.to_toml()));
        assert_eq!(numbers(&plan), numbers(&again), "{}", path.display());
        assert_eq!(plan.to_toml(), again.to_toml(), "{}", path.display());
        // What decides findings, whether a value was assumed, survives too.
        assert_eq!(plan.temperature_c, again.temperature_c);
        assert_eq!(plan.medium, again.medium);
    }
}

#[test]
fn bad_plans_say_what_is_wrong() {
    let files = fixtures("bad");
    assert!(files.len() >= 50);
    for path in files {
        let bytes = std::fs::read(&path).expect("readable");
        let text = String::from_utf8_lossy(&bytes);
        let first = text.lines().next().unwrap_or_default();
        let expected = first
            .strip_prefix("# expect: ")
            .unwrap_or_else(|| panic!("{} has no '# expect: ' line", path.display()));
        let message = match from_file(&path) {
            Ok(_) => panic!("{} was accepted", path.display()),
            Err(e) => e.to_string(),
        };
        assert!(
            message.contains(expected),
            "{}\n  said:     {message}\n  expected: {expected}",
            path.display()
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn every_value_of_a_full_plan_arrives() {
    let path = fixtures("good")
        .into_iter()
        .find(|p| p.ends_with("everything.toml"))
        .expect("there");
    let plan = from_file(&path).expect("good");
    let pixel = plan.pixel_size_um.clone().expect("stated");
    assert_eq!((pixel.value, pixel.from.as_str()), (0.2, "plan"));
    assert_eq!(plan.frame_rate_fps.clone().expect("stated").value, 30.0);
    assert_eq!(plan.exposure_ms.clone().expect("stated").value, 15.0);
    assert_eq!(plan.temperature_c.value, 25.0);
    assert!(matches!(&plan.medium, Medium::Named(m) if m.value == "pbs" && m.from == "plan"));
    assert_eq!(plan.dilution.value, 100.0);
    assert_eq!(plan.depth_um.clone().expect("stated").value, 9.5);
    let stated = [
        &plan.uncertainties.temperature_c,
        &plan.uncertainties.viscosity,
        &plan.uncertainties.pixel_size,
        &plan.uncertainties.frame_rate,
        &plan.uncertainties.depth,
        &plan.uncertainties.dilution,
    ];
    let stated = stated.map(|s| s.as_ref().expect("stated").value);
    assert_eq!(stated, [0.2, 0.005, 0.003, 0.0005, 0.06, 0.015]);
    let blank = plan.blank.clone().expect("stated");
    assert_eq!(
        (blank.value.as_str(), blank.from.as_str()),
        ("results/diluent", "plan")
    );
    assert_eq!(plan.seed.value, 7);
    assert_eq!((plan.frames.first, plan.frames.last), (10, Some(899)));
    assert_eq!(plan.film.polarity, Polarity::Dark);
    let second = Rect {
        x_px: 600,
        y_px: 450,
        width_px: 40,
        height_px: 30,
    };
    assert_eq!(plan.film.exclude.get(1), Some(&second));
    assert!(!plan.film.find_burnt_in);
    assert_eq!(plan.film.background_frames, 51);
    assert_eq!(plan.film.spot_width_px, Some(1.25));
    assert_eq!(plan.size.shortest_track_frames, 10);
    assert_eq!(plan.size.resamples, 20);
    assert!(!plan.size.profile_precision);
    assert_eq!(plan.size.weighting, Weighting::Track);
    assert_eq!(plan.size.classes_nm, [0.0, 30.0, 150.5]);
    assert_eq!(plan.sample.get("tube"), Some(&SampleValue::Whole(12)));
    assert_eq!(
        plan.sample.get("protein_ug_per_ml"),
        Some(&SampleValue::Number(3.5))
    );
    assert_eq!(plan.origin("film.polarity"), "plan");
}

#[test]
fn film_defaults_are_those_of_the_core() {
    let plan = resolved("").expect("an empty plan is good");
    assert_eq!(plan.film, nta_core::film::FilmOptions::default());
    assert_eq!(plan.size.shortest_track_frames, 6);
    assert_eq!(plan.size.resamples, 200);
    assert_eq!(plan.origin("film.polarity"), "default");
    assert_eq!(plan.temperature_c.from, "default");
    assert_eq!(plan.pixel_size_um, None);
    assert_eq!(plan.depth_um, None);
}

#[test]
fn the_json_has_the_shape_of_the_plan() {
    let text = "exposure_ms = 5.0\n[sample]\nid = 'a'\ntube = 3\n[film]\nexclude = [[1, 2, 3, 4]]\n[instrument]\nname = 'b'\ndepth_um = 9.0";
    let json = resolved(text).expect("good").to_json();
    assert_eq!(json["exposure_ms"], 5.0);
    assert_eq!(json["depth_um"], 9.0);
    assert_eq!(json["sample"]["tube"], 3);
    assert_eq!(json["film"]["exclude"][0][3], 4);
    assert_eq!(json["instrument"]["name"], "b");
    assert_eq!(json["from"]["depth_um"], "instrument profile");
    assert_eq!(json["from"]["instrument"], "plan");
    assert_eq!(json["from"]["sample.id"], "plan");
    assert_eq!(json["from"]["seed"], "default");
    for (stage, choice) in STAGES.iter().map(|s| (s.name, json.get(s.name))) {
        let origin = json["from"].get(format!("{stage}.method"));
        assert_eq!(origin.is_some(), choice.is_some(), "{stage}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_text_makes_a_plan_panic(text in "\\PC{0,80}", key in "[a-z_.]{0,20}", value in "\\PC{0,30}") {
        let _ = resolved(&text);
        let _ = resolved(&format!("{key} = {value}"));
        let _ = typed(&[&format!("{key}={value}")]);
        let _ = PlanInput::new().option(&key, &value);
    }

    #[test]
    fn numbers_come_back_exactly(pixel in 0.01f64..20.0, exposure in 1e-6f64..1e5, seed in 0u64..9_007_199_254_740_991) {
        let text = format!("pixel_size_um = {pixel:?}\nexposure_ms = {exposure:?}\nseed = {seed}");
        let plan = resolved(&text).expect("in range");
        prop_assert_eq!(plan.pixel_size_um.clone().expect("stated").value.to_bits(), pixel.to_bits());
        let again = resolved(&plan.to_toml()).expect("good");
        prop_assert_eq!(numbers(&plan), numbers(&again));
    }
}
