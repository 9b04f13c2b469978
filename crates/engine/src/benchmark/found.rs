//! What an engine found in a film: read from the files that it wrote, ours like any other's.

use super::cdf::Cdf;
use super::film::{Motion, Shape};
use crate::foreign::{ForeignError, ForeignTracks, FormatOptions, trajectory};
use crate::report::{Estimate, Report};
use nta_core::{Choice, Tally, TrackId, Trajectory};
use nta_sizing::{CaptureTracks, Medium, Sampling, SizingError, SizingPlan, size_sample};
use std::collections::BTreeMap;
use std::path::Path;

/// Key of the format whose tracks all begin at frame 0, wherever they were in the film.
pub(super) const NO_CLOCK: &str = "nanosight_steps";

/// Particles are counted in tracks of at least so many spots, as nta counts its own.
const COUNTED_FROM_SPOTS: usize = 5;

/// What is scored.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Every spot by frame.
    pub spots: BTreeMap<u32, Vec<FoundSpot>>,
    /// Points of each track in time: the frame, and the place of the spot in `spots` of that frame.
    pub tracks: Vec<Vec<(u32, usize)>>,
    /// Tracks that the sizes are made of.
    pub tracks_used: usize,
    pub sizes: Option<FoundSizes>,
    /// Its frames are not those of the film, so that only sizes can be scored.
    pub has_no_clock: bool,
    /// Mean number of spots that belong to a track of at least five, per frame of the film.
    pub particles_per_frame: f64,
    /// By what the engine says that more were in view, because particles hide others; `None` where it says nothing of it.
    pub coincidence_factor: Option<f64>,
    /// How far the particles stand out, where the engine says so.
    pub visibility: Option<f64>,
    /// Particles per mL with the 95 % interval, where the engine states them.
    pub concentration: Option<(f64, Option<[f64; 2]>)>,
    pub frames_per_second: Option<f64>,
    pub peak_memory_mb: Option<f64>,
    pub verdict: Option<&'static str>,
    /// Size and length of the film as nta has read it, and how it was taken.
    pub shape: Option<Shape>,
    pub motion: Option<Motion>,
    /// Rows of its file that were left out, by reason.
    pub skipped: Tally,
    /// Codes of the findings that are more than a remark.
    pub findings: Vec<String>,
}

/// A spot that an engine found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FoundSpot {
    pub x_px: f64,
    pub y_px: f64,
    /// Stated standard error per axis, px.
    pub precision_px: Option<f64>,
}

/// The sizes that an engine found.
#[derive(Clone, Debug)]
pub(super) struct FoundSizes {
    pub cdf: Option<Cdf>,
    pub mean: Estimate,
    pub d10: Estimate,
    pub d50: Estimate,
    pub d90: Estimate,
    pub cv: Option<f64>,
    /// Diameters of the populations, small ones first; none where the engine does not tell them.
    pub populations_nm: Vec<f64>,
}

impl Found {
    /// Spots and tracks of a file; `frames` is the number of frames of the film. Spots that joined no track and are
    /// weaker than `threshold_snr` were only there to continue one; they are not claimed to be particles.
    pub fn of_tracks(read: &ForeignTracks, frames: usize, threshold_snr: Option<f64>) -> Self {
        let mut out = Self {
            has_no_clock: read.format == NO_CLOCK,
            skipped: read.skipped.clone(),
            ..Self::default()
        };
        for track in &read.tracks {
            let points = track.points.iter().map(|p| {
                let spots = out.spots.entry(p.frame).or_default();
                spots.push(FoundSpot {
                    x_px: p.x_px,
                    y_px: p.y_px,
                    precision_px: p.precision_px,
                });
                (p.frame, spots.len() - 1)
            });
            let points = points.collect();
            out.tracks.push(points);
        }
        let lengths = out.tracks.iter().map(Vec::len);
        let linked: usize = lengths.filter(|n| *n >= COUNTED_FROM_SPOTS).sum();
        out.particles_per_frame = match out.has_no_clock {
            true => f64::NAN,
            false => linked as f64 / frames.max(1) as f64,
        };
        let weak = |snr: Option<f64>| snr.zip(threshold_snr).is_some_and(|(snr, t)| snr < t);
        for p in read.loose.iter().filter(|p| !weak(p.snr)) {
            out.spots.entry(p.frame).or_default().push(FoundSpot {
                x_px: p.x_px,
                y_px: p.y_px,
                precision_px: p.precision_px,
            });
        }
        out
    }

