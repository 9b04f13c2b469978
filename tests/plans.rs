//! What can be typed into a plan, what comes into force, and what is said when it is wrong.

use nta_core::VideoInfo;
use nta_core::film::{Polarity, Rect};
use nta_core::method::Choice;
use nta_engine::plan::keys::{self, INSTRUMENT_KEYS, KEYS, Kind};
use nta_engine::plan::stages::STAGES;
use nta_engine::plan::{
    Instrument, Medium, Plan, PlanError, PlanInput, SampleValue, commented_default,
};
use nta_sizing::Weighting;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/plans")
        .join(kind);
    let entries = std::fs::read_dir(&folder).expect("the folder of plans is there");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    files.sort();
    files
}

fn resolved(text: &str) -> Result<Plan, PlanError> {
    let mut input = PlanInput::new();
    input.plan_text(text, "test.toml")?;
    input.resolve()
}

fn from_file(path: &Path) -> Result<Plan, PlanError> {
    let mut input = PlanInput::new();
    input.instrument_folders(Vec::new());
    input.plan_file(path)?;
    input.resolve()
}

fn typed(assignments: &[&str]) -> Result<Plan, PlanError> {
    let mut input = PlanInput::new();
    for a in assignments {
        input.set(a)?;
    }
    input.resolve()
}

/// Everything in force except where it came from.
fn numbers(plan: &Plan) -> Vec<String> {
    let values = KEYS
        .iter()
        .map(|k| format!("{} = {:?}", k.name(), plan.value(&k.name())));
    let choices = STAGES.iter().map(|s| format!("{:?}", plan.choice(s.name)));
    let rest = format!("{:?} {:?}", plan.sample, plan.instrument);
    values.chain(choices).chain([rest]).collect()
}

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
fn the_command_line_goes_before_the_plan_before_the_profile_before_the_default() {
    let profile = "[instrument]\nname = 'a'\npixel_size_um = 0.3\ndepth_um = 12.0\nframe_rate_fps = 20.0\nexposure_ms = 5.0\n";
    let plan = format!("pixel_size_um = 0.2\ndepth_um = 11.0\ntemperature_c = 20.0\n{profile}");
    let mut input = PlanInput::new();
    input.plan_text(&plan, "test.toml").expect("good");
    input.option("pixel_size_um", "0.1").expect("good");
    input.set("dilution=1e3").expect("good");
    let plan = input.resolve().expect("good");
    let pixel = plan.pixel_size_um.expect("stated");
    assert_eq!((pixel.value, pixel.from.as_str()), (0.1, "command line"));
    let depth = plan.depth_um.expect("stated");
    assert_eq!((depth.value, depth.from.as_str()), (11.0, "plan"));
    let rate = plan.frame_rate_fps.expect("stated");
    assert_eq!(
        (rate.value, rate.from.as_str()),
        (20.0, "instrument profile")
    );
    assert_eq!(
        (plan.temperature_c.value, plan.temperature_c.from.as_str()),
        (20.0, "plan")
    );
    assert_eq!(
        (plan.dilution.value, plan.dilution.from.as_str()),
        (1000.0, "command line")
    );
    assert_eq!((plan.seed.value, plan.seed.from.as_str()), (1, "default"));
}

#[test]
fn a_profile_survives_in_the_written_plan() {
    let text = "[instrument]\nname = 'a'\npixel_size_um = 0.3\ndepth_um = 12.0\n";
    let plan = resolved(text).expect("good");
    let again = resolved(&plan.to_toml()).expect("good");
    let pixel = again.pixel_size_um.expect("carried");
    assert_eq!(
        (pixel.value, pixel.from.as_str()),
        (0.3, "instrument profile")
    );
    assert_eq!(again.instrument, plan.instrument);
}

#[test]
fn assumed_values_stay_assumed_until_someone_changes_them() {
    let written = resolved("").expect("good").to_toml();
    let again = resolved(&written).expect("good");
    assert_eq!(again.temperature_c.from, "default");
    let edited = written.replace("temperature_c = 25.0", "temperature_c = 21.5");
    assert_ne!(edited, written);
    let plan = resolved(&edited).expect("good");
    assert_eq!(
        (plan.temperature_c.value, plan.temperature_c.from.as_str()),
        (21.5, "plan")
    );
}

