//! Every key and method by itself: its range, how it is typed, its line in the commented plan.

use crate::{numbers, resolved, typed};
use nta_core::film::Polarity;
use nta_core::method::Choice;
use nta_engine::plan::keys::{self, INSTRUMENT_KEYS, KEYS, Kind};
use nta_engine::plan::stages::STAGES;
use nta_engine::plan::{PlanError, PlanInput, SampleValue, commented_default};

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
        let mut words: Vec<&str> = match spec.key {
            "medium_mass_fraction" => vec!["medium=sucrose"],
            "medium_mass_fraction_uncertainty" => {
                vec!["medium=sucrose", "medium_mass_fraction=0.2"]
            }
            "viscosity_at_c" => vec!["viscosity_mpa_s=1.0"],
            _ => Vec::new(),
        };
        words.push(&assignment);
        if let Err(e) = typed(&words) {
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