    /// A folder that `nta analyze --spots` has written.
    pub fn of_result(folder: &Path, report: &Report) -> Result<Self, ForeignError> {
        let read = crate::foreign::read(&folder.join("spots.csv"), &FormatOptions::default())?;
        let frames: u64 = report.captures.iter().map(|c| c.frames).sum();
        let threshold = report.captures.first().and_then(|c| c.threshold_snr);
        let d = &report.diameter_nm;
        let curve = &report.distribution;
        Ok(Self {
            tracks_used: report.distribution.tracks as usize,
            sizes: d.mean.value.map(|_| FoundSizes {
                cdf: Cdf::of_density(&curve.diameter_nm, &curve.density_per_nm),
                mean: d.mean,
                d10: d.d10,
                d50: d.d50,
                d90: d.d90,
                cv: d.coefficient_of_variation.value,
                populations_nm: report.populations.iter().map(|p| p.diameter_nm).collect(),
            }),
            particles_per_frame: report.particles_per_frame,
            coincidence_factor: Some(report.coincidence_factor),
            visibility: report.limits.visibility,
            concentration: report.concentration.as_ref().map(|c| (c.per_ml, c.ci95)),
            frames_per_second: Some(report.timing.frames_per_second),
            peak_memory_mb: report.timing.peak_memory_mb,
            verdict: Some(report.verdict.word()),
            shape: report.captures.first().and_then(|c| {
                Some(Shape {
                    width_px: c.width_px?,
                    height_px: c.height_px?,
                    frames: c.frames + c.frames_missing + c.frames_repeated + c.frames_damaged,
                })
            }),
            motion: Motion::of_report(report),
            findings: report
                .findings
                .iter()
                .filter(|f| f.finding.severity > nta_core::Severity::Info)
                .map(|f| f.finding.code.to_string())
                .collect(),
            ..Self::of_tracks(&read, frames as usize, threshold)
        })
    }
}

impl FoundSizes {
    /// Of one diameter per track, each track counting once, as most programs show them.
    pub fn of_diameters(diameters_nm: &[f64]) -> Option<Self> {
        let weighted: Vec<(f64, f64)> = diameters_nm.iter().map(|d| (*d, 1.0)).collect();
        let cdf = Cdf::of_steps(weighted)?;
        let n = diameters_nm.len() as f64;
        let mean = diameters_nm.iter().sum::<f64>() / n;
        let variance = diameters_nm.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n;
        let plain = |value| Estimate::new(value, None);
        Some(Self {
            mean: plain(mean),
            d10: plain(cdf.quantile(0.1)),
            d50: plain(cdf.quantile(0.5)),
            d90: plain(cdf.quantile(0.9)),
            cv: Some(variance.sqrt() / mean),
            populations_nm: Vec::new(),
            cdf: Some(cdf),
        })
    }
}

/// How the tracks of other programs are sized where their files carry no sizes: the line through the first four points
/// of each track's mean squared displacement, which is what their users do.
pub(super) fn diameters_of(
    read: &ForeignTracks,
    pixel_size_um: f64,
    sampling: Sampling,
    medium: &Medium,
    shortest_track_frames: u32,
) -> Result<Vec<f64>, SizingError> {
    // Errors of positions are not used by a fit with a free intercept.
    let trajectories: Vec<Trajectory> = read
        .tracks
        .iter()
        .zip(0..)
        .filter_map(|(t, id)| trajectory(t, TrackId(id), pixel_size_um, sampling, |_| 0.0))
        .collect();
    let plan = SizingPlan {
        diffusion: Choice::of("msd"),
        distribution: Choice::of("raw"),
        shortest_track_frames,
        resamples: 20,
        profile_precision: false,
        depth_by_brightness: false,
        ..SizingPlan::default()
    };
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: &[],
        sampling,
        exposure_se_s: 0.0,
    };
    let sizes = size_sample(&[capture], medium, &plan)?;
    Ok(sizes
        .particles
        .iter()
        .flatten()
        .filter(|p| p.used)
        .filter_map(|p| p.diameter_nm)
        .collect())
}
