//! Motion to and fro that all particles share: a stage that vibrates, a flow that pulsates.
//!
//! Sinusoids of the shared position are looked for one after the other, the strongest first, each in what the ones
//! before leave; then each is fitted once more to what the others leave (CLEAN, Roberts, Lehar & Dreher 1987,
//! doi:10.1086/114383, with least squares instead of a gain). A sinusoid costs the particles four numbers of all their
//! displacements, where the mean of every frame would cost one in `N`: see `drift::periodogram` for when one is
//! accepted, and `drift::line` for how it is fitted.
//!
//! Oscillations faster than half the frame rate appear at a lower frequency, in the pictures as in the fit, and are
//! taken away there. Shaking without any frequency is `drift::vibration`'s.

use super::clock::Clock;
use super::line::{self, Line};
use super::periodogram::{Peak, Row, search};
use crate::{Finding, Severity};
use std::sync::atomic::AtomicBool;

/// Most sinusoids.
const MOST: usize = 8;
/// Warn when what is taken away exceeds this share of an ordinary step (standard deviation per axis).
const LARGE_SHARE: f64 = 0.5;

/// All sinusoids that stand out, the strongest first; none below `lowest`, per frame interval.
pub(super) fn lines(rows: &[Row], times: &[f64], lowest: f64, cancel: &AtomicBool) -> Vec<Line> {
    let mut rest = rows.to_vec();
    let mut out: Vec<(Line, Peak)> = Vec::new();
    while out.len() < MOST {
        let Some(peak) = search(&rest, times, lowest, cancel) else {
            break;
        };
        let Some(line) = line::fit(&rest, times, peak, lowest) else {
            break;
        };
        add(&mut rest, &line, -1.0);
        out.push((line, peak));
    }
    if out.len() > 1 {
        for (line, peak) in &mut out {
            add(&mut rest, line, 1.0);
            let again = line::at(&rest, times, line.frequency, peak.chance);
            *line = again.unwrap_or_else(|| line.clone());
            add(&mut rest, line, -1.0);
        }
    }
    out.into_iter().map(|(line, _)| line).collect()
}

fn add(rows: &mut [Row], line: &Line, sign: f64) {
    for r in rows {
        let (a, b) = (line.at_px[r.from], line.at_px[r.to]);
        r.by_px.0 += sign * (b.0 - a.0);
        r.by_px.1 += sign * (b.1 - a.1);
    }
}

/// Where all sinusoids together carry everything by frame, px.
pub(super) fn positions(lines: &[Line], frames: usize) -> Vec<(f64, f64)> {
    let mut out = vec![(0.0, 0.0); frames];
    for l in lines {
        for (sum, p) in out.iter_mut().zip(&l.at_px) {
            *sum = (sum.0 + p.0, sum.1 + p.1);
        }
    }
    out
}

/// M04, if there are sinusoids. `step_px` is an ordinary step (standard deviation per axis).
pub(super) fn finding(lines: &[Line], clock: &Clock, step_px: f64) -> Option<Finding> {
    let strongest = lines
        .iter()
        .max_by(|a, b| rms(&a.at_px).total_cmp(&rms(&b.at_px)))?;
    let mut often = format!("every {:.1} frames", 1.0 / strongest.frequency);
    if let Some(s) = clock.interval_s {
        often = format!("{:.2} times per second ({often})", strongest.frequency / s);
    }
    let others = match lines.len() {
        1 => "",
        _ => ", strongest at that frequency and weaker at others",
    };
    let all = positions(lines, strongest.at_px.len());
    let each: Vec<(f64, f64)> = all
        .windows(2)
        .map(|w| (w[1].0 - w[0].0, w[1].1 - w[0].1))
        .collect();
    // Of a length across two axes, as is the limit.
    let (size, limit) = (rms(&each), LARGE_SHARE * step_px * 2f64.sqrt());
    let (severity, advice) = if size > limit {
        (
            Severity::Warning,
            "It is strong, and what is left of it may make particles look smaller: find the pump, fan or stage that \
             causes it.",
        )
    } else {
        (Severity::Info, "Nothing needs to be done.")
    };
    let message = format!(
        "All particles move to and fro together {often}{others}, by {:.2} px (root mean square); what is faster than \
         half the frame rate appears slower. The motion was taken away. {advice}",
        rms(&all)
    );
    Some(Finding::new("M04", severity, "drift", message).with(
        size,
        Some(limit),
        "px per frame (root mean square)",
    ))
}

/// Root mean square length.
fn rms(of: &[(f64, f64)]) -> f64 {
    let square: f64 = of.iter().map(|p| p.0 * p.0 + p.1 * p.1).sum();
    (square / of.len().max(1) as f64).sqrt()
}
