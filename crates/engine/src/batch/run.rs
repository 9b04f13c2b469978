//! Samples beside each other: as many as there are threads, each with its share of them.
//!
//! One film does not keep many threads busy to its end; several films do. What comes out does not depend on how many run at once.

use super::job::Job;
use super::progress::{Board, SampleState};
use super::record::{SampleOutcome, SampleRecord};
use super::sample::{Ended, Shared, run};
use crate::analyze::AnalyzeError;
use crate::runtime::{Progress, Runtime};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Analyses all samples; the records are in the order of the jobs. `Err` only if asked to stop: what was finished by then stands
/// in its folder.
pub(super) fn run_all(
    jobs: &[Job],
    shared: &Shared<'_>,
    board: &Board<'_>,
    runtime: &Runtime<'_>,
) -> Result<Vec<SampleRecord>, AnalyzeError> {
    let threads = match runtime.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let workers = threads.min(jobs.len()).max(1);
    let next = AtomicUsize::new(0);
    let full = AtomicBool::new(false);
    let ended: Vec<Mutex<Option<SampleOutcome>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(i) else { break };
                    if runtime.cancel.load(Ordering::Relaxed) {
                        stopped.store(true, Ordering::Relaxed);
                        break;
                    }
                    // The last ones get the threads of those that have nothing left to do.
                    let left = (jobs.len() - i).min(workers).max(1);
                    let outcome = match full.load(Ordering::Relaxed) {
                        true => {
                            board.state(i, SampleState::Failed);
                            no_room()
                        }
                        false => match one(job, i, shared, board, (threads / left).max(1), runtime)
                        {
                            Ok(ended) => {
                                full.fetch_or(ended.disk_full, Ordering::Relaxed);
                                ended.outcome
                            }
                            Err(_) => {
                                stopped.store(true, Ordering::Relaxed);
                                break;
                            }
                        },
                    };
                    *ended[i].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                }
            });
        }
    });
    if stopped.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled);
    }
    let outcomes = ended
        .into_iter()
        .map(|m| m.into_inner().unwrap_or_else(PoisonError::into_inner));
    let records = jobs
        .iter()
        .zip(outcomes)
        .map(|(job, outcome)| SampleRecord {
            entry: job.entry.clone(),
            folder: job.folder.clone(),
            captures: job.captures.iter().map(|c| c.name.clone()).collect(),
            // Every job that was begun has ended, and none was left out without `stopped`.
            outcome: outcome.unwrap_or_else(not_begun),
        });
    Ok(records.collect())
}

fn one(
    job: &Job,
    place: usize,
    shared: &Shared<'_>,
    board: &Board<'_>,
    threads: usize,
    runtime: &Runtime<'_>,
) -> Result<Ended, AnalyzeError> {
    board.state(place, SampleState::Began);
    let own = Runtime {
        threads,
        progress: &|p: Progress| board.frames(place, p),
        cancel: runtime.cancel,
    };
    // One film that brings out a mistake of this program must not cost the others.
    let ended = catch_unwind(AssertUnwindSafe(|| run(job, shared, &own))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
        Ok(Ended {
            outcome: SampleOutcome::Failed {
                exit_code: 3,
                reason: format!(
                    "a mistake of this program stopped it ({}); please report it together with the film",
                    words.unwrap_or("without words")
                ),
                excluded: Vec::new(),
            },
            unchanged: false,
            disk_full: false,
        })
    })?;
    board.state(place, SampleState::of(&ended));
    Ok(ended)
}

fn not_begun() -> SampleOutcome {
    SampleOutcome::Failed {
        exit_code: 3,
        reason: "it was not analysed; run the batch again".to_owned(),
        excluded: Vec::new(),
    }
}

fn no_room() -> SampleOutcome {
    SampleOutcome::Failed {
        exit_code: 4,
        reason:
            "it was not analysed, because the disk is full; free some space and run the batch again"
                .to_owned(),
        excluded: Vec::new(),
    }
}
