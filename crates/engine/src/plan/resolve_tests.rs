//! Methods and numbers of stages, from layers to what is in force.

use super::super::stages::{methods_of, written_out};
use super::*;
use nta_core::method::{Entry, ParamSpec};

const fn param(key: &'static str, default: f64) -> ParamSpec {
    ParamSpec {
        key,
        default,
        min: 1.0,
        max: 10.0,
        unit: "px",
        meaning: "A number.",
    }
}

static PLAIN: [ParamSpec; 2] = [param("threshold", 4.0), param("width_px", 2.0)];
static OTHER: [ParamSpec; 1] = [param("reach_px", 3.0)];

const fn entry(key: &'static str, params: &'static [ParamSpec]) -> Entry<()> {
    Entry {
        key,
        title: "A method",
        references: &[],
        params,
        make: (),
    }
}

static TABLE: [Entry<()>; 2] = [entry("plain", &PLAIN), entry("other", &OTHER)];

/// Stands in for the real stage of that name, whatever methods it has.
static DETECT: Stage = Stage {
    name: "detect",
    meaning: "a stage to try",
    methods: || methods_of(&TABLE),
    resolve: |choice| written_out(&TABLE, "detect", choice),
};

type Found = Result<(Choice, BTreeMap<String, String>), PlanError>;

fn choose(plan: &str, assignments: &[&str]) -> Found {
    let mut input = PlanInput::new();
    input.plan_text(plan, "test.toml")?;
    for assignment in assignments {
        input.set(assignment)?;
    }
    let mut origins = BTreeMap::new();
    let choice = input.stage_in_force(&DETECT, &mut origins)?;
    Ok((choice.unwrap_or_else(|| Choice::of("")), origins))
}

fn message(plan: &str, assignments: &[&str]) -> String {
    choose(plan, assignments).expect_err("refused").to_string()
}

#[test]
fn numbers_without_a_unit_are_refused_in_whole_sentences() {
    let said = |assignment: &str| {
        let mut input = PlanInput::new();
        let set = input.set(assignment).expect_err("refused");
        set.to_string()
    };
    let fraction = said("medium_mass_fraction=1.2");
    assert!(fraction.ends_with("must be from 0 to 1"), "{fraction}");
    let word = said("medium_mass_fraction=abc");
    assert!(word.contains("must be a number, not"), "{word}");
    let share = said("viscosity_relative_uncertainty=abc");
    let wanted = "must be a number such as 0.01 for 1 %, not";
    assert!(share.contains(wanted), "{share}");
}

#[test]
fn the_first_method_with_all_its_numbers_is_the_default() {
    let (choice, origins) = choose("", &[]).expect("good");
    assert_eq!(choice.method, "plain");
    let params: Vec<_> = choice
        .params
        .iter()
        .map(|(k, v)| (k.as_str(), *v))
        .collect();
    assert_eq!(params, [("threshold", 4.0), ("width_px", 2.0)]);
    assert!(origins.is_empty());
}

#[test]
fn layers_join_as_long_as_the_method_stays() {
    let plan = "[detect]\nthreshold = 5\nwidth_px = 3";
    let set = ["detect.threshold=6", "detect.method=plain"];
    let (choice, origins) = choose(plan, &set).expect("good");
    assert_eq!(choice.params.get("threshold"), Some(&6.0));
    assert_eq!(choice.params.get("width_px"), Some(&3.0));
    let from = |key: &str| origins.get(key).map(String::as_str);
    assert_eq!(from("detect.threshold"), Some("command line"));
    assert_eq!(from("detect.width_px"), Some("plan"));
    assert_eq!(from("detect.method"), Some("command line"));
}

#[test]
fn numbers_of_a_method_that_is_replaced_do_not_apply() {
    let plan = "[detect]\nmethod = 'plain'\nthreshold = 5";
    let (choice, origins) = choose(plan, &["detect.method=other"]).expect("good");
    assert_eq!(choice.method, "other");
    assert_eq!(choice.params.get("reach_px"), Some(&3.0));
    assert_eq!(choice.params.len(), 1);
    assert_eq!(origins.len(), 1);
}

#[test]
fn mistakes_come_with_what_was_meant() {
    let said = message("[detect]\nmethod = 'plian'", &[]);
    assert!(said.contains("did you mean 'plain'?"), "{said}");
    let said = message("", &["detect.treshold=5"]);
    assert!(said.contains("did you mean 'threshold'?"), "{said}");
    let said = message("[detect]\nthreshold = 11", &[]);
    assert!(said.contains("must be from 1 to 10 px"), "{said}");
    let said = message("[detect]\nthreshold = nan", &[]);
    assert!(said.contains("detect.threshold is NaN"), "{said}");
}
