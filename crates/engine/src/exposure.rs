//! What to do about an exposure that nobody stated: ask the film, else assume and say so.

use crate::analyze::sampling;
use crate::capture::Followed;
use crate::report::ReportFinding;
use nta_core::model::Stated;
use nta_core::{Finding, Severity, Trajectory};
use nta_sizing::{SampleSizes, exposure};

/// Share of the frame interval that is assumed where the film cannot tell.
const ASSUMED_SHARE: f64 = 0.5;

/// Steps per axis below which a codec may leave a particle where it was, px.
const SMALL_STEP_PX: f64 = 1.0;

/// Gives every capture an exposure. Captures of one sample that were taken at the same interval share one estimate.
pub(crate) fn settle_exposures(captures: &mut [Followed]) -> Vec<ReportFinding> {
    let mut findings = Vec::new();
    for i in 0..captures.len() {
        if captures[i].acquisition.exposure_s.is_some() {
            continue;
        }
        let interval = captures[i].acquisition.frame_interval_s.value;
        let alike: Vec<usize> = (i..captures.len())
            .filter(|&j| {
                let a = &captures[j].acquisition;
                a.exposure_s.is_none()
                    && (a.frame_interval_s.value - interval).abs() < 1e-9 * interval
            })
            .collect();
        let honest = !alike.iter().any(|&j| lags_behind(&captures[j]));
        let usable = if honest { &alike[..] } else { &[] };
        let trajectories: Vec<Trajectory> = usable
            .iter()
            .flat_map(|&j| captures[j].trajectories())
            .collect();
        let settled = of_trajectories(&trajectories, interval);
        findings.push(ReportFinding::of_sample(settled.finding));
        for j in alike {
            captures[j].acquisition.exposure_s = Some(settled.exposure_s.clone());
            captures[j].exposure_se_s = settled.std_err_s;
        }
    }
    findings
}

/// An exposure that nobody stated.
pub(crate) struct Settled {
    pub(crate) exposure_s: Stated<f64>,
    /// Its standard error, s.
    pub(crate) std_err_s: f64,
    pub(crate) finding: Finding,
}

/// The exposure that the motion tells, else half the interval.
pub(crate) fn of_trajectories(trajectories: &[Trajectory], interval: f64) -> Settled {
    let trajectories: Vec<&Trajectory> = trajectories.iter().collect();
    match exposure::estimate(&trajectories, interval) {
        Some(found) => Settled {
            exposure_s: Stated::new(found.exposure_s, "estimated from the film"),
            std_err_s: found.std_err_s,
            finding: found_it(&found, interval),
        },
        None => Settled {
            exposure_s: Stated::new(ASSUMED_SHARE * interval, "assumed: half the frame interval"),
            // A shutter that may have been open for any part of the interval.
            std_err_s: interval / 12f64.sqrt(),
            finding: assumed(interval),
        },
    }
}

/// From this share of the size on nothing is to be believed.
const REFUSE_SIZE: f64 = 0.15;
/// Drift that is left in and positions that remember look like a longer exposure.
const LOOKS_LIKE_EXPOSURE: [&str; 2] = ["M06", "V10"];

/// Stated exposures that the motion contradicts.
pub(crate) fn contradicted(captures: &[Followed], sizes: &SampleSizes) -> Vec<ReportFinding> {
    let explains = |f: &Finding| LOOKS_LIKE_EXPOSURE.contains(&f.code.as_str());
    if sizes.findings.iter().any(explains) {
        return Vec::new();
    }
    let doubt = |(i, capture): (usize, &Followed)| {
        let stated = capture.acquisition.exposure_s.as_ref()?;
        let is_of_film = capture.exposure_se_s > 0.0;
        if is_of_film || lags_behind(capture) {
            return None;
        }
        let sampling = sampling(capture);
        let trajectories = capture.trajectories();
        let trajectories: Vec<&Trajectory> = trajectories.iter().collect();
        let found = exposure::contradiction(&trajectories, sampling)?;
        let finding = contradiction(stated, &found, sampling.frame_interval_s);
        Some(ReportFinding::of_capture(finding, i))
    };
    captures.iter().enumerate().filter_map(doubt).collect()
}

