//! From captures and a table of samples to pieces of work.

use super::BatchError;
use super::find::{Found, FoundCapture};
use super::group::by_name;
use super::hashes::State;
use super::names::folder_name;
use super::record::{Channel, SampleEntry};
use super::samples_csv::{TableSample, read_samples};
use super::sidecar::Sidecars;
use crate::fingerprint::sha256_of_bytes;
use crate::plan::{Plan, PlanError, PlanInput};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One sample to be analysed.
pub(super) struct Job {
    pub(super) entry: SampleEntry,
    /// Name of its folder.
    pub(super) folder: String,
    pub(super) captures: Vec<FoundCapture>,
    /// How each of them lay on the disk when it was found; `None` for one that cannot be looked at.
    pub(super) states: Vec<Option<State>>,
    /// Whether the table names captures of it that are not there yet.
    pub(super) incomplete: bool,
    /// The plan in force for it, or what is wrong with that.
    pub(super) plan: Result<Plan, PlanError>,
    /// What its exports say and could not be used.
    pub(super) notes: Vec<String>,
}

impl Job {
    /// Bytes of its captures, as far as they can be seen.
    pub(super) fn bytes(&self) -> u64 {
        self.states.iter().flatten().map(|s| s.bytes).sum()
    }
}

/// All samples of a folder, and the captures that no sample asks for.
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
    /// Folders of all samples, also of those that are not worked on now.
    pub(super) folders: BTreeSet<String>,
    /// The table of samples that was read, and the SHA-256 of its bytes.
    pub(super) table: Option<(PathBuf, String)>,
    /// Captures that the table of samples does not name.
    pub(super) not_listed: Vec<String>,
    /// What is to be told of files beside the films that could not be used.
    pub(super) notes: Vec<String>,
}

/// The file that says which captures belong together, if there is one in the folder.
pub(super) const SAMPLES_FILE: &str = "samples.csv";

impl Jobs {
    /// Sorts captures into samples: by the given table, else by `samples.csv` in the folder, else by what instruments wrote
    /// beside the films, else by name. Where files are still arriving, the table may name some that are not there.
    pub(super) fn of(
        folder: &Path,
        table: Option<&Path>,
        found: &Found,
        input: &PlanInput,
        arriving: bool,
    ) -> Result<Self, BatchError> {
        let beside: PathBuf = folder.join(SAMPLES_FILE);
        // What has this name and is no file is a slip that is told, not another way of grouping.
        let is_there = std::fs::symlink_metadata(&beside).is_ok();
        let table = table.or_else(|| is_there.then_some(beside.as_path()));
        let sidecars = Sidecars::read(&found.captures);
        let (samples, table) = match table {
            Some(path) => {
                let (samples, sha256) = read_samples(path, &found.captures)?;
                (samples, Some((path.to_path_buf(), sha256)))
            }
            None => (untabled(&found.captures, &sidecars), None),
        };
        let mut missing = samples.iter().flat_map(|s| &s.missing);
        if let Some(error) = missing.next().filter(|_| !arriving) {
            return Err(error.clone().into());
        }
        let mut taken = BTreeSet::new();
        let mut listed = vec![false; found.captures.len()];
        let mut jobs = Vec::new();
        for sample in samples {
            for i in &sample.captures {
                listed[*i] = true;
            }
            jobs.push(job(sample, found, input, &sidecars, &mut taken)?);
        }
        let unlisted = found.captures.iter().zip(listed).filter(|(_, l)| !l);
        Ok(Self {
            folders: jobs.iter().map(|j| j.folder.clone()).collect(),
            jobs,
            table,
            not_listed: unlisted.map(|(c, _)| c.name.clone()).collect(),
            notes: sidecars.notes,
        })
    }
}

impl Jobs {
    /// A fingerprint of all that results and tables follow from, but the films' contents, of which it has sizes and times.
    pub(super) fn signature(&self) -> String {
        let mut text = format!("{:?}\n{:?}\n", self.not_listed, self.notes);
        for job in &self.jobs {
            let plan = match &job.plan {
                Ok(plan) => plan.to_toml(),
                Err(error) => error.to_string(),
            };
            text += &format!("{} {:?}\n{plan}\n", job.folder, job.entry);
            for (capture, state) in job.captures.iter().zip(&job.states) {
                text += &format!("{} {state:?}\n", capture.name);
            }
        }
        sha256_of_bytes(text.as_bytes())
    }
}

/// Samples by what lies beside the films, else by name.
fn untabled(captures: &[FoundCapture], sidecars: &Sidecars) -> Vec<TableSample> {
    let mut samples = sidecars.samples(captures);
    let taken: BTreeSet<usize> = samples.iter().flat_map(|(_, of)| of.clone()).collect();
    let left: Vec<usize> = (0..captures.len()).filter(|i| !taken.contains(i)).collect();
    let named: Vec<FoundCapture> = left.iter().map(|i| captures[*i].clone()).collect();
    for (name, of) in by_name(&named) {
        samples.push((name, of.into_iter().map(|i| left[i]).collect()));
    }
    samples.sort_by_key(|(_, of)| of.first().copied());
    let sample = |(id, captures): (String, Vec<usize>)| TableSample::of_name(id, captures);
    samples.into_iter().map(sample).collect()
}

fn job(
    sample: TableSample,
    found: &Found,
    input: &PlanInput,
    sidecars: &Sidecars,
    taken: &mut BTreeSet<String>,
) -> Result<Job, BatchError> {
    let entry = sample.entry.clone();
    let name = match entry.channel {
        Channel::Scatter => entry.id.clone(),
        Channel::Fluorescence => format!("{}.fluorescence", entry.id),
    };
    let mut own = input.clone();
    sample.fill(&mut own)?;
    let captures: Vec<FoundCapture> = sample
        .captures
        .iter()
        .map(|i| found.captures[*i].clone())
        .collect();
    let (plan, notes) = match sidecars.plan(&captures, own) {
        Ok((plan, notes)) => (Ok(plan), notes),
        Err(error) => (Err(error), Vec::new()),
    };
    let state = |c: &FoundCapture| State::of(&nta_video::files_of(&c.path).ok()?).ok();
    let states = captures.iter().map(state).collect();
    Ok(Job {
        entry,
        folder: folder_name(&name, taken),
        captures,
        states,
        incomplete: !sample.missing.is_empty(),
        plan,
        notes,
    })
}