#[test]
fn medium_and_viscosity_replace_each_other_across_layers_but_not_within_one() {
    let mut input = PlanInput::new();
    input
        .plan_text("medium = 'pbs'", "test.toml")
        .expect("good");
    input.option("viscosity_mpa_s", "1.2").expect("good");
    let plan = input.resolve().expect("good");
    assert!(matches!(&plan.medium, Medium::ViscosityMpaS(v) if v.value == 1.2));
    assert_eq!(plan.value("medium"), None);
    let again = resolved(&plan.to_toml()).expect("good");
    assert!(matches!(&again.medium, Medium::ViscosityMpaS(v) if v.value == 1.2));

    let both = typed(&["medium=water", "viscosity_mpa_s=1.2"]);
    assert!(matches!(both, Err(PlanError::MediumAndViscosity { .. })));
}

#[test]
fn every_number_is_held_to_its_range() {
    for spec in KEYS {
        let name = spec.name();
        let (min, max, unit) = match spec.kind {
            Kind::Number { min, max, unit } => (min, max, unit),
            Kind::Whole { min, max, unit } => (min as f64, max as f64, unit),
            _ => continue,
        };
        for (value, good) in [
            (min, true),
            (max, true),
            (min - 1.0, false),
            (max * 2.0 + 1.0, false),
        ] {
            let mut input = PlanInput::new();
            let result = input.set(&format!("{name}={value}"));
            match result {
                Ok(()) => assert!(good, "{name} = {value} was accepted"),
                Err(e) => {
                    assert!(!good, "{name} = {value} was refused: {e}");
                    assert!(e.to_string().contains(unit), "{e}");
                }
            }
        }
        for value in ["nan", "inf", "-inf", "'text'", "true", "[1]"] {
            let refused = PlanInput::new().set(&format!("{name}={value}"));
            assert!(refused.is_err(), "{name} = {value} was accepted");
        }
    }
}

#[test]
fn options_are_read_as_their_key_wants_them() {
    let mut input = PlanInput::new();
    input.option("medium", "pbs").expect("a word");
    input.option("seed", "42").expect("a whole number");
    input.option("dilution", "1e6").expect("a number");
    for (key, text) in [
        ("pixel_size_um", "small"),
        ("seed", "1.5"),
        ("pixel_size_um", "NaN"),
        ("pixel_size_um", ""),
        ("temperature_c", "-5"),
        ("no_such_key", "1"),
        ("medium", "watre"),
    ] {
        let error = PlanInput::new().option(key, text).expect_err(key);
        assert!(error.to_string().contains("on the command line"), "{error}");
    }
}

#[test]
fn set_takes_toml_and_bare_words() {
    let plan = typed(&[
        "film.polarity=dark",
        "film.exclude=[[1,2,3,4]]",
        "sample.id=EV-17 second tube",
        "sample.run=007",
        "size={resamples=50}",
    ])
    .expect("good");
    assert_eq!(plan.film.polarity, Polarity::Dark);
    assert_eq!(plan.film.exclude.len(), 1);
    let text = |s: &str| SampleValue::Text(s.to_owned());
    assert_eq!(plan.sample.get("id"), Some(&text("EV-17 second tube")));
    assert_eq!(plan.sample.get("run"), Some(&text("007")));
    assert_eq!(plan.size.resamples, 50);
    assert_eq!(plan.origin("size.resamples"), "command line");

    for bad in ["film.polarity", "=3", "seed=", ""] {
        assert!(
            matches!(typed(&[bad]), Err(PlanError::NoAssignment { .. })),
            "{bad}"
        );
    }
    let twice = typed(&["seed=1", "seed=2"]);
    assert!(matches!(twice, Err(PlanError::GivenTwice { .. })));
    // One assignment cannot smuggle in another.
    assert!(typed(&["seed=1\nresamples=2"]).is_err());
}

#[test]
fn the_commented_plan_changes_nothing_and_every_line_of_it_can_be_used() {
    let text = commented_default();
    let plan = resolved(&text).expect("good");
    assert_eq!(numbers(&plan), numbers(&resolved("").expect("good")));
    for spec in KEYS.iter().filter(|k| k.key != "instrument") {
        assert!(text.contains(&format!("# {} = {}", spec.key, spec.example)));
        let assignment = format!("{}={}", spec.name(), spec.example);
        if let Err(e) = typed(&[&assignment]) {
            panic!("{assignment}: {e}");
        }
    }
    for spec in INSTRUMENT_KEYS {
        let line = format!("[instrument]\n{} = {}", spec.key, spec.example);
        if let Err(e) = resolved(&line) {
            panic!("{line}: {e}");
        }
    }
    for stage in STAGES {
        assert!(text.contains(&format!("[{}]", stage.name)));
        for method in (stage.methods)() {
            assert!(text.contains(&format!("# method = \"{}\"", method.key)));
        }
    }
}

