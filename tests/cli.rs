//! The command as a person or a script meets it: help, exit codes, what goes to stdout and what to stderr.

use nta_engine::plan::keys;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn nta(args: &[&str]) -> Output {
    command(args).output().expect("nta runs")
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nta"));
    command.args(args).stdin(Stdio::null());
    command.env("NTA_INSTRUMENTS", "");
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Options that `analyze`, `batch`, `watch` and `inspect` share and that are keys of the plan.
const SHARED_KEYS: [&str; 10] = [
    "instrument",
    "pixel_size_um",
    "frame_rate_fps",
    "exposure_ms",
    "temperature_c",
    "medium",
    "viscosity_mpa_s",
    "dilution",
    "depth_um",
    "seed",
];

/// Options that they share and that do not decide numbers.
const SHARED_RUNTIME: [&str; 6] = ["plan", "set", "threads", "overwrite", "quiet", "json"];

#[test]
fn help_shows_commands_and_options_on_stdout() {
    let help = nta(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for name in [
        "analyze",
        "inspect",
        "calibrate",
        "simulate",
        "verify",
        "import",
        "methods",
        "plan",
        "schema",
        "completions",
    ] {
        assert!(stdout(&help).contains(&format!("\n  {name} ")), "{name}");
        let own = nta(&[name, "--help"]);
        assert_eq!(own.status.code(), Some(0), "{name}");
        assert!(stdout(&own).contains("Usage: nta"), "{name}");
        assert!(own.stderr.is_empty(), "{name}");
    }
    assert!(stdout(&help).contains("Exit codes: 0 done"));
    let version = nta(&["--version"]);
    assert!(stdout(&version).starts_with("nta "));
}

#[test]
fn every_shared_option_is_a_flag_and_a_key_with_its_range_in_the_help() {
    for name in ["analyze", "inspect"] {
        let help = stdout(&nta(&[name, "--help"]));
        for option in SHARED_RUNTIME {
            assert!(help.contains(&format!("--{option}")), "{name} --{option}");
        }
        for key in SHARED_KEYS {
            let spec = keys::find(key).unwrap_or_else(|| panic!("{key} is no key"));
            let option = spec.option().unwrap_or_default();
            assert_eq!(option, key.replace('_', "-"));
            assert!(help.contains(&format!("--{option} <")), "{name} --{option}");
            assert!(help.contains(&spec.range()), "{name} --{option}");
        }
    }
    let analyze = stdout(&nta(&["analyze", "--help"]));
    for option in [
        "--out <DIR>",
        "--spots",
        "--parquet",
        "--user <NAME>",
        "--reason <TEXT>",
    ] {
        assert!(analyze.contains(option), "{option}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_one_line() {
    let cases: [(&[&str], &str); 15] = [
        (&[], "requires a subcommand"),
        (&["analise"], "unrecognized subcommand 'analise'"),
        (&["analyze", "--out", "o"], "<INPUT>..."),
        (&["analyze", "film.avi"], "--out <DIR>"),
        (
            &["analyze", "f", "--out", "o", "--pixel-siz", "1"],
            "'--pixel-siz'",
        ),
        (&["analyze", "f", "--out", "o", "--threads", "-1"], "-1"),
        (
            &["analyze", "f", "--out", "o", "--pixel-size-um", "50"],
            "must be from 0.01 to 20 um",
        ),
        (
            &["analyze", "f", "--out", "o", "--pixel-size-um", "nan"],
            "NaN",
        ),
        (
            &["analyze", "f", "--out", "o", "--temperature-c", "-5"],
            "temperature_c is -5",
        ),
        (
            &["analyze", "f", "--out", "o", "--medium", "watre"],
            "did you mean 'water'?",
        ),
        (
            &["inspect", "f", "--set", "film.polarty=dark"],
            "did you mean 'film.polarity'?",
        ),
        (&["inspect", "f", "--set", "seed"], "KEY=VALUE"),
        (
            &["inspect", "f", "--set", "seed=1", "--seed", "2"],
            "seed is given twice",
        ),
        (
            &["inspect", "f", "--plan", "no-such-plan.toml"],
            "cannot read no-such-plan.toml",
        ),
        (
            &["inspect", "f", "--instrument", "none"],
            "there is no instrument profile 'none'",
        ),
    ];
    for (args, expected) in cases {
        let output = nta(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let said = stderr(&output);
        assert!(
            said.starts_with("nta: ") && said.contains(expected),
            "{said}"
        );
        let rest: Vec<&str> = said.lines().skip(1).collect();
        assert!(
            rest.len() <= 1 && rest.iter().all(|l| l.starts_with("hint: ")),
            "{said}"
        );
    }
}

#[test]
fn a_misspelt_option_is_recognised() {
    let said = stderr(&nta(&["analyze", "f", "--out", "o", "--pixel-siz", "1"]));
    assert!(
        said.contains("hint: ") && said.contains("--pixel-size-um"),
        "{said}"
    );
}

#[test]
fn every_bad_plan_ends_with_2() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/plans/bad");
    // The messages are held in tests/plans; here a few go the whole way through the program.
    for name in ["not-toml", "not-utf8", "pixel-size-large", "method-unknown"] {
        let path = folder.join(format!("{name}.toml"));
        let bytes = std::fs::read(&path).expect("there");
        let text = String::from_utf8_lossy(&bytes);
        let first = text.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("# expect: ").expect("an expectation");
        let path = path.to_str().expect("plain");
        let output = nta(&["analyze", "f", "--out", "o", "--plan", path]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn an_input_that_is_not_there_ends_with_3_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("results");
    let input = folder.path().join("no-such-film.avi");
    let args = [
        "analyze",
        input.to_str().expect("plain"),
        "--out",
        out.to_str().expect("plain"),
        "--pixel-size-um",
        "0.2",
        "--frame-rate-fps",
        "30",
    ];
    let output = nta(&args);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("no-such-film.avi"));
    assert!(output.stdout.is_empty());
    assert!(!out.exists());
    let inspected = nta(&["inspect", input.to_str().expect("plain")]);
    assert_eq!(inspected.status.code(), Some(3));
}

#[test]
fn with_json_errors_are_json_lines() {
    let cases: [(&[&str], i64); 3] = [
        (&["analyze", "--json"], 2),
        (&["inspect", "f", "--json", "--set", "sed=1"], 2),
        (&["inspect", "no-such-film.avi", "--json"], 3),
    ];
    for (args, code) in cases {
        let output = nta(args);
        let said = stderr(&output);
        assert_eq!(said.lines().count(), 1, "{said}");
        let line: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let error = &line["error"];
        assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert_eq!(error["exit_code"].as_i64(), Some(code), "{said}");
        assert_eq!(output.status.code().map(i64::from), Some(code));
    }
}

#[test]
fn the_printed_plan_is_a_plan() {
    let printed = nta(&["plan"]);
    assert_eq!(printed.status.code(), Some(0));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan.toml");
    std::fs::write(&path, &printed.stdout).expect("written");
    let args = [
        "inspect",
        "no-such-film.avi",
        "--plan",
        path.to_str().expect("plain"),
    ];
    // The plan is taken, so that what is missing is the film.
    assert_eq!(nta(&args).status.code(), Some(3));
    for key in SHARED_KEYS {
        assert!(stdout(&printed).contains(&format!("# {key} = ")), "{key}");
    }
}

#[test]
fn methods_and_schema_are_printed_for_people_and_programs() {
    let text = stdout(&nta(&["methods"]));
    for stage in ["detect", "refine", "link", "drift"] {
        assert!(text.contains(&format!("{stage}: ")), "{stage}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&nta(&["methods", "--json"]).stdout).expect("JSON");
    assert_eq!(json["stages"][0]["stage"].as_str(), Some("detect"));
    let schema: serde_json::Value = serde_json::from_slice(&nta(&["schema"]).stdout).expect("JSON");
    assert!(schema["$schema"].as_str().is_some());
}

#[test]
fn there_are_completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = nta(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let text = stdout(&output);
        for word in ["analyze", "inspect", "pixel-size-um"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(nta(&["completions", "abacus"]).status.code(), Some(2));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for args in [&["completions", "bash"][..], &["plan"], &["--help"]] {
        let mut child = command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nta runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("nta ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty(), "{}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_4() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    let output = command(&["plan"]).stdout(full).output().expect("nta runs");
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("standard output"));
}
