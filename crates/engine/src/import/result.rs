//! From tracks of another program to the report that `analyze` would make of the film, as far as tracks allow.

use super::recording::Recording;
use crate::analyze::{AnalyzeError, judge, sizing_plan};
use crate::assemble::{COUNTED_FROM_FRAMES, Counts, diameters, distribution, slope};
use crate::blank::Blank;
use crate::classes::size_classes;
use crate::concentration::concentration;
use crate::exposure;
use crate::foreign::{CommonPrecision, common_precision};
use crate::plan::Plan;
use crate::qc;
use crate::replicates::CaptureErrors;
use crate::report::{
    Capture, CaptureTally, DriftTrack, ExcludedCapture, Intensity, Report, ReportFinding,
    SpotsOverTime, TrackLengths,
};
use crate::whole::Whole;
use nta_core::{Finding, Severity, Trajectory};
use nta_sizing::{CaptureTracks, SampleSizes, Sampling, SizeResult, size_sample};

/// Analyses tracks as captures of one sample; `said` is what there is to tell of the files already.
pub(super) fn analyze(
    mut recordings: Vec<Recording>,
    excluded: Vec<ExcludedCapture>,
    plan: &Plan,
    blank: Option<&Blank>,
    said: Vec<Finding>,
) -> Result<(Vec<Recording>, SampleSizes, Report), AnalyzeError> {
    let medium = plan.sizing_medium()?;
    let mut findings = settle(&mut recordings)?;
    let trajectories: Vec<Vec<Trajectory>> =
        recordings.iter().map(Recording::trajectories).collect();
    let tracks: Vec<CaptureTracks<'_>> = recordings
        .iter()
        .zip(&trajectories)
        .map(|(r, trajectories)| CaptureTracks {
            trajectories,
            visibility: &[],
            sampling: sampling(r),
            exposure_se_s: r.exposure_se_s,
        })
        .collect();
    let sizes = size_sample(&tracks, &medium, &sizing_plan(plan))?;
    for (i, recording) in recordings.iter().enumerate() {
        let told = of_recording(recording).chain(recording.findings.iter().cloned());
        findings.extend(told.map(|f| ReportFinding::of_capture(f, i)));
    }
    let of_sample = said
        .into_iter()
        .chain(qc::assumptions(plan, &medium))
        .chain(qc::viscosity_of_another_temperature(plan, &medium))
        .chain(sizes.findings.iter().cloned())
        .chain(same_file_twice(&recordings))
        .chain(qc::no_depth(plan))
        .chain(no_frame_size(plan));
    findings.extend(of_sample.map(ReportFinding::of_sample));
    let captures = recordings.iter().zip(&sizes.captures);
    let captures = captures.map(|(r, s)| capture(r, s, plan, blank)).collect();
    let mut report = Whole {
        captures,
        excluded,
        errors: recordings.iter().map(errors).collect(),
        acquisition: recordings[0].acquisition.clone(),
        counts: counts(&recordings, plan),
        intensity: Intensity::default(),
        sizes: &sizes,
        plan,
        medium: &medium,
        blank,
        findings,
    }
    .report();
    judge(&mut report, plan, blank);
    Ok((recordings, sizes, report))
}

/// By now every exposure is settled.
fn sampling(recording: &Recording) -> Sampling {
    let a = &recording.acquisition;
    let interval_s = a.frame_interval_s.value;
    Sampling {
        frame_interval_s: interval_s,
        exposure_s: a.exposure_s.as_ref().map_or(0.5 * interval_s, |e| e.value),
    }
}

