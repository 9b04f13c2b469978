//! What can be typed into a plan, what comes into force, and what is said when it is wrong.

use nta_engine::plan::keys::KEYS;
use nta_engine::plan::stages::STAGES;
use nta_engine::plan::{Plan, PlanError, PlanInput};
use std::path::{Path, PathBuf};

mod films;
mod keys;
mod layers;
mod whole_plans;

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