fn contradiction(
    stated: &Stated<f64>,
    contradiction: &exposure::Contradiction,
    interval: f64,
) -> Finding {
    let found = &contradiction.found;
    let factor = contradiction.size_factor;
    let severity = if (factor - 1.0).abs() > REFUSE_SIZE {
        Severity::Failure
    } else {
        Severity::Warning
    };
    Finding::new(
        "A06",
        severity,
        "acquisition",
        format!(
            "The exposure was stated as {:.1} ms ({}), but the motion looks like {:.1} ms ± {:.1} ms (standard error) at {:.4} \
             frames per second. If that is so, the true sizes are {:.0} % {} than stated; check exposure and frame rate.",
            1e3 * stated.value,
            stated.from,
            1e3 * found.exposure_s,
            1e3 * found.std_err_s,
            1.0 / interval,
            100.0 * (1.0 / factor - 1.0).abs(),
            if factor < 1.0 { "larger" } else { "smaller" }
        ),
    )
    .with(1e3 * stated.value, Some(1e3 * found.exposure_s), "ms")
}

/// Whether a video codec may carry particles along from the frame before, which looks like a long exposure: frames
/// share their noise, and particles move so little that their old picture is good enough for the codec.
pub(crate) fn lags_behind(capture: &Followed) -> bool {
    let tracked = capture.video.tracks.iter().any(|t| t.points().len() > 1);
    tracked && shares_noise(capture) && rms_step_px(capture) < SMALL_STEP_PX
}

/// Whether neighbouring frames share their noise, as after video compression.
pub(crate) fn shares_noise(capture: &Followed) -> bool {
    capture.findings.iter().any(|f| f.code == "V08")
}

/// Root mean square step per axis from one frame to the next, without the motion that all share, px.
fn rms_step_px(capture: &Followed) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for track in &capture.video.tracks {
        let points = track.points().windows(2);
        for pair in points.filter(|p| p[1].frame.0 == p[0].frame.0 + 1) {
            let [from, to] = [0, 1].map(|k| capture.video.drift.offset_px(pair[k].frame));
            let dx = pair[1].spot.x_px - pair[0].spot.x_px - (to.0 - from.0);
            let dy = pair[1].spot.y_px - pair[0].spot.y_px - (to.1 - from.1);
            sum += 0.5 * (dx * dx + dy * dy);
            n += 1.0;
        }
    }
    if n > 0.0 { f64::sqrt(sum / n) } else { 0.0 }
}

fn found_it(found: &exposure::ExposureEstimate, interval: f64) -> Finding {
    let effect = 100.0 * found.std_err_s / (3.0 * interval - found.exposure_s);
    Finding::new(
        "A03",
        Severity::Info,
        "acquisition",
        format!(
            "The exposure was not given. It was estimated from the motion as {:.0} ms ± {:.0} ms (standard error), which \
             leaves ± {effect:.1} % in the size and is in its interval; give it with --exposure-ms if you know it.",
            1e3 * found.exposure_s,
            1e3 * found.std_err_s
        ),
    )
    .with(1e3 * found.exposure_s, None, "ms")
}

/// The size goes with the exposure as 1 - exposure / (3 interval).
fn assumed(interval: f64) -> Finding {
    let factor = |share: f64| 1.0 - share / 3.0;
    let low = 100.0 * (1.0 - factor(1.0) / factor(ASSUMED_SHARE));
    let high = 100.0 * (factor(0.0) / factor(ASSUMED_SHARE) - 1.0);
    Finding::new(
        "A04",
        Severity::Warning,
        "acquisition",
        format!(
            "The exposure was not given, and this film cannot tell it. Half the frame interval ({:.1} ms) was assumed; \
             give it with --exposure-ms. If the shutter was hardly open the true sizes are {high:.0} % larger than \
             stated, if it was open all the time {low:.0} % smaller.",
            1e3 * ASSUMED_SHARE * interval
        ),
    )
    .with(1e3 * ASSUMED_SHARE * interval, None, "ms")
}
