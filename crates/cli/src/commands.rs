//! One function per command: build what the engine wants, call it, print what it gives.

mod batch;
mod compare;
mod import;
mod verify;

use crate::args::{
    AnalyzeArgs, BenchmarkArgs, CalibrateArgs, Cli, Command, InspectArgs, RunningArgs, SharedArgs,
    SimulateArgs,
};
use crate::progress::Show;
use crate::talk::{self, Failure};
use clap::CommandFactory;
use nta_engine::benchmark::{BenchmarkRequest, benchmark};
use nta_engine::plan::{self, Plan};
use nta_engine::report::json_schema;
use nta_engine::{
    AnalyzeRequest, CalibrateRequest, Codec, ExportFormat, PreviewRequest, Progress, Runtime,
    SimulateRequest, analyze_to_folder, calibrate, inspect, inspect_with_preview, simulate,
};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs a command. Ends with the exit code, or with a failure and whether it is to be told as JSON.
pub fn run(command: Command) -> Result<u8, (Failure, bool)> {
    let done = |result: Result<(), Failure>, json| match result {
        Ok(()) => Ok(0),
        Err(failure) => Err((failure, json)),
    };
    match command {
        Command::Analyze(args) => {
            let json = args.shared.running.json;
            run_analyze(args).map_err(|failure| (failure, json))
        }
        Command::Batch(args) => {
            let json = args.folder.shared.running.json;
            batch::run_batch(&args).map_err(|failure| (failure, json))
        }
        Command::Watch(args) => {
            let json = args.folder.shared.running.json;
            batch::run_watch(&args).map_err(|failure| (failure, json))
        }
        Command::Inspect(args) => done(run_inspect(&args), args.shared.running.json),
        Command::Calibrate(args) => {
            let json = args.shared.running.json;
            done(run_calibrate(args), json)
        }
        Command::Import(args) => {
            let json = args.shared.running.json;
            import::run(args).map_err(|failure| (failure, json))
        }
        Command::Benchmark(args) => {
            let json = args.running.json;
            run_benchmark(args).map_err(|failure| (failure, json))
        }
        Command::Compare(args) => {
            let json = args.json;
            compare::run(args).map_err(|failure| (failure, json))
        }
        Command::Simulate(args) => {
            let json = args.running.json;
            done(run_simulate(args), json)
        }
        Command::Verify(args) => {
            let json = args.json;
            verify::run(args).map_err(|failure| (failure, json))
        }
        Command::Methods(args) if args.json => {
            let mut all = plan::methods_json();
            all["instruments"] = plan::instruments_json();
            done(print(&format!("{all:#}\n")), args.json)
        }
        Command::Methods(_) => done(
            print(&format!(
                "{}\n{}",
                plan::methods_text(),
                plan::instruments_text()
            )),
            false,
        ),
        Command::Plan => done(print(&plan::commented_default()), false),
        Command::Schema => done(print(&format!("{:#}\n", json_schema())), false),
        Command::Completions { shell } => done(completions(shell), false),
    }
}

fn run_analyze(args: AnalyzeArgs) -> Result<u8, Failure> {
    let plan = plan_beside(&args.shared, &args.inputs)?;
    let request = AnalyzeRequest {
        inputs: args.inputs,
        plan,
        out: args.out,
        overwrite: args.shared.running.overwrite,
        spots: args.spots,
        parquet: args.parquet,
        who: args.who.attribution(),
        exports: args
            .exports
            .iter()
            .filter_map(|word| ExportFormat::of_word(word))
            .collect(),
    };
    let outcome = watched(&args.shared.running, |runtime| {
        analyze_to_folder(&request, runtime)
    })
    .map_err(Failure::Analyze)?;
    let printed = print(&format!(
        "{}\nreport: {}\n",
        outcome.headline.trim_end(),
        outcome.report_path.display()
    ));
    match printed {
        // A reader that has gone away does not change the verdict.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(outcome.exit_code()),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome.exit_code()),
    }
}

