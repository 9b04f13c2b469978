//! One film of a manifest: recorded into a file where it is a scene, with all that is known of it.

use super::child::Failed;
use super::error::BenchmarkError;
use super::found::NO_CLOCK;
use super::known::{Known, KnownFrame, KnownSpot, plan_of};
use super::manifest::{FilmEntry, StoredAs};
use super::run::BeadDepth;
use crate::foreign::{self, FormatOptions};
use crate::plan::PlanInput;
use crate::plan::keys::INSTRUMENT;
use crate::report::Report;
use crate::runtime::Runtime;
use crate::simulate::{SimulateError, SimulateRequest, simulate};
use nta_sim::record::Codec;
use nta_sim::truth_file::{TruthFile, TruthRow};
use nta_sizing::{Medium, Sampling};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// No film has more frames.
const MOST_FRAMES: u32 = 1_000_000;

/// A film that can be analysed.
pub(super) struct Film {
    pub path: PathBuf,
    /// What an engine is told.
    pub plan: toml::Table,
    pub known: Known,
    /// How the tracks of engines without sizes of their own are sized; `None` where the manifest does not say enough.
    pub motion: Option<Motion>,
    /// Seed of a simulated film.
    pub seed: Option<u64>,
    /// What its truth says of the film.
    pub shape: Option<Shape>,
    /// Keeps a simulated film on disk as long as it is needed.
    _folder: Option<tempfile::TempDir>,
}

/// From pixels and frames to diameters.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    pub pixel_size_um: f64,
    pub sampling: Sampling,
    pub medium: Medium,
}

/// Size and length of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub width_px: u64,
    pub height_px: u64,
    /// Places in time, those without a frame of their own too.
    pub frames: u64,
}

impl Shape {
    fn of_truth(truth: &TruthFile) -> Self {
        Self {
            width_px: truth.width_px.into(),
            height_px: truth.height_px.into(),
            frames: truth.frames.into(),
        }
    }
}

impl Motion {
    /// As nta has settled it for a film.
    pub fn of_report(report: &Report) -> Option<Self> {
        let a = &report.acquisition;
        let interval_s = a.frame_interval_s.value;
        let (temperature_c, viscosity) =
            (report.medium.temperature_c, report.medium.viscosity_mpa_s);
        Some(Self {
            pixel_size_um: a.pixel_size_um.value,
            sampling: Sampling {
                frame_interval_s: interval_s,
                exposure_s: a.exposure_s.as_ref().map_or(0.5 * interval_s, |e| e.value),
            },
            medium: Medium::with_viscosity(temperature_c, viscosity).ok()?,
        })
    }

    fn of_truth(truth: &TruthFile) -> Option<Self> {
        Some(Self {
            pixel_size_um: truth.pixel_size_um,
            sampling: Sampling {
                frame_interval_s: truth.frame_interval_s,
                exposure_s: truth.exposure_s,
            },
            medium: Medium::with_viscosity(truth.temperature_c, truth.viscosity_mpa_s).ok()?,
        })
    }
}

impl Film {
    /// Simulates or opens the film. `within` is a folder with room for it.
    pub fn get(
        entry: &FilmEntry,
        seed: Option<u64>,
        within: &Path,
        runtime: &Runtime<'_>,
    ) -> Result<Self, Failed> {
        match (&entry.scene, &entry.video) {
            (Some(scene), _) => Self::simulated(entry, scene, seed, within, runtime),
            (_, Some(video)) => Self::recorded(entry, video),
            _ => Err(Failed::Because("it has neither scene nor video".into())),
        }
    }

