//! What can be typed after `nta compare`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Folders that `nta analyze` wrote, or folders of such folders: each is a group, and the first is the reference. One
    /// folder of folders stands for the folders in it
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Results whose sample has the same value in this field are a group, such as batch (under [sample] in the plan)
    #[arg(long, value_name = "FIELD")]
    pub by: Option<String>,
    /// The group that the others are held against [default: the first]
    #[arg(long, value_name = "NAME")]
    pub reference: Option<String>,
    /// Differences below this are small [default: 10]. Given, the exit code is 1 unless equivalence within it is shown
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub margin_percent: Option<f64>,
    /// The same for concentrations [default: that of --margin-percent]
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub concentration_margin_percent: Option<f64>,
    /// A number that the answer rests on: mean, mode, d10, d50, d90, sd, span, concentration, or a share such as
    /// share_50_100; may be repeated [default: d50 and concentration]
    #[arg(long, value_name = "NUMBER")]
    pub judge: Vec<String>,
    /// Field of the sample that holds its time in days, for changes over time [default: time_days, where there is one]
    #[arg(long, value_name = "FIELD")]
    pub time_field: Option<String>,
    /// Folder of the comparison (compare.html, compare.json, compare.csv); made if it does not exist
    #[arg(long, value_name = "DIR", default_value = "nta-compare")]
    pub out: PathBuf,
    /// Seed of random permutations
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Replace a comparison that is there already
    #[arg(long)]
    pub overwrite: bool,
    /// Errors as JSON lines on stderr
    #[arg(long)]
    pub json: bool,
}
