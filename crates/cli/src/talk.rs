//! What is said on stderr, and exit codes.

use nta_engine::batch::BatchError;
use nta_engine::benchmark::BenchmarkError;
use nta_engine::plan::PlanError;
use nta_engine::verify::VerifyError;
use nta_engine::{AnalyzeError, CalibrateError, CompareError, ImportError, SimulateError};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// The plan is wrong.
    Plan(PlanError),
    /// The engine gave no result.
    Analyze(AnalyzeError),
    /// There is no batch.
    Batch(BatchError),
    /// There is no profile.
    Calibrate(CalibrateError),
    /// Nothing was imported.
    Import(Box<ImportError>),
    /// There is no table.
    Benchmark(BenchmarkError),
    /// There is no comparison.
    Compare(CompareError),
    /// The place of this program is not known.
    OwnPath(std::io::Error),
    /// The engine gave no film.
    Simulate(SimulateError),
    /// Nothing could be verified.
    Verify(VerifyError),
    /// Standard output cannot be written.
    Stdout(std::io::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Failure::Plan(_) => 2,
            Failure::Analyze(error) => error.exit_code(),
            Failure::Batch(error) => error.exit_code(),
            Failure::Calibrate(error) => error.exit_code(),
            Failure::Import(error) => error.exit_code(),
            Failure::Benchmark(error) => error.exit_code(),
            Failure::Compare(error) => error.exit_code(),
            Failure::OwnPath(_) => 3,
            Failure::Simulate(error) => error.exit_code(),
            Failure::Verify(error) => error.exit_code(),
            Failure::Stdout(_) => 4,
        }
    }

    fn message(&self) -> String {
        match self {
            Failure::Plan(error) => error.to_string(),
            Failure::Analyze(error) => error.to_string(),
            Failure::Batch(error) => error.to_string(),
            Failure::Calibrate(error) => error.to_string(),
            Failure::Import(error) => error.to_string(),
            Failure::Benchmark(error) => error.to_string(),
            Failure::Compare(error) => error.to_string(),
            Failure::OwnPath(error) => format!(
                "cannot find the file of this program, which is to analyse the films: {error}"
            ),
            Failure::Simulate(error) => error.to_string(),
            Failure::Verify(error) => error.to_string(),
            Failure::Stdout(error) => format!("cannot write to standard output: {error}"),
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Failure::Plan(PlanError::UnknownKey { .. }) => {
                Some("`nta plan` lists all keys with their units and ranges")
            }
            Failure::Plan(PlanError::Method { .. }) => {
                Some("`nta methods` lists all methods and their numbers")
            }
            _ => None,
        }
    }
}

/// Tells something that does not end the command.
pub fn note(message: &str, json: bool) {
    let message = one_line(message);
    if json {
        json_line(&serde_json::json!({ "note": message }));
    } else {
        let _ = writeln!(std::io::stderr().lock(), "nta: {message}");
    }
}

/// Tells a failure and gives its exit code.
pub fn failure(failure: &Failure, json: bool) -> ExitCode {
    // Whoever reads stdout has had enough; that is no failure.
    if matches!(failure, Failure::Stdout(e) if e.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    tell(
        &failure.message(),
        failure.hint(),
        failure.exit_code(),
        json,
    );
    ExitCode::from(failure.exit_code())
}

/// Tells what clap found wrong in this program's one-line form; help and version go to stdout as they are.
pub fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader that has gone away is no failure, and there is no one to tell.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let json = std::env::args_os().any(|a| a == "--json");
    let text = error.render().to_string();
    let mut blocks = text.split("\n\n").map(one_line);
    let message = blocks.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let hint = blocks
        .find_map(|b| b.strip_prefix("tip: ").map(str::to_owned))
        .unwrap_or_else(|| {
            "`nta --help` lists the commands, `nta COMMAND --help` their options".to_owned()
        });
    tell(message, Some(&hint), 2, json);
    ExitCode::from(2)
}

/// Writes one JSON value as a line on stderr.
pub fn json_line(value: &serde_json::Value) {
    // There is nobody left to tell if stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "{value}");
}

fn tell(message: &str, hint: Option<&str>, exit_code: u8, json: bool) {
    let message = one_line(message);
    if json {
        json_line(&serde_json::json!({
            "error": {"message": message, "hint": hint, "exit_code": exit_code}
        }));
        return;
    }
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "nta: {message}");
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "hint: {hint}");
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