#[test]
fn the_table_of_keys_is_whole() {
    let plan = resolved("").expect("good");
    let json = plan.to_json();
    for (i, spec) in KEYS.iter().enumerate() {
        assert!(spec.meaning.ends_with('.'), "{}", spec.key);
        assert!(!spec.default_words().is_empty() && !spec.range().is_empty());
        assert!(KEYS[i + 1..].iter().all(|k| k.name() != spec.name()));
        let absent = matches!(spec.fallback, keys::Fallback::Absent(_));
        assert_eq!(plan.value(&spec.name()).is_none(), absent, "{}", spec.key);
        let at = if spec.table.is_empty() {
            json.get(spec.key)
        } else {
            json.get(spec.table).and_then(|t| t.get(spec.key))
        };
        let at = at.unwrap_or_else(|| panic!("{} is missing in the JSON", spec.name()));
        let from = json["from"].get(spec.name());
        if absent {
            assert!(at.is_null() && from.is_none(), "{}", spec.name());
        } else {
            assert!(!at.is_null(), "{}", spec.name());
            assert_eq!(from.and_then(|f| f.as_str()), Some("default"));
        }
    }
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

#[test]
fn every_method_of_every_stage_can_be_chosen_with_its_whole_range() {
    for stage in STAGES {
        let methods = (stage.methods)();
        if let Some(first) = methods.first() {
            let plan = resolved("").expect("good");
            assert_eq!(plan.choice(stage.name).method, first.key);
        }
        for method in methods {
            let choose = format!("{}.method={}", stage.name, method.key);
            let plan = typed(&[&choose]).expect("good");
            let choice = plan.choice(stage.name);
            assert_eq!(choice.params.len(), method.params.len());
            let again = resolved(&plan.to_toml()).expect("good");
            assert_eq!(again.choice(stage.name), choice);
            for p in method.params {
                for (value, good) in [
                    (p.min, true),
                    (p.max, true),
                    (p.max.abs() * 2.0 + 1.0, false),
                ] {
                    let set = format!("{}.{}={value:?}", stage.name, p.key);
                    assert_eq!(typed(&[&choose, &set]).is_ok(), good, "{set}");
                }
            }
        }
        let none = resolved("").expect("good").choice("no such stage");
        assert_eq!(none, Choice::of(""));
    }
}

#[test]
fn profiles_are_found_by_file_and_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lab2.toml");
    std::fs::write(&path, "pixel_size_um = 0.1664\ndepth_um = 10.6\n").expect("written");
    let with = |name: &str| {
        let mut input = PlanInput::new();
        input.instrument_folders(vec![folder.path().to_path_buf()]);
        input.option("instrument", name)?;
        input.resolve()
    };
    for name in ["lab2", path.to_str().expect("plain")] {
        let plan = with(name).expect("found");
        assert_eq!(plan.instrument.clone().expect("there").name, "lab2");
        let depth = plan.depth_um.clone().expect("stated");
        assert_eq!(
            (depth.value, depth.from.as_str()),
            (10.6, "instrument profile")
        );
        assert_eq!(plan.origin("instrument"), "command line");
    }
    let message = with("lab3").expect_err("not there").to_string();
    assert!(message.contains("did you mean 'lab2'?"), "{message}");
    assert!(
        message.contains(&folder.path().display().to_string()),
        "{message}"
    );

    // A plan names a file relative to itself.
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, "instrument = \"./lab2.toml\"\n").expect("written");
    assert!(from_file(&plan).expect("found").depth_um.is_some());

    let missing = Instrument::read(&folder.path().join("none.toml"));
    assert!(matches!(missing, Err(PlanError::Unreadable { .. })));
    let profile = Instrument::read(&path).expect("read");
    std::fs::write(&path, profile.to_toml()).expect("written");
    assert_eq!(Instrument::read(&path), Ok(profile));
}

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
    assert_eq!(a.bit_depth.value, 8);
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
