//! How the work is done, without any influence on the numbers.

use crate::analyze::AnalyzeError;
use nta_core::track_video::Control;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Which capture, from 0.
    pub capture: usize,
    /// How many captures there are.
    pub captures: usize,
    /// What is being done: `background`, `detect`, `link`, `drift`, `size`, `report`; `draw` for a simulation,
    /// `preview` while frames are read again for a picture, `hash` while a film is held against its sum.
    pub stage: &'static str,
    /// Frames done in this stage; of `hash`, MB (10^6 bytes).
    pub frames_done: u64,
    /// Frames of the capture, where the file says; of `hash`, its MB.
    pub frames_total: Option<u64>,
}

impl Progress {
    /// The stage in which sums of films are taken.
    pub const HASH: &'static str = "hash";

    /// What is counted.
    pub fn unit(&self) -> &'static str {
        if self.stage == Self::HASH {
            "MB"
        } else {
            "frames"
        }
    }
}

/// Threads, progress, cancelling.
#[derive(Clone, Copy)]
pub struct Runtime<'a> {
    /// Number of threads; 0 for all that the machine has.
    pub threads: usize,
    /// Called now and then, from any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Set to stop; the work then ends with [`crate::AnalyzeError::Cancelled`] and leaves nothing behind.
    pub cancel: &'a AtomicBool,
}

impl Runtime<'_> {
    /// The threads in which all parallel loops run.
    pub(crate) fn pool(&self) -> Result<rayon::ThreadPool, AnalyzeError> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .map_err(|e| AnalyzeError::Threads {
                threads: self.threads,
                reason: e.to_string(),
            })
    }
}

/// Passes progress on and keeps the time of each stage.
pub(crate) struct Stopwatch<'a> {
    runtime: &'a Runtime<'a>,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    capture: usize,
    captures: usize,
    frames_total: Option<u64>,
    stage: &'static str,
    since: Instant,
    seconds: BTreeMap<String, f64>,
}

impl<'a> Stopwatch<'a> {
    pub(crate) fn new(runtime: &'a Runtime<'a>, captures: usize) -> Self {
        let now = Instant::now();
        let state = State {
            capture: 0,
            captures,
            frames_total: None,
            stage: "open",
            since: now,
            seconds: BTreeMap::new(),
        };
        Self {
            runtime,
            began: now,
            state: Mutex::new(state),
        }
    }

    /// The next capture begins.
    pub(crate) fn capture(&self, capture: usize, frames_total: Option<u64>) {
        let mut state = self.lock();
        state.capture = capture;
        state.frames_total = frames_total;
    }

    /// A stage has got so far.
    pub(crate) fn report(&self, stage: &'static str, frames_done: u64) {
        let progress = {
            let mut state = self.lock();
            if state.stage != stage {
                let now = Instant::now();
                let spent = (now - state.since).as_secs_f64();
                let before = state.stage.to_owned();
                *state.seconds.entry(before).or_insert(0.0) += spent;
                state.stage = stage;
                state.since = now;
            }
            Progress {
                capture: state.capture,
                captures: state.captures,
                stage,
                frames_done,
                frames_total: state.frames_total,
            }
        };
        (self.runtime.progress)(progress);
    }

    /// Seconds since the beginning, and seconds by stage so far.
    pub(crate) fn read(&self) -> (f64, BTreeMap<String, f64>) {
        let state = self.lock();
        let mut seconds = state.seconds.clone();
        *seconds.entry(state.stage.to_owned()).or_insert(0.0) +=
            state.since.elapsed().as_secs_f64();
        (self.began.elapsed().as_secs_f64(), seconds)
    }

    /// What the core asks for.
    pub(crate) fn control<'b>(
        &'b self,
        on_progress: &'b (dyn Fn(&'static str, u64) + Sync),
    ) -> Control<'b> {
        Control {
            progress: on_progress,
            cancel: self.runtime.cancel,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A thread that panicked while it held the lock left plain numbers behind; they are still good.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Highest memory of this process so far, MB (10^6 bytes), as the kernel of Linux counts it; `None` elsewhere.
pub(crate) fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