    fn simulated(
        entry: &FilmEntry,
        scene: &Path,
        seed: Option<u64>,
        within: &Path,
        runtime: &Runtime<'_>,
    ) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new()
            .prefix(".nta-film-")
            .tempdir_in(within)
            .map_err(|e| Failed::Because(format!("no room for the film: {e}")))?;
        let name = match entry.codec {
            Some(StoredAs::H264) => "film.mp4",
            _ => "film.avi",
        };
        let codec = match entry.codec {
            None | Some(StoredAs::Raw) => Codec::Raw,
            Some(StoredAs::Mjpeg) => Codec::Mjpeg,
            Some(StoredAs::H264) => Codec::H264,
        };
        let request = SimulateRequest {
            scene: scene.to_owned(),
            out: folder.path().join(name),
            codec: Some(codec),
            quality: entry.quality,
            seed,
            frames: entry.frames,
            overwrite: false,
        };
        simulate(&request, runtime).map_err(|e| match e {
            SimulateError::Cancelled => Failed::Cancelled,
            e => Failed::Because(e.to_string()),
        })?;
        let (truth, rows) = read_truth(&folder.path().join("truth.json"))?;
        let mut plan = plan_of(&truth);
        merge(&mut plan, &entry.plan);
        Ok(Self {
            path: request.out,
            known: Known::simulated(&truth, &rows),
            motion: Motion::of_truth(&truth),
            seed: Some(truth.scene.seed),
            shape: Some(Shape::of_truth(&truth)),
            plan,
            _folder: Some(folder),
        })
    }

    fn recorded(entry: &FilmEntry, video: &Path) -> Result<Self, Failed> {
        let mut plan = entry.plan.clone();
        let (mut motion, mut shape) = (motion_of(&plan), None);
        let mut known = match &entry.truth {
            Some(path) => {
                let (truth, rows) = read_truth(path)?;
                plan = plan_of(&truth);
                merge(&mut plan, &entry.plan);
                motion = Motion::of_truth(&truth);
                shape = Some(Shape::of_truth(&truth));
                Known::simulated(&truth, &rows)
            }
            None => Known::default(),
        };
        if let Some(nominal) = entry.nominal_nm {
            let stated = Known::nominal(nominal);
            known.sample = stated.sample;
            known.nominal_nm = stated.nominal_nm;
            known.seen = None;
        }
        if let Some(path) = &entry.tracks {
            known.frames = frames_of_tracks(path, &plan)?;
        }
        Ok(Self {
            path: video.to_owned(),
            motion,
            seed: None,
            shape,
            known,
            plan,
            _folder: None,
        })
    }

    /// What is done with the film when its engine is told a depth too.
    pub fn plan_with_depth(&self, depth: Option<BeadDepth>) -> toml::Table {
        let mut plan = self.plan.clone();
        let Some(depth) = depth else {
            return plan;
        };
        let mut profile = toml::Table::new();
        profile.insert("name".into(), "beads".into());
        profile.insert("depth_um".into(), depth.um.into());
        if let Some(visibility) = depth.visibility {
            profile.insert("depth_visibility".into(), visibility.into());
        }
        plan.entry(INSTRUMENT).or_insert_with(|| profile.into());
        plan
    }

    /// Depth of view that explains this many particles per frame, um; `None` where the concentration is not known.
    pub fn depth_um(&self, particles_per_frame: f64) -> Option<f64> {
        let per_um3 = self.known.concentration_per_ml? * 1e-12;
        let depth = particles_per_frame / (self.known.area_um2? * per_um3);
        (depth.is_finite() && depth > 0.0).then_some(depth)
    }
}

/// What a plan says of pixels, frames and liquid, if it says all that sizes need.
fn motion_of(plan: &toml::Table) -> Option<Motion> {
    let number = |key| number_in(plan, key);
    let mut input = PlanInput::new();
    input.plan_text(&plan.to_string(), "manifest").ok()?;
    let interval_s = 1.0 / number("frame_rate_fps")?;
    Some(Motion {
        pixel_size_um: number("pixel_size_um")?,
        sampling: Sampling {
            frame_interval_s: interval_s,
            exposure_s: number("exposure_ms").map_or(0.5 * interval_s, |ms| ms * 1e-3),
        },
        medium: input.resolve().ok()?.sizing_medium().ok()?,
    })
}

