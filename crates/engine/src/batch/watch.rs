//! The same for files that arrive: a capture is taken once it has stopped growing, a sample once all its captures have.
//!
//! Each round looks at the folder as a batch does. What is still growing holds back its sample alone. When nothing is left to do,
//! the tables are those that a batch of the same folder writes.

use super::find::FoundCapture;
use super::hashes::State;
use super::hold::Hold;
use super::job::{Job, Jobs};
use super::pass::Pass;
use super::{BatchError, BatchOutcome, BatchProgress, BatchRequest, look};
use crate::runtime::Runtime;
use std::collections::BTreeMap;
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
    /// The table of samples or the plan has a mistake; the watch goes on and takes it up again when it is mended.
    Refused(&'a BatchError),
}

/// Since when each capture is as it is.
#[derive(Default)]
struct Seen(BTreeMap<String, (State, Instant)>);

impl Seen {
    /// Whether a capture has been as it is for long enough.
    fn settled(&mut self, capture: &FoundCapture, settle: Duration) -> bool {
        let files = nta_video::files_of(&capture.path).unwrap_or_default();
        let Ok(state) = State::of(&files) else {
            // What cannot be looked at will be told by its sample.
            return true;
        };
        match self.0.get(&capture.name) {
            Some((before, since)) if *before == state => since.elapsed() >= settle,
            _ => {
                self.0.insert(capture.name.clone(), (state, Instant::now()));
                settle.is_zero()
            }
        }
    }
}

/// Watches a folder and analyses what arrives. Gives what came of the last round; `told` hears of each round that did something.
pub fn watch(
    request: &WatchRequest,
    progress: &(dyn Fn(BatchProgress<'_>) + Sync),
    told: &dyn Fn(WatchEvent<'_>),
    runtime: &Runtime<'_>,
) -> Result<Option<BatchOutcome>, BatchError> {
    let _hold = Hold::whole(&request.batch.out)?;
    let pass = Pass::new(&request.batch)?;
    let mut seen = Seen::default();
    let mut last: Option<(BTreeMap<String, State>, BatchOutcome)> = None;
    let mut idle_since = Instant::now();
    let mut refused: Option<String> = None;
    loop {
        if runtime.cancel.load(Ordering::Relaxed) {
            return Ok(last.map(|(_, outcome)| outcome));
        }
        match round(request, &mut seen, last.as_ref().map(|(s, _)| s)) {
            Err(error @ (BatchError::Plan(_) | BatchError::Samples(_))) => {
                let words = error.to_string();
                if refused.as_ref() != Some(&words) {
                    told(WatchEvent::Refused(&error));
                    refused = Some(words);
                }
            }
            Err(error) => return Err(error),
            Ok(Round::Nothing { waiting }) => {
                if waiting {
                    idle_since = Instant::now();
                }
            }
            Ok(Round::Work {
                found,
                jobs,
                states,
            }) => {
                refused = None;
                let outcome = match pass.run(&found, jobs, progress, runtime) {
                    Err(BatchError::Cancelled { .. }) => return Ok(last.map(|(_, o)| o)),
                    other => other?,
                };
                told(WatchEvent::Round(&outcome));
                last = Some((states, outcome));
                idle_since = Instant::now();
            }
        }
        if request
            .until_idle
            .is_some_and(|idle| idle_since.elapsed() >= idle)
        {
            return Ok(last.map(|(_, outcome)| outcome));
        }
        wait(request.every, runtime);
    }
}

enum Round {
    /// Nothing has changed; perhaps something is still growing.
    Nothing { waiting: bool },
    /// Some samples are new or have changed.
    Work {
        found: super::Found,
        jobs: Jobs,
        states: BTreeMap<String, State>,
    },
}

fn round(
    request: &WatchRequest,
    seen: &mut Seen,
    before: Option<&BTreeMap<String, State>>,
) -> Result<Round, BatchError> {
    let (found, mut jobs) = match look(&request.batch, true) {
        // What has not arrived yet is no mistake.
        Err(BatchError::NoCapture { .. }) => return Ok(Round::Nothing { waiting: false }),
        other => other?,
    };
    let mut settled = |job: &Job| {
        // Every capture is looked at, so that the clock of each runs.
        let each: Vec<bool> = job
            .captures
            .iter()
            .map(|c| seen.settled(c, request.settle))
            .collect();
        each.iter().all(|s| *s) && !job.incomplete
    };
    let all = jobs.jobs.len();
    jobs.jobs.retain(|job| settled(job));
    let waiting = jobs.jobs.len() < all;
    let captures = jobs.jobs.iter().flat_map(|j| &j.captures);
    let states: BTreeMap<String, State> = captures
        .filter_map(|c| {
            let state = State::of(&nta_video::files_of(&c.path).ok()?).ok()?;
            Some((c.name.clone(), state))
        })
        .collect();
    if jobs.jobs.is_empty() || before == Some(&states) {
        return Ok(Round::Nothing { waiting });
    }
    Ok(Round::Work {
        found,
        jobs,
        states,
    })
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
