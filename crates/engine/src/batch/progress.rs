//! How far a batch is, and how long it will take.

use super::job::Job;
use super::record::SampleOutcome;
use super::sample::Ended;
use crate::report::Verdict;
use crate::runtime::Progress;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What became of a sample up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleState {
    /// Work on it has begun.
    Began,
    /// Frames of it were looked at.
    Frames,
    /// Its result is written.
    Done(Verdict),
    /// An earlier result stands, because nothing has changed.
    Unchanged(Verdict),
    /// There is no result.
    Failed,
}

impl SampleState {
    pub(super) fn of(ended: &Ended) -> Self {
        match &ended.outcome {
            SampleOutcome::Done(report) if ended.unchanged => Self::Unchanged(report.verdict),
            SampleOutcome::Done(report) => Self::Done(report.verdict),
            SampleOutcome::Failed { .. } => Self::Failed,
        }
    }

    /// The word for logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Frames => "frames",
            Self::Done(_) => "done",
            Self::Unchanged(_) => "unchanged",
            Self::Failed => "failed",
        }
    }
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchProgress<'a> {
    /// The sample that has moved.
    pub sample: &'a str,
    /// What became of it.
    pub state: SampleState,
    /// Samples that are finished, failed ones too.
    pub samples_done: usize,
    /// Samples in all.
    pub samples: usize,
    /// Share of the work that is done, by bytes of film, 0 to 1.
    pub done: f64,
    /// Time left at the pace so far, s; `None` at the beginning.
    pub seconds_left: Option<f64>,
}

/// Keeps count of all samples.
pub(super) struct Board<'a> {
    jobs: &'a [Job],
    report: &'a (dyn Fn(BatchProgress<'_>) + Sync),
    began: Instant,
    /// Weight of all samples.
    total: f64,
    counts: Mutex<Counts>,
}

struct Counts {
    /// Share of each sample that is done.
    share: Vec<f64>,
    finished: usize,
    /// Weight of all that is done.
    sum: f64,
    /// Weight of samples that were taken over; they say nothing of the pace.
    skipped: f64,
}

/// Learning the film before its frames are searched, and inference after it, in parts of the whole.
const SEARCH: (f64, f64) = (0.05, 0.9);

impl<'a> Board<'a> {
    pub(super) fn new(jobs: &'a [Job], report: &'a (dyn Fn(BatchProgress<'_>) + Sync)) -> Self {
        let total = jobs.iter().map(weight_of).sum();
        Self {
            jobs,
            report,
            total,
            began: Instant::now(),
            counts: Mutex::new(Counts {
                share: vec![0.0; jobs.len()],
                finished: 0,
                sum: 0.0,
                skipped: 0.0,
            }),
        }
    }

    /// A sample has come to another state.
    pub(super) fn state(&self, place: usize, state: SampleState) {
        let mut counts = self.lock();
        if !matches!(state, SampleState::Began | SampleState::Frames) {
            self.advance(&mut counts, place, 1.0);
            counts.finished += 1;
        }
        if matches!(state, SampleState::Unchanged(_)) {
            counts.skipped += self.weight(place);
        }
        self.tell(place, state, &counts);
    }

    /// An analysis has got so far.
    pub(super) fn frames(&self, place: usize, progress: Progress) {
        let within = match (progress.stage, progress.frames_total) {
            ("background", _) => 0.0,
            ("detect", Some(total)) if total > 0 => {
                SEARCH.0 + SEARCH.1 * (progress.frames_done as f64 / total as f64).min(1.0)
            }
            ("detect", _) => SEARCH.0,
            _ => SEARCH.0 + SEARCH.1,
        };
        let share = (progress.capture as f64 + within) / progress.captures.max(1) as f64;
        let mut counts = self.lock();
        self.advance(&mut counts, place, share.min(1.0));
        self.tell(place, SampleState::Frames, &counts);
    }

    /// A sample has got to this share at least.
    fn advance(&self, counts: &mut Counts, place: usize, share: f64) {
        let more = (share - counts.share[place]).max(0.0);
        counts.share[place] += more;
        counts.sum += more * self.weight(place);
    }

    fn tell(&self, place: usize, state: SampleState, counts: &Counts) {
        let (total, sum) = (self.total, counts.sum);
        let (worked, left) = (sum - counts.skipped, total - sum);
        let seconds = self.began.elapsed().as_secs_f64();
        (self.report)(BatchProgress {
            sample: &self.jobs[place].entry.id,
            state,
            samples_done: counts.finished,
            samples: self.jobs.len(),
            done: if total > 0.0 {
                (sum / total).clamp(0.0, 1.0)
            } else {
                1.0
            },
            seconds_left: (worked > 0.01 * total).then(|| (seconds * left / worked).max(0.0)),
        });
    }

    fn weight(&self, place: usize) -> f64 {
        weight_of(&self.jobs[place])
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        // A thread that panicked while it held the lock left plain numbers behind; they are still good.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a sample costs, in bytes of film; an empty film takes some time too.
fn weight_of(job: &Job) -> f64 {
    job.bytes() as f64 + 1e5
}
