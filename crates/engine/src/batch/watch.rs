//! The same for files that arrive: a capture is taken once it has stopped growing, a sample once all its captures have.
//!
//! Each round looks at the folder as a batch does. What is still growing holds back its sample alone. When nothing is left to do,
//! the tables are those that a batch of the same folder writes.

use super::find::FoundCapture;
use super::hashes::State;
use super::hold::Hold;
use super::job::{Job, Jobs};
use super::pass::Pass;
use super::{BatchError, BatchOutcome, BatchProgress, BatchRequest, check_folders, look};
use crate::runtime::Runtime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How a folder is watched.
#[derive(Clone, Debug)]
pub struct WatchRequest {
    /// The batch.
    pub batch: BatchRequest,
    /// A capture that has not changed for so long is complete.
    pub settle: Duration,
    /// Time between two looks.
    pub every: Duration,
    /// Ends when nothing has arrived for so long; without it, only when asked to.
    pub until_idle: Option<Duration>,
}

/// What is told while a folder is watched.
pub enum WatchEvent<'a> {
    /// A round that did something, and what came of it.
    Round(&'a BatchOutcome),
    /// Something is wrong; the watch goes on and takes it up again when it is mended.
    Refused(&'a BatchError),
    /// The result in this folder was removed: its films now belong to another sample.
    Superseded(&'a str),
}

/// Since when each capture is as it is.
#[derive(Default)]
struct Seen(BTreeMap<String, (State, Instant)>);

impl Seen {
    /// Whether a capture has been as it is for long enough.
    fn settled(&mut self, capture: &FoundCapture, state: Option<&State>, settle: Duration) -> bool {
        let Some(state) = state else {
            // What cannot be looked at will be told by its sample.
            return true;
        };
        match self.0.get(&capture.name) {
            Some((before, since)) if before == state => since.elapsed() >= settle,
            _ => {
                let now = (state.clone(), Instant::now());
                self.0.insert(capture.name.clone(), now);
                settle.is_zero()
            }
        }
    }
}

/// After an output could not be written, the next try waits for so long.
const RETRY: Duration = Duration::from_secs(30);

/// Watches a folder and analyses what arrives. Gives what came of the last round; `told` hears of each round that did something.
/// A mistake in the table, the limits or the plan, a folder that is out of reach, or a table that cannot be written are told and
/// tried again; if one of them still stands when nothing has arrived for long enough, it is the end.
pub fn watch(
    request: &WatchRequest,
    progress: &(dyn Fn(BatchProgress<'_>) + Sync),
    told: &dyn Fn(WatchEvent<'_>),
    runtime: &Runtime<'_>,
) -> Result<Option<BatchOutcome>, BatchError> {
    // What is wrong from the beginning is told at once.
    check_folders(&request.batch)?;
    request.batch.plan.resolve()?;
    let _hold = Hold::whole(&request.batch.out)?;
    let pass = Pass::new(&request.batch)?;
    let mut watch = Watch {
        request,
        seen: Seen::default(),
        made: BTreeSet::new(),
        done: None,
    };
    let mut last: Option<BatchOutcome> = None;
    let mut refused: Option<BatchError> = None;
    let mut idle_since = Instant::now();
    while !runtime.cancel.load(Ordering::Relaxed) {
        let mut pause = request.every;
        match watch.round(&pass, progress, told, runtime) {
            Ok(Round::Nothing { waiting }) => {
                if waiting {
                    idle_since = Instant::now();
                }
                refused = None;
            }
            Ok(Round::Done(outcome)) => {
                told(WatchEvent::Round(&outcome));
                if outcome.exit_code() == 4 {
                    watch.done = None;
                    pause = pause.max(RETRY);
                }
                last = Some(*outcome);
                refused = None;
                idle_since = Instant::now();
            }
            Err(error @ BatchError::Cancelled { .. }) => return Err(error),
            Err(error) => {
                let known = refused.as_ref().map(BatchError::to_string);
                if known != Some(error.to_string()) {
                    told(WatchEvent::Refused(&error));
                }
                if error.exit_code() == 4 {
                    pause = pause.max(RETRY);
                }
                refused = Some(error);
            }
        }
        let idle = idle_since.elapsed();
        if request.until_idle.is_some_and(|long| idle >= long) {
            return refused.map_or(Ok(last), Err);
        }
        wait(pause, runtime);
    }
    Ok(last)
}

/// What is known from round to round.
struct Watch<'a> {
    request: &'a WatchRequest,
    seen: Seen,
    /// Folders of samples that this watch has written.
    made: BTreeSet<String>,
    /// What the last round that did something worked on.
    done: Option<String>,
}

enum Round {
    /// Nothing has changed; perhaps something is still growing.
    Nothing { waiting: bool },
    /// Some samples were new or had changed.
    Done(Box<BatchOutcome>),
}

impl Watch<'_> {
    fn round(
        &mut self,
        pass: &Pass<'_>,
        progress: &(dyn Fn(BatchProgress<'_>) + Sync),
        told: &dyn Fn(WatchEvent<'_>),
        runtime: &Runtime<'_>,
    ) -> Result<Round, BatchError> {
        let (found, mut jobs) = match look(&self.request.batch, true) {
            // What has not arrived yet is no mistake.
            Err(BatchError::NoCapture { .. }) => return Ok(Round::Nothing { waiting: false }),
            other => other?,
        };
        // A row whose films have not arrived waits for ever if they never do; it does not keep the watch awake.
        let complete = jobs.jobs.iter().filter(|j| !j.incomplete).count();
        jobs.jobs
            .retain(|job| self.is_settled(job) && !job.incomplete);
        let waiting = jobs.jobs.len() < complete;
        let signature = jobs.signature() + &pass.limits_sha256();
        if jobs.jobs.is_empty() || self.done.as_ref() == Some(&signature) {
            return Ok(Round::Nothing { waiting });
        }
        self.remove_superseded(&jobs, told);
        let folders: Vec<String> = jobs.jobs.iter().map(|j| j.folder.clone()).collect();
        let outcome = pass.run(&found, jobs, progress, runtime)?;
        self.made.extend(folders);
        self.done = Some(signature);
        Ok(Round::Done(Box::new(outcome)))
    }

    fn is_settled(&mut self, job: &Job) -> bool {
        // Every capture is looked at, so that the clock of each runs.
        let settle = self.request.settle;
        let captures = job.captures.iter().zip(&job.states);
        let each: Vec<bool> = captures
            .map(|(c, state)| self.seen.settled(c, state.as_ref(), settle))
            .collect();
        each.iter().all(|s| *s)
    }

    /// The first film of a sample may have been taken for a sample of its own before the others arrived. What this watch wrote of it
    /// goes, because the same film is now part of another result.
    fn remove_superseded(&mut self, jobs: &Jobs, told: &dyn Fn(WatchEvent<'_>)) {
        let gone: Vec<String> = self
            .made
            .iter()
            .filter(|f| !jobs.folders.contains(*f))
            .cloned()
            .collect();
        for folder in gone {
            self.made.remove(&folder);
            if std::fs::remove_dir_all(self.request.batch.out.join(&folder)).is_ok() {
                told(WatchEvent::Superseded(&folder));
            }
        }
    }
}

/// Sleeps in pieces, so that a request to stop is heard at once.
fn wait(time: Duration, runtime: &Runtime<'_>) {
    let until = Instant::now() + time;
    while !runtime.cancel.load(Ordering::Relaxed) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}
