//! How far it is: a bar on a terminal, JSON lines with `--json`, nothing on a pipe.

use crate::talk;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use nta_engine::Progress;
use nta_engine::batch::{BatchProgress, SampleState};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time between two JSON lines of one stage.
const JSON_EVERY: Duration = Duration::from_millis(250);

/// What of the progress was shown last.
#[derive(Default)]
struct Shown {
    place: Option<(usize, &'static str)>,
    stage_began: Option<Instant>,
    last_line: Option<Instant>,
}

/// Shows progress.
pub struct Show {
    kind: Kind,
    shown: Mutex<Shown>,
}

enum Kind {
    Nothing,
    Bar(ProgressBar),
    JsonLines,
}

impl Show {
    /// The right way for these options and this stderr.
    pub fn new(quiet: bool, json: bool) -> Self {
        let kind = if quiet {
            Kind::Nothing
        } else if json {
            Kind::JsonLines
        } else if std::io::stderr().is_terminal() {
            Kind::Bar(ProgressBar::new_spinner())
        } else {
            Kind::Nothing
        };
        Self {
            kind,
            shown: Mutex::new(Shown::default()),
        }
    }

    /// Takes a report of the engine; from any thread.
    pub fn report(&self, progress: Progress) {
        match &self.kind {
            Kind::Nothing => {}
            Kind::Bar(bar) => self.draw(bar, progress),
            Kind::JsonLines => self.json_line(progress),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }

    fn draw(&self, bar: &ProgressBar, progress: Progress) {
        // A thread that panicked while it held this leaves nothing half done in it.
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (progress.capture, progress.stage);
        if shown.place != Some(place) {
            shown.place = Some(place);
            bar.reset();
            bar.set_style(style(progress.frames_total.is_some(), progress.unit()));
            bar.set_message(label(progress));
        }
        match progress.frames_total {
            Some(total) => bar.set_length(total.max(progress.frames_done)),
            None => bar.unset_length(),
        }
        bar.set_position(progress.frames_done);
    }

    fn json_line(&self, progress: Progress) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let place = (progress.capture, progress.stage);
        let new_stage = shown.place != Some(place);
        if new_stage {
            shown.place = Some(place);
            shown.stage_began = Some(now);
        }
        let at_end = progress.frames_total == Some(progress.frames_done);
        let recent = shown
            .last_line
            .is_some_and(|t| now.duration_since(t) < JSON_EVERY);
        if recent && !new_stage && !at_end {
            return;
        }
        shown.last_line = Some(now);
        let seconds = shown
            .stage_began
            .map_or(0.0, |t| now.duration_since(t).as_secs_f64());
        let rate = (seconds > 0.0).then(|| progress.frames_done as f64 / seconds);
        let left = rate.filter(|r| *r > 0.0).and_then(|r| {
            let total = progress.frames_total?;
            Some(total.saturating_sub(progress.frames_done) as f64 / r)
        });
        talk::json_line(&serde_json::json!({"progress": {
            "capture": progress.capture,
            "captures": progress.captures,
            "stage": progress.stage,
            "frames_done": progress.frames_done,
            "frames_total": progress.frames_total,
            "unit": progress.unit(),
            "frames_per_second": rate,
            "seconds_left": left,
        }}));
    }
}

fn label(progress: Progress) -> String {
    if progress.captures > 1 {
        format!(
            "capture {} of {}, {}",
            progress.capture + 1,
            progress.captures,
            progress.stage
        )
    } else {
        progress.stage.to_owned()
    }
}

fn style(total_known: bool, unit: &'static str) -> ProgressStyle {
    let template = if total_known {
        format!("{{msg}} [{{bar:30}}] {{pos}}/{{len}} {unit}, {{rate}}, {{eta}} left")
    } else {
        format!("{{msg}} {{spinner}} {{pos}} {unit}, {{rate}}")
    };
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .with_key(
            "rate",
            move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
            },
        )
}

/// Shows how far a batch is.
pub struct ShowBatch {
    kind: Kind,
    last_line: Mutex<Option<Instant>>,
}

/// Parts of the bar of a batch.
const PARTS: u64 = 1000;

impl ShowBatch {
    /// The right way for these options and this stderr.
    pub fn new(quiet: bool, json: bool) -> Self {
        let kind = Show::new(quiet, json).kind;
        if let Kind::Bar(bar) = &kind {
            let style = ProgressStyle::with_template("[{bar:30}] {msg}");
            bar.set_length(PARTS);
            bar.set_style(
                style
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> "),
            );
        }
        Self {
            kind,
            last_line: Mutex::new(None),
        }
    }

    /// Takes a report of the engine; from any thread.
    pub fn report(&self, progress: BatchProgress<'_>) {
        match &self.kind {
            Kind::Nothing => {}
            Kind::Bar(bar) => {
                bar.set_position((progress.done * PARTS as f64) as u64);
                bar.set_message(format!(
                    "{} of {} samples{}",
                    progress.samples_done,
                    progress.samples,
                    progress.seconds_left.map_or(String::new(), left)
                ));
            }
            Kind::JsonLines => self.json_line(progress),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }

    fn json_line(&self, progress: BatchProgress<'_>) {
        let mut last = self
            .last_line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let recent = last.is_some_and(|t| now.duration_since(t) < JSON_EVERY);
        // What becomes of a sample is always told; frames in between now and then.
        if recent && progress.state == SampleState::Frames {
            return;
        }
        *last = Some(now);
        let verdict = match progress.state {
            SampleState::Done(v) | SampleState::Unchanged(v) => Some(v.word()),
            _ => None,
        };
        talk::json_line(&serde_json::json!({"batch": {
            "sample": progress.sample,
            "state": progress.state.word(),
            "verdict": verdict,
            "samples_done": progress.samples_done,
            "samples": progress.samples,
            "done": progress.done,
            "seconds_left": progress.seconds_left,
        }}));
    }
}

/// `, 3 min left`.
fn left(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!(", {s:.0} s left"),
        s if s < 5400.0 => format!(", {:.0} min left", s / 60.0),
        s => format!(", {:.1} h left", s / 3600.0),
    }
}
