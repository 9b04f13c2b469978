//! Arguments of `nta import`.

use super::{SharedArgs, WhoArgs};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Tracks (NanoSight AllTracks, trackpy, TrackMate, MOSAIC, tracks.csv of nta), or a vendor's export (NanoSight
    /// ExperimentSummary or ParticleData, ZetaView text). All tracks are captures of one sample
    #[arg(required = true, value_name = "FILE")]
    pub inputs: Vec<PathBuf>,
    /// Folder of the results; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A result of nta to show beside: its folder, or its result.json
    #[arg(long, value_name = "RESULT.json|DIR")]
    pub beside: Option<PathBuf>,
    #[command(flatten)]
    pub who: WhoArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}