/// `truth.json` and the `truth.csv` beside it.
fn read_truth(json: &Path) -> Result<(TruthFile, Vec<TruthRow>), Failed> {
    let because = |path: &Path, e: &dyn std::fmt::Display| {
        Failed::Because(format!("cannot read {}: {e}", path.display()))
    };
    let csv = json.with_file_name("truth.csv");
    for path in [json, &csv] {
        // A pipe may never end.
        let about = std::fs::metadata(path).map_err(|e| because(path, &e))?;
        if !about.is_file() {
            return Err(because(path, &"it is not a file"));
        }
    }
    let text = std::fs::read_to_string(json).map_err(|e| because(json, &e))?;
    let truth = TruthFile::from_json(&text).map_err(|e| because(json, &e))?;
    truth.scene.check().map_err(|e| because(json, &e))?;
    let file = File::open(&csv).map_err(|e| because(&csv, &e))?;
    let rows = TruthRow::read_csv(BufReader::new(file)).map_err(|e| because(&csv, &e))?;
    let particles = truth.particles.len();
    let stray = |r: &&TruthRow| r.frame >= truth.frames || r.particle as usize >= particles;
    if truth.frames != truth.scene.frames || truth.width_px != truth.scene.width_px {
        return Err(because(json, &"its scene is another one"));
    }
    if let Some(r) = rows.iter().find(stray) {
        let of = format!(
            "it speaks of particle {} in frame {}, but {} has {particles} particles and {} frames",
            r.particle,
            r.frame,
            json.display(),
            truth.frames
        );
        return Err(because(&csv, &of));
    }
    Ok((truth, rows))
}

/// Tracks of another engine as known positions: each of its spots is one that must be found.
fn frames_of_tracks(path: &Path, plan: &toml::Table) -> Result<Vec<KnownFrame>, Failed> {
    let options = FormatOptions {
        pixel_size_um: number_in(plan, "pixel_size_um"),
        ..FormatOptions::default()
    };
    let read = foreign::read(path, &options).map_err(|e| Failed::Because(e.to_string()))?;
    if read.format == NO_CLOCK {
        return Err(Failed::Because(format!(
            "{} does not say in which frame a track begins, so it cannot count as the truth",
            path.display()
        )));
    }
    let used = || read.tracks.iter().flat_map(|t| &t.points).map(|p| p.frame);
    // Frames between the first and the last without a track are known to be empty.
    let mut frames: BTreeMap<u32, KnownFrame> = match (used().min(), used().max()) {
        (Some(first), Some(last)) if last - first <= MOST_FRAMES => (first..=last)
            .map(|frame| (frame, KnownFrame::empty(frame)))
            .collect(),
        _ => {
            return Err(Failed::Because(format!(
                "{} holds no track, or frames more than {MOST_FRAMES} apart",
                path.display()
            )));
        }
    };
    for track in &read.tracks {
        for p in &track.points {
            let Some(frame) = frames.get_mut(&p.frame) else {
                continue;
            };
            frame.spots.push(KnownSpot {
                particle: track.id,
                x_px: p.x_px,
                y_px: p.y_px,
                must: true,
                clear: true,
                snr: None,
                bound_px: None,
            });
        }
    }
    Ok(frames.into_values().collect())
}

/// A number of a plan, written with or without a point.
pub(super) fn number_in(plan: &toml::Table, key: &str) -> Option<f64> {
    match plan.get(key)? {
        toml::Value::Float(v) => Some(*v),
        toml::Value::Integer(v) => Some(*v as f64),
        _ => None,
    }
}

/// Puts `over` over `plan`, table by table.
pub(super) fn merge(plan: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (plan.get_mut(key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            _ => {
                plan.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A folder for films beside `out`, or where it will be, removed at the end.
pub(super) fn room_for_films(out: &Path) -> Result<tempfile::TempDir, BenchmarkError> {
    let there = |p: &&Path| p.is_dir();
    let beside = out
        .ancestors()
        .skip(1)
        .find(there)
        .unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".nta-films-")
        .tempdir_in(beside)
        .map_err(|e| {
            BenchmarkError::Output(crate::report::OutputError::NotWritable {
                path: beside.display().to_string(),
                reason: e.to_string(),
            })
        })
}