/// Gives every recording an exposure, and every position an error. An exposure can be found from the tracks only where
/// the errors are known, and errors only where the exposure is: both look alike.
fn settle(recordings: &mut [Recording]) -> Result<Vec<ReportFinding>, AnalyzeError> {
    let mut findings = Vec::new();
    for (i, recording) in recordings.iter_mut().enumerate() {
        if recording.acquisition.exposure_s.is_none() {
            let interval_s = recording.acquisition.frame_interval_s.value;
            let trajectories = match recording.precision_known {
                true => recording.trajectories(),
                false => Vec::new(),
            };
            let settled = exposure::of_trajectories(&trajectories, interval_s);
            recording.acquisition.exposure_s = Some(settled.exposure_s);
            recording.exposure_se_s = settled.std_err_s;
            findings.push(ReportFinding::of_capture(settled.finding, i));
        }
        if !recording.precision_known {
            let pixel_um = recording.acquisition.pixel_size_um.value;
            let trajectories = recording.trajectories();
            let sampling = sampling(recording);
            let common = common_precision(&trajectories, sampling)?;
            recording.state_precision(common.precision_um / pixel_um);
            // What is wrong with an error that all positions share moves all sizes alike, as a wrong exposure does.
            let rest_s = 3.0 * sampling.frame_interval_s - sampling.exposure_s;
            let alike_s = common.ln_diameter_sd.min(1.0) * rest_s;
            recording.exposure_se_s = recording.exposure_se_s.hypot(alike_s);
            findings.push(ReportFinding::of_capture(precision(&common, pixel_um), i));
        }
    }
    Ok(findings)
}

fn precision(common: &CommonPrecision, pixel_um: f64) -> Finding {
    let um = common.precision_um;
    let (px, nm) = (um / pixel_um, 1e3 * um);
    let effect = 100.0 * common.ln_diameter_sd;
    Finding::new(
        "R20",
        Severity::Info,
        "refine",
        format!(
            "The file does not state the errors of its positions. One error was taken for all, {px:.2} px ({nm:.0} nm), as neighbouring \
             steps have it in common; that leaves ± {effect:.1} % in the size, which is in its interval. Where bright and faint particles \
             differ much in it, the sizes of both are less sure."
        ),
    )
    .with(px, None, "px")
}

/// What comes with positions that nta has not found itself.
fn of_recording(recording: &Recording) -> impl Iterator<Item = Finding> {
    let title = crate::foreign::title(recording.format);
    let other = Finding::new(
        "V20",
        Severity::Info,
        "open",
        format!(
            "Positions and links come from another program ({title}). nta has not seen the film: spots that were missed, false \
             links and lost frames are as that program left them."
        ),
    );
    let skipped: u64 = recording.skipped.0.values().sum();
    let reasons: Vec<String> = recording
        .skipped
        .0
        .iter()
        .map(|(reason, n)| format!("{n} {}", reason.replace('_', " ")))
        .collect();
    let left_out = (skipped > 0).then(|| {
        Finding::new(
            "V21",
            Severity::Warning,
            "open",
            format!("Rows of the file were left out: {}.", reasons.join(", ")),
        )
        .with(skipped as f64, Some(0.0), "rows")
    });
    let no_frames = (!recording.has_frames()).then(|| {
        Finding::new(
            "C08",
            Severity::Warning,
            "concentration",
            "The file does not say in which frames of the film its tracks lie. Particles were not counted: the number in view is no \
             result, and there is no concentration. Of the shared motion only the mean step was taken away; vibration stays in the sizes.",
        )
    });
    std::iter::once(other).chain(left_out).chain(no_frames)
}

fn no_frame_size(plan: &Plan) -> Option<Finding> {
    (plan.depth_um.is_some() && area_px(plan).is_none()).then(|| {
        Finding::new(
            "C09",
            Severity::Info,
            "concentration",
            "There is no concentration, because tracks do not say how large the picture was. Give an instrument profile (--instrument) \
             with width_px and height_px.",
        )
    })
}

/// Size of the picture, px; only a profile knows it.
fn area_px(plan: &Plan) -> Option<f64> {
    let profile = plan.instrument.as_ref()?;
    Some(f64::from(profile.width_px?) * f64::from(profile.height_px?))
}

/// A file that was given more than once.
fn same_file_twice(recordings: &[Recording]) -> Option<Finding> {
    // Captures of one file share its fingerprint.
    let same = |a: &Recording, b: &Recording| a.sha256 == b.sha256 && a.read == b.read;
    let is_copy = |i: &usize| {
        let mut earlier = recordings[..*i].iter();
        earlier.any(|r| same(r, &recordings[*i]))
    };
    let copies = (0..recordings.len()).filter(is_copy).count();
    (copies > 0).then(|| {
        Finding::new(
            "P01",
            Severity::Warning,
            "replicates",
            "Files of tracks are copies of each other. Copies are no replicates: they make the intervals narrower than they are. Give each \
             file once.",
        )
        .with(copies as f64, Some(0.0), "captures")
    })
}

