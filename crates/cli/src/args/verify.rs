//! What can be typed after `nta verify`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A folder with a result, or one whose sub-folders hold results
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where to look for films that are not where they were read: the end of their path is looked for in it; may be
    /// repeated
    #[arg(long, value_name = "FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Leave the films alone
    #[arg(long, conflicts_with = "inputs")]
    pub results_only: bool,
    /// A hash that was kept elsewhere, or at least its first 8 digits: it must be that of a line of a trail; may be repeated
    #[arg(long, value_name = "HASH")]
    pub head: Vec<String>,
    /// Show no progress; errors are still told
    #[arg(long, help_heading = "Running")]
    pub quiet: bool,
    /// The result as JSON on stdout, progress and errors as JSON lines on stderr
    #[arg(long, help_heading = "Running")]
    pub json: bool,
}
