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
use super::record::SampleRecord;
use super::run::run_all;
use super::sample::Shared;
use super::table::batch_csv;
use super::{BatchError, BatchOutcome, BatchRequest};
use crate::audit::{AUDIT_FILE, Input, InputKind, Record, extended_if_changed};
use crate::fingerprint::sha256_of_bytes;
use crate::report::write::{failed, recover};
use crate::report::{OutputFile, write_named_files};
use crate::runtime::Runtime;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the passes over one folder share.
pub(super) struct Pass<'a> {
    request: &'a BatchRequest,
    hashes: Hashes,
    memory: Memory,
    limits: Option<Limits>,
}

/// The file of limits, if there is one in the folder.
const LIMITS_FILE: &str = "limits.toml";

impl<'a> Pass<'a> {
    /// Takes up what earlier batches left in the folder of results. The folder is held by the caller.
    pub(super) fn new(request: &'a BatchRequest) -> Result<Self, BatchError> {
        let beside = request.folder.join(LIMITS_FILE);
        let limits = request.limits.clone();
        let limits = limits.or_else(|| beside.is_file().then_some(beside));
        let limits = limits.map(|path| Limits::read(&path)).transpose()?;
        let own = own_folder(&request.out)?;
        if request.only.is_none() {
            // What killed runs left aside comes back, and what they left half done goes; nobody else works here.
            recover(&request.out)?;
        }
        Ok(Self {
            request,
            hashes: Hashes::open(&own),
            memory: Memory::new(request.memory_bytes),
            limits,
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
            again: request.overwrite,
        };
        let records =
            run_all(&jobs.jobs, &shared, &board, runtime).map_err(|_| BatchError::Cancelled {
                done: finished.load(Ordering::Relaxed),
                samples: jobs.jobs.len(),
            })?;
        let around = Around {
            found,
            not_listed: jobs.not_listed,
            notes: jobs.notes,
        };
        let report = BatchReport::of(&records, quality(&records, self.limits.as_ref()), around);
        let page = match request.only {
            Some(_) => None,
            None => Some(self.write(&report, &records)?),
        };
        Ok(BatchOutcome {
            report,
            unchanged: unchanged.load(Ordering::Relaxed),
            page,
        })
    }

    fn write(&self, report: &BatchReport, records: &[SampleRecord]) -> Result<PathBuf, BatchError> {
        let out = &self.request.out;
        let tables = [
            ("batch.csv", batch_csv(records)),
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
            self.inputs(records),
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

    /// What the tables are made from: the results, and what a person wrote about the samples.
    fn inputs(&self, records: &[SampleRecord]) -> Vec<Input> {
        let out = &self.request.out;
        let sum = |path: &Path| {
            std::fs::read(path)
                .ok()
                .map(|bytes| sha256_of_bytes(&bytes))
        };
        let at = |path: &Path| {
            std::path::absolute(path)
                .ok()
                .map(|p| p.display().to_string())
        };
        let results = records.iter().filter(|r| r.report().is_some()).map(|r| {
            let path = format!("{}/result.json", r.folder);
            Input {
                kind: InputKind::Result,
                at: None,
                sha256: sum(&out.join(&path)),
                path,
            }
        });
        let folder = &self.request.folder;
        let given = [
            (self.request.samples.clone(), SAMPLES_FILE),
            (self.request.limits.clone(), LIMITS_FILE),
        ];
        let tables = given.into_iter().filter_map(|(given, name)| {
            let path = given.unwrap_or_else(|| folder.join(name));
            path.is_file().then(|| Input {
                kind: InputKind::Table,
                path: name.to_owned(),
                at: at(&path),
                sha256: sum(&path),
            })
        });
        results.chain(tables).collect()
    }
}