fn run_inspect(args: &InspectArgs) -> Result<(), Failure> {
    let plan = plan_beside(&args.shared, std::slice::from_ref(&args.input))?;
    let preview = args.preview.as_ref().map(|out| PreviewRequest {
        out: out.clone(),
        overwrite: args.shared.running.overwrite,
    });
    let inspection = watched(&args.shared.running, |runtime| match &preview {
        Some(preview) => inspect_with_preview(&args.input, preview, &plan, runtime),
        None => inspect(&args.input, &plan, runtime),
    })
    .map_err(Failure::Analyze)?;
    if args.shared.running.json {
        print(&format!("{:#}\n", inspection.to_json()))
    } else {
        print(&format!("{}\n", inspection.to_text().trim_end()))
    }
}

fn run_calibrate(args: CalibrateArgs) -> Result<(), Failure> {
    let request = CalibrateRequest {
        plan: args.shared.plan.resolve().map_err(Failure::Plan)?,
        inputs: args.inputs,
        nominal_nm: args.nominal_nm,
        nominal_per_ml: args.nominal_per_ml,
        out: args.out,
        overwrite: args.shared.running.overwrite,
    };
    let outcome = watched(&args.shared.running, |runtime| calibrate(&request, runtime))
        .map_err(Failure::Calibrate)?;
    print(&outcome.text)
}

fn run_benchmark(args: BenchmarkArgs) -> Result<u8, Failure> {
    let request = BenchmarkRequest {
        manifest: args.manifest,
        out: args.out,
        overwrite: args.running.overwrite,
        only: args.only,
        sweep: args.sweep,
        // Films are analysed by this same program.
        program: std::env::current_exe().map_err(Failure::OwnPath)?,
    };
    let outcome = watched(&args.running, |runtime| benchmark(&request, runtime))
        .map_err(Failure::Benchmark)?;
    let files: Vec<String> = outcome
        .files
        .iter()
        .map(|f| f.display().to_string())
        .collect();
    let printed = print(&format!(
        "{}\nwritten: {}\n",
        outcome.table,
        files.join(", ")
    ));
    match printed {
        // A reader that has gone away does not change what came out.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(outcome.exit_code),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome.exit_code),
    }
}

fn run_simulate(args: SimulateArgs) -> Result<(), Failure> {
    let request = SimulateRequest {
        scene: args.scene,
        out: args.out,
        codec: args.codec.as_deref().and_then(Codec::of_word),
        quality: args.quality,
        seed: args.seed,
        frames: args.frames,
        overwrite: args.running.overwrite,
    };
    let outcome =
        watched(&args.running, |runtime| simulate(&request, runtime)).map_err(Failure::Simulate)?;
    if args.running.json {
        print(&format!("{:#}\n", outcome.to_json()))
    } else {
        print(&outcome.to_text())
    }
}

/// The plan with what the instrument wrote beside the films.
fn plan_beside(shared: &SharedArgs, films: &[PathBuf]) -> Result<Plan, Failure> {
    let input = shared.plan.input().map_err(Failure::Plan)?;
    let (plan, notes) = nta_engine::batch::plan_beside(films, input).map_err(Failure::Plan)?;
    for note in notes {
        talk::note(&note, shared.running.json);
    }
    Ok(plan)
}

/// Runs the engine with progress shown and Ctrl-C heard.
fn watched<T, E>(
    running: &RunningArgs,
    work: impl FnOnce(&Runtime<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let show = Show::new(running.quiet, running.json);
    let result = watched_by(running, |runtime| {
        work(&Runtime {
            progress: &|p: Progress| show.report(p),
            ..*runtime
        })
    });
    show.finish();
    result
}

/// Runs the engine with Ctrl-C heard; who calls shows the progress.
fn watched_by<T, E>(
    running: &RunningArgs,
    work: impl FnOnce(&Runtime<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let cancel = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&cancel);
    // Without a handler Ctrl-C ends the process at once; the engine writes whole results or none either way.
    let _ = ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed));
    work(&Runtime {
        threads: usize::from(running.threads),
        progress: &|_| {},
        cancel: &cancel,
    })
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    // Into memory first: the generator panics if its output goes away.
    clap_complete::generate(shell, &mut Cli::command(), "nta", &mut bytes);
    print_bytes(&bytes)
}

fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(Failure::Stdout)
}