fn counts(recordings: &[Recording], plan: &Plan) -> Counts {
    let with_frames = || recordings.iter().filter(|r| r.has_frames());
    let present = with_frames()
        .flat_map(|r| &r.tracks)
        .map(|t| t.points().len())
        .filter(|n| *n >= COUNTED_FROM_FRAMES)
        .map(|n| n as f64);
    let pixel_um = recordings
        .first()
        .map_or(0.0, |r| r.acquisition.pixel_size_um.value);
    Counts {
        present: present.collect(),
        frames: with_frames().map(|r| r.spots_per_frame.len() as u64).sum(),
        // Nothing is known of the width of the spots, so that none is taken to hide another.
        area_um2: area_px(plan).map_or(0.0, |px| px * pixel_um * pixel_um),
        hidden_area_um2: 0.0,
    }
}

fn errors(recording: &Recording) -> CaptureErrors {
    let tracks = recording.tracks.iter().map(|t| t.points().len() as f64);
    let present: Vec<f64> = tracks
        .filter(|n| *n >= COUNTED_FROM_FRAMES as f64)
        .collect();
    CaptureErrors {
        shared_ln_diameter_sd: sampling(recording).ln_diameter_sd(recording.exposure_se_s),
        counting_relative_sd: nta_sizing::concentration::counting_relative_sd(&present),
        not_searched: !recording.has_frames(),
    }
}

fn capture(
    recording: &Recording,
    sizes: &SizeResult,
    plan: &Plan,
    blank: Option<&Blank>,
) -> Capture {
    let counts = counts(std::slice::from_ref(recording), plan);
    let in_volume = concentration(&counts, sizes, plan, blank);
    let frames = recording.spots_per_frame.len();
    let interval_s = recording.acquisition.frame_interval_s.value;
    let times: Vec<f64> = (0..frames).map(|k| k as f64 * interval_s).collect();
    let (drift, flow) = drift(recording, &times);
    Capture {
        path: recording.name.clone(),
        sha256: recording.sha256.clone(),
        container: "tracks".into(),
        codec: recording.format.into(),
        frames: frames as u64,
        complete: true,
        tally: CaptureTally {
            spots: recording.spots as u64,
            tracks: recording.tracks.len() as u64,
            tracks_used: sizes.tracks as u64,
            skipped: sizes.tally.clone(),
            dropped: recording.skipped.clone(),
        },
        particles_per_frame: counts.particles_per_frame(),
        drift_um_per_s: flow,
        drift_track: drift,
        track_lengths: TrackLengths::of(recording.tracks.iter().map(|t| t.points().len())),
        spots_over_time: SpotsOverTime::of(&times, &recording.spots_per_frame),
        diameter_nm: diameters(sizes.summary.as_ref()),
        distribution: sizes
            .distribution
            .is_some()
            .then(|| distribution(sizes, plan)),
        size_classes: size_classes(sizes, in_volume.as_ref()),
        concentration: in_volume,
        ..Capture::default()
    }
}

/// Where the shared motion has carried everything, and its mean velocity, um/s.
fn drift(recording: &Recording, times: &[f64]) -> (Option<DriftTrack>, Option<[f64; 2]>) {
    let offsets = recording.drift.offsets_px();
    let pixel_um = recording.acquisition.pixel_size_um.value;
    let interval_s = recording.acquisition.frame_interval_s.value;
    let places: Vec<(f64, (f64, f64))> = offsets
        .iter()
        .enumerate()
        .map(|(k, at)| (k as f64 * interval_s, *at))
        .collect();
    let flow = slope(&places, pixel_um);
    if times.is_empty() || offsets.is_empty() {
        return (None, flow);
    }
    let along = |of: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        let n = times.len().min(offsets.len());
        offsets[..n].iter().map(|o| of(o) * pixel_um).collect()
    };
    let n = times.len().min(offsets.len());
    let track = DriftTrack::of(&times[..n], &along(|o| o.0), &along(|o| o.1));
    (Some(track), flow)
}
