//! What can be typed of `nta batch` and `nta watch`.

use super::{SharedArgs, WhoArgs};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct FolderArgs {
    /// The folder that is searched, with all folders in it
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Folder of the results: one folder for each sample, and batch.csv, batch.json, batch.html
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Table of samples: which capture belongs to which sample, and what is known of it; FOLDER/samples.csv is taken by
    /// itself. Columns: sample, capture, role (sample, blank, beads), channel (scatter, fluorescence), condition, batch,
    /// date, time_days, protein_ug_per_ml, nominal_nm, nominal_per_ml, dilution_series; every option of the plan, such as
    /// dilution; and any free field
    #[arg(long, value_name = "FILE.csv")]
    pub samples: Option<PathBuf>,
    /// Limits that the samples must hold (docs/limits.md); FOLDER/limits.toml is taken by itself
    #[arg(long, value_name = "FILE.toml")]
    pub limits: Option<PathBuf>,
    /// Memory that analyses beside each other may take together, MB [default: half of what is free]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=16_000_000), allow_negative_numbers = true)]
    pub memory_mb: Option<u64>,
    /// Write every detection to spots.csv
    #[arg(long)]
    pub spots: bool,
    /// Write particles and tracks as Parquet too
    #[arg(long)]
    pub parquet: bool,
    #[command(flatten)]
    pub who: WhoArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct BatchArgs {
    #[command(flatten)]
    pub folder: FolderArgs,
    /// Print the samples and their captures as JSON, and analyse nothing
    #[arg(long, conflicts_with = "only")]
    pub list: bool,
    /// Only the sample with this folder name (as --list tells it); other samples may be analysed at the same time, and no
    /// tables are written
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

#[derive(Debug, Args)]
pub struct WatchArgs {
    #[command(flatten)]
    pub folder: FolderArgs,
    /// A capture that has not changed for so long is complete, s
    #[arg(long, value_name = "S", default_value_t = 10.0, value_parser = seconds, allow_negative_numbers = true)]
    pub settle_s: f64,
    /// Time between two looks at the folder, s
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = seconds, allow_negative_numbers = true)]
    pub every_s: f64,
    /// End when nothing has arrived for so long, s [default: only Ctrl-C ends it]
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    pub until_idle_s: Option<f64>,
}

/// Up to a year.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.0..=3.2e7).contains(&s) => Ok(s),
        _ => Err("it must be a number of seconds from 0 to 32000000".to_owned()),
    }
}
