//! What can be typed.

mod batch;
mod import;
mod verify;

pub use batch::{BatchArgs, FolderArgs, WatchArgs};
pub use import::ImportArgs;
pub use verify::VerifyArgs;
pub mod compare;

use crate::plan_args::PlanArgs;
use clap::{Args, Parser, Subcommand};
use nta_engine::Attribution;
use std::path::PathBuf;

/// Nanoparticle tracking analysis: from videos of Brownian motion to sizes and concentrations.
#[derive(Debug, Parser)]
#[command(
    name = "nta",
    version,
    subcommand_required = true,
    arg_required_else_help = false,
    after_help = "First steps:\n  nta inspect film.avi\n  nta analyze film.avi --out results --pixel-size-um 0.166 --temperature-c 23.5\nThen open results/report.html in a browser.\n\nExit codes: 0 done; 1 done, but the verdict is fail; 2 the command line or plan is wrong;\n3 an input cannot be read; 4 an output cannot be written; 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse one sample: every INPUT is one capture, several are replicates
    Analyze(AnalyzeArgs),
    /// Analyse many samples: finds the captures under FOLDER, groups replicates, resumes, and writes one table
    Batch(BatchArgs),
    /// As batch, and goes on for files that arrive
    Watch(WatchArgs),
    /// What a file says of itself, what is missing, and a quick look at it
    Inspect(InspectArgs),
    /// Films of beads become an instrument profile: depth of view, and a check of the pixel size
    Calibrate(CalibrateArgs),
    /// Tracks of other programs analysed again, and vendors' histograms beside ours
    Import(ImportArgs),
    /// Accuracy and speed on films with known answers, beside other engines
    Benchmark(BenchmarkArgs),
    /// Finished results against each other: batch against batch, or over time
    Compare(compare::CompareArgs),
    /// Simulate a film with a known truth: sample, microscope and camera from a scene file
    Simulate(SimulateArgs),
    /// Prove that results belong to their films and that nothing was altered
    Verify(VerifyArgs),
    /// The methods that can be chosen, with their numbers, defaults, ranges and references
    Methods(MethodsArgs),
    /// A commented plan with every key, its unit, range and default
    Plan,
    /// The JSON Schema of result.json
    Schema,
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// A video file, a TIFF stack, or a folder of images
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Folder of the results; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write every detection to spots.csv
    #[arg(long)]
    pub spots: bool,
    /// Write particles and tracks as Parquet too
    #[arg(long)]
    pub parquet: bool,
    /// Write the results in the form of another program too; may be repeated. trackmate-xml: tracks.xml;
    /// nanosight-summary: nanosight_summary.csv, for which the depth must be known; trackpy: tracks.csv, which is always
    /// written
    #[arg(long = "export", value_name = "FORMAT", value_parser = nta_engine::ExportFormat::WORDS)]
    pub exports: Vec<String>,
    #[command(flatten)]
    pub who: WhoArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}

/// What the audit trail of a result says of the person.
#[derive(Clone, Debug, Args)]
pub struct WhoArgs {
    /// Who makes this result [default: the user who is logged in]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new(), help_heading = "Audit trail")]
    pub user: Option<String>,
    /// Why it is made or replaced
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new(), help_heading = "Audit trail")]
    pub reason: Option<String>,
}

impl WhoArgs {
    /// The person and the reason, for the engine.
    pub fn attribution(self) -> Attribution {
        Attribution::or_logged_in(self.user, self.reason)
    }
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A video file, a TIFF stack, or a folder of images
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Draw what is seen in the film: frames with all spots and paths, and the spots and steps that deserve the least
    /// trust; of a long film the first 300 frames
    #[arg(long, value_name = "FILE.png")]
    pub preview: Option<PathBuf>,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// A video file, a TIFF stack, or a folder of images; several are captures of the same beads
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Diameter of the beads, nm
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    pub nominal_nm: f64,
    /// Beads per mL of the undiluted sample; without it the depth is not measured
    #[arg(long, value_name = "C", allow_negative_numbers = true)]
    pub nominal_per_ml: Option<f64>,
    /// The profile, a TOML file for --instrument
    #[arg(long, value_name = "FILE.toml")]
    pub out: PathBuf,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The scene, a TOML file; keys that it does not name have their defaults
    #[arg(value_name = "SCENE.toml")]
    pub scene: PathBuf,
    /// The film: *.avi, *.mp4, *.tif, or a name without an ending for a folder of PNG pictures. The truth is written
    /// beside it, or into the folder, as truth.csv and truth.json
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How pictures are packed [default: raw; h264 for *.mp4]. raw and ffv1 lose nothing; ffv1 and h264 need the
    /// program ffmpeg
    #[arg(long, value_name = "CODEC", value_parser = ["raw", "mjpeg", "ffv1", "h264"])]
    pub codec: Option<String>,
    /// Quality of mjpeg, 1 to 100 (best) [default: 90]; rate factor of h264, 0 (best) to 51 [default: 18]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub quality: Option<u8>,
    /// Seed of all random numbers, in place of the scene's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Number of frames, in place of the scene's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub frames: Option<u32>,
    #[command(flatten)]
    pub running: RunningArgs,
}

#[derive(Debug, Args)]
pub struct MethodsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The options that all commands share which read films.
#[derive(Debug, Args)]
pub struct SharedArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    #[command(flatten)]
    pub running: RunningArgs,
}

/// The options of all commands that take their time.
#[derive(Debug, Args)]
pub struct RunningArgs {
    /// Threads to use; 0 for all cores. Does not change the numbers
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(0..=1024), help_heading = "Running")]
    pub threads: u16,
    /// Replace results that are there already
    #[arg(long, help_heading = "Running")]
    pub overwrite: bool,
    /// Show no progress; errors are still told
    #[arg(long, help_heading = "Running")]
    pub quiet: bool,
    /// Progress and errors as JSON lines on stderr
    #[arg(long, help_heading = "Running")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchmarkArgs {
    /// List of films with known answers, TOML
    #[arg(value_name = "MANIFEST.toml")]
    pub manifest: PathBuf,
    /// Folder of the tables (benchmark.md, benchmark.json, validation.md); made if it does not exist
    #[arg(long, value_name = "DIR", default_value = "nta-benchmark")]
    pub out: PathBuf,
    /// Only the film of this name, and the one that its depth of view comes from; may be repeated
    #[arg(long, value_name = "FILM")]
    pub only: Vec<String>,
    /// Instead of comparing with the truth, vary threshold, shortest track, gap, exposure and temperature, and tell how
    /// far size and concentration move
    #[arg(long)]
    pub sweep: bool,
    #[command(flatten)]
    pub running: RunningArgs,
}
