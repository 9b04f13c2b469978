//! One way through a batch: all samples, then the tables.

use super::find::Found;
use super::hashes::Hashes;
use super::hold::own_folder;
use super::html::page;
use super::job::{Jobs, SAMPLES_FILE};
use super::limits::{Limits, limits_csv};
use super::memory::Memory;
use super::model::{Around, BatchReport};
use super::progress::{BatchProgress, Board, SampleState};
use super::quality::quality;
use super::record::{SampleOutcome, SampleRecord};
use super::run::run_all;
use super::sample::Shared;
use super::table::batch_csv;
use super::{BatchError, BatchOutcome, BatchRequest};
use crate::audit::{AUDIT_FILE, Input, InputKind, Record, extended_if_changed};
use crate::fingerprint::sha256_of_bytes;
use crate::report::write::{failed, recover};
use crate::report::{OutputFile, write_named_files};
use crate::runtime::Runtime;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the passes over one folder share.
pub(super) struct Pass<'a> {
    request: &'a BatchRequest,
    hashes: Hashes,
    memory: Memory,
    /// Samples that were analysed although they had not changed, because that was asked for; once is enough.
    again: Mutex<BTreeSet<String>>,
}

/// The file of limits, if there is one in the folder.
const LIMITS_FILE: &str = "limits.toml";

impl<'a> Pass<'a> {
    /// Takes up what earlier batches left in the folder of results. The folder is held by the caller.
    pub(super) fn new(request: &'a BatchRequest) -> Result<Self, BatchError> {
        let own = own_folder(&request.out)?;
        if request.only.is_none() {
            // What killed runs left aside comes back, and what they left half done goes; nobody else works here.
            recover(&request.out)?;
        }
        Ok(Self {
            request,
            hashes: Hashes::open(&own),
            memory: Memory::new(request.memory_bytes),
            again: Mutex::new(BTreeSet::new()),
        })
    }

