//! The workflow of `docs/workflows/snakemake` gives what `nta batch` gives. Needs Snakemake 8 or later, on the path or named by
//! `NTA_SNAKEMAKE`; without it the test prints a line and passes.

use crate::made::*;
use std::path::Path;
use std::process::Command;

fn snakemake() -> Option<String> {
    let name = std::env::var("NTA_SNAKEMAKE").unwrap_or_else(|_| "snakemake".to_owned());
    let version = Command::new(&name).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let major: u32 = version.trim().split('.').next()?.parse().ok()?;
    (major >= 8).then_some(name)
}

#[test]
fn the_workflow_writes_the_same_bytes_as_a_batch() {
    let Some(snakemake) = snakemake() else {
        println!("skipped: there is no Snakemake 8 or later");
        return;
    };
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    acquisition(&folder);
    let out = place.path().join("out");
    assert_eq!(batch(&folder, &out, &["--quiet"]).status.code(), Some(3));
    let of_workflow = place.path().join("of workflow");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/workflows/snakemake");
    let config = |key: &str, value: &str| format!("{key}={value}");
    let run = Command::new(snakemake)
        .args(["--cores", "2", "--snakefile"])
        .arg(rules.join("Snakefile"))
        .arg("--directory")
        .arg(place.path().join("work"))
        .arg("--config")
        .arg(config("films", &folder.display().to_string()))
        .arg(config("out", &of_workflow.display().to_string()))
        .arg(config("nta", env!("CARGO_BIN_EXE_nta")))
        .arg(config("options", &PLAN.join(" ")))
        .output()
        .expect("Snakemake runs");
    assert!(run.status.success(), "{}", said(&run));
    same(&out, &of_workflow);
}