    /// Analyses what is new or has changed, and writes the tables of all.
    pub(super) fn run(
        &self,
        found: &Found,
        jobs: Jobs,
        progress: &(dyn Fn(BatchProgress<'_>) + Sync),
        runtime: &Runtime<'_>,
    ) -> Result<BatchOutcome, BatchError> {
        let request = self.request;
        let limits = self.limits_file();
        let limits = limits.map(|path| Limits::read(&path)).transpose()?;
        let again = self.to_do_again(&jobs);
        let unchanged = AtomicUsize::new(0);
        let finished = AtomicUsize::new(0);
        let counted = |p: BatchProgress<'_>| {
            unchanged.fetch_add(
                usize::from(matches!(p.state, SampleState::Unchanged(_))),
                Ordering::Relaxed,
            );
            finished.fetch_max(p.samples_done, Ordering::Relaxed);
            progress(p);
        };
        let board = Board::new(&jobs.jobs, &counted);
        let shared = Shared {
            out: &request.out,
            hashes: &self.hashes,
            memory: &self.memory,
            spots: request.spots,
            parquet: request.parquet,
            who: &request.who,
            again: &again,
        };
        let records =
            run_all(&jobs.jobs, &shared, &board, runtime).map_err(|_| BatchError::Cancelled {
                done: finished.load(Ordering::Relaxed),
                samples: jobs.jobs.len(),
            })?;
        if let Some(reason) = misfit(&records) {
            return Err(BatchError::NoneFits {
                samples: records.len(),
                reason,
            });
        }
        let around = Around {
            found,
            not_listed: jobs.not_listed,
            notes: jobs.notes,
            left_over: self.left_over(&jobs.folders),
        };
        // A sample by itself is not judged against the others.
        let quality = match request.only {
            Some(_) => quality(&[], None),
            None => quality(&records, limits.as_ref()),
        };
        let report = BatchReport::of(&records, quality, around);
        let page = match request.only {
            Some(_) => None,
            None => Some(self.write(&report, &records, jobs.table.as_ref())?),
        };
        Ok(BatchOutcome {
            report,
            unchanged: unchanged.load(Ordering::Relaxed),
            page,
        })
    }

    fn write(
        &self,
        report: &BatchReport,
        records: &[SampleRecord],
        samples: Option<&(PathBuf, String)>,
    ) -> Result<PathBuf, BatchError> {
        let out = &self.request.out;
        let tables = [
            ("batch.csv", batch_csv(records, report)),
            ("batch.json", report.to_json()),
            ("batch.html", page(report).into_bytes()),
            ("limits.csv", limits_csv(&report.quality.limit_verdicts)),
        ];
        let sums = tables
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), sha256_of_bytes(bytes)));
        let record = Record::of_tables(
            "tabled",
            report.software.clone(),
            report.verdict,
            self.inputs(report, records, samples),
            self.request.who.clone(),
        );
        let trail =
            extended_if_changed(out, &record, sums.collect()).map_err(|e| failed(out, &e))?;
        let tables = tables
            .into_iter()
            .map(|(name, bytes)| OutputFile::new(name, bytes));
        // The trail comes last: after a kill before it, the next run finds that it does not speak of these tables yet.
        let trail = trail.map(|text| OutputFile::new(AUDIT_FILE, text));
        let files: Vec<OutputFile<'_>> = tables.chain(trail).collect();
        write_named_files(out, &files, true)?;
        Ok(out.join("batch.html"))
    }

    /// What the tables are made from: the results, and what a person wrote about the samples, as it was when it was read.
    fn inputs(
        &self,
        report: &BatchReport,
        records: &[SampleRecord],
        samples: Option<&(PathBuf, String)>,
    ) -> Vec<Input> {
        let results = records.iter().filter(|r| r.report().is_some()).map(|r| {
            let path = format!("{}/result.json", r.folder);
            let bytes = std::fs::read(self.request.out.join(&path));
            Input {
                kind: InputKind::Result,
                at: None,
                sha256: bytes.ok().map(|bytes| sha256_of_bytes(&bytes)),
                path,
            }
        });
        let table = |name: &str, path: &Path, sha256: &str| Input {
            kind: InputKind::Table,
            path: name.to_owned(),
            at: std::path::absolute(path)
                .ok()
                .map(|p| p.display().to_string()),
            sha256: Some(sha256.to_owned()),
        };
        let samples = samples.map(|(path, sum)| table(SAMPLES_FILE, path, sum));
        let limits = report.quality.limits.as_ref();
        let limits = limits.zip(self.limits_file());
        let limits = limits.map(|(l, path)| table(LIMITS_FILE, &path, &l.sha256));
        results.chain(samples).chain(limits).collect()
    }

    /// The file of limits: the one that was named, else the one in the folder.
    fn limits_file(&self) -> Option<PathBuf> {
        let beside = self.request.folder.join(LIMITS_FILE);
        let named = self.request.limits.clone();
        named.or_else(|| std::fs::symlink_metadata(&beside).is_ok().then_some(beside))
    }

    /// A fingerprint of the limits as they are now; empty if there are none.
    pub(super) fn limits_sha256(&self) -> String {
        let bytes = self.limits_file().and_then(|path| std::fs::read(path).ok());
        bytes
            .map(|bytes| sha256_of_bytes(&bytes))
            .unwrap_or_default()
    }

    /// Samples that are to be analysed whether they have changed or not.
    fn to_do_again(&self, jobs: &Jobs) -> BTreeSet<String> {
        if !self.request.overwrite {
            return BTreeSet::new();
        }
        let mut before = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let folders = jobs.jobs.iter().map(|j| j.folder.clone());
        folders.filter(|f| before.insert(f.clone())).collect()
    }

    /// Results of earlier runs that no sample of now has written.
    fn left_over(&self, folders: &BTreeSet<String>) -> Vec<String> {
        let entries = std::fs::read_dir(&self.request.out).into_iter().flatten();
        let mut out: Vec<String> = entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|path| path.join("result.json").is_file())
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .filter(|name| !name.starts_with('.') && !folders.contains(name))
            .collect();
        out.sort();
        out
    }
}

/// What is wrong with the plan, where no sample has a result and that is why: one sentence says more than tables without numbers.
fn misfit(records: &[SampleRecord]) -> Option<String> {
    if records.iter().any(|r| r.report().is_some()) {
        return None;
    }
    records.iter().find_map(|r| match &r.outcome {
        SampleOutcome::Failed {
            exit_code: 2,
            reason,
            ..
        } => Some(reason.clone()),
        _ => None,
    })
}
