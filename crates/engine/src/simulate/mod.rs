//! From a scene to a film with its truth: what `nta simulate` does.
//!
//! The film, `truth.csv` and `truth.json` are written under temporary names and take their places together at the end,
//! so that an interrupted run leaves nothing.

mod draw;
mod error;
mod place;
mod scene_file;

pub use error::SimulateError;
pub use scene_file::read_scene;

use crate::report::write::failed;
use crate::runtime::Runtime;
use nta_sim::record::{Codec, FilmFacts, FilmFile, Format, RecordError, RecordOptions};
use nta_sim::truth_file::{TruthFile, TruthRow};
use nta_sim::{Scene, SceneError, SimulatedFilm};
use place::Place;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Name of the file with a row for each particle in each frame.
pub const TRUTH_CSV: &str = "truth.csv";

/// Name of the file with all the rest of the truth.
pub const TRUTH_JSON: &str = "truth.json";

/// One film to be simulated.
#[derive(Clone, Debug)]
pub struct SimulateRequest {
    /// The scene, a TOML file.
    pub scene: PathBuf,
    /// The film. Its ending chooses the kind of file; without one it is a folder of PNG pictures.
    pub out: PathBuf,
    /// Word of the codec (`raw`, `mjpeg`, `ffv1`, `h264`); by the kind of file if absent.
    pub codec: Option<Codec>,
    /// Quality of a lossy codec; see [`Format`].
    pub quality: Option<u8>,
    /// Takes the place of the scene's seed.
    pub seed: Option<u64>,
    /// Takes the place of the scene's number of frames.
    pub frames: Option<u32>,
    /// Replace a film and truth files that are there already.
    pub overwrite: bool,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulateOutcome {
    /// The film.
    pub film: PathBuf,
    /// The places of the particles.
    pub truth_csv: PathBuf,
    /// The rest of the truth.
    pub truth_json: PathBuf,
    /// How pictures are stored: `raw`, `mjpeg`, `ffv1`, `h264`, `png`.
    pub codec: &'static str,
    /// Frames that were delivered.
    pub frames: u64,
    /// Frames that were dropped.
    pub frames_missing: u64,
    /// Time between frames, s.
    pub frame_interval_s: f64,
    /// Particles of the box, the unseen ones too.
    pub particles: u64,
    /// Mean number of visible particles per frame.
    pub visible_per_frame: f64,
    /// Particles per mL.
    pub concentration_per_ml: f64,
    /// Depth over which a particle is visible, um.
    pub visible_depth_um: f64,
}

impl SimulateOutcome {
    fn of(film: &SimulatedFilm, facts: &FilmFacts, format: Format, place: &Place) -> Self {
        let truth = film.truth();
        let frames = facts.delivered.len() as u64;
        let visible: usize = truth.frames.iter().map(|f| f.visible().count()).sum();
        Self {
            film: place.film().to_owned(),
            truth_csv: place.truth(TRUTH_CSV),
            truth_json: place.truth(TRUTH_JSON),
            codec: format.codec(),
            frames,
            frames_missing: u64::from(facts.dropped()),
            frame_interval_s: facts.frame_interval_s,
            particles: truth.particles.len() as u64,
            visible_per_frame: visible as f64 / frames as f64,
            concentration_per_ml: truth.concentration_per_ml,
            // A film without particles has a depth of minus zero, which reads oddly.
            visible_depth_um: truth.visible_depth_um + 0.0,
        }
    }

    /// A few lines for people.
    pub fn to_text(&self) -> String {
        let missing = match self.frames_missing {
            0 => String::new(),
            n => format!(", {n} dropped"),
        };
        format!(
            "film: {} ({})\ntruth: {}, {}\n{} frames{missing}, {:.6} s apart\n{} particles, {:.1} visible per frame\n{:.3e} per mL, visible over {:.2} um of depth (peaks of at least 5 times the noise; an engine that sees fainter ones sees deeper, so this is no --depth-um)\n",
            self.film.display(),
            self.codec,
            self.truth_csv.display(),
            self.truth_json.display(),
            self.frames,
            self.frame_interval_s,
            self.particles,
            self.visible_per_frame,
            self.concentration_per_ml,
            self.visible_depth_um,
        )
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "film": self.film.display().to_string(),
            "truth_csv": self.truth_csv.display().to_string(),
            "truth_json": self.truth_json.display().to_string(),
            "codec": self.codec,
            "frames": self.frames,
            "frames_missing": self.frames_missing,
            "frame_interval_s": self.frame_interval_s,
            "particles": self.particles,
            "visible_per_frame": self.visible_per_frame,
            "concentration_per_ml": self.concentration_per_ml,
            "visible_depth_um": self.visible_depth_um,
        })
    }
}

/// Simulates a film and writes it with its truth: all files or none.
pub fn simulate(
    request: &SimulateRequest,
    runtime: &Runtime<'_>,
) -> Result<SimulateOutcome, SimulateError> {
    match run(request, runtime) {
        // What fails after a request to stop, such as a pipe to a program that has heard it too, is its consequence.
        Err(_) if runtime.cancel.load(Ordering::Relaxed) => Err(SimulateError::Cancelled),
        result => result,
    }
}

fn run(request: &SimulateRequest, runtime: &Runtime<'_>) -> Result<SimulateOutcome, SimulateError> {
    let format = Format::choose(&request.out, request.codec, request.quality)?;
    let (scene, text) = read_scene(&request.scene)?;
    let scene = changed(scene, request);
    let of_scene = |error| scene_file::value_error(&request.scene, &text, request, error);
    scene.check().map_err(of_scene)?;
    let place = Place::new(&request.out, format.is_folder(), request.overwrite)?;
    let mut film = paths(&scene, runtime)?.map_err(of_scene)?;
    let facts = FilmFacts::of(&mut film)?;
    format.check(&facts)?;
    let program = format.needs_program().then(nta_video::ffmpeg_pipe::program);
    let options = RecordOptions {
        ffmpeg: program.as_ref().and_then(|p| p.as_deref()),
        ..RecordOptions::default()
    };
    let partial = place.partial()?;
    let mut file =
        FilmFile::create(partial.film(), format, &facts, &options).map_err(|e| place.told(e))?;
    draw::draw(&film, &facts, &mut file, runtime).map_err(|e| place.told_any(e))?;
    file.finish().map_err(|e| place.told(e))?;
    write_truth(&film, &partial.folder(), &place)?;
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(SimulateError::Cancelled);
    }
    partial.put_in_place()?;
    Ok(SimulateOutcome::of(&film, &facts, format, &place))
}

/// Computes the paths of the particles, which may take long, on a thread of its own, so that a request to stop is heard.
/// Then that thread is left behind; it holds no file and ends with the process at the latest.
fn paths(
    scene: &Scene,
    runtime: &Runtime<'_>,
) -> Result<Result<SimulatedFilm, SceneError>, SimulateError> {
    let scene = scene.clone();
    let work = std::thread::spawn(move || SimulatedFilm::new(&scene));
    while !work.is_finished() {
        if runtime.cancel.load(Ordering::Relaxed) {
            return Err(SimulateError::Cancelled);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    work.join()
        .or_else(|panic| std::panic::resume_unwind(panic))
}

/// The scene with what the command line changes.
fn changed(scene: Scene, request: &SimulateRequest) -> Scene {
    Scene {
        seed: request.seed.unwrap_or(scene.seed),
        frames: request.frames.unwrap_or(scene.frames),
        ..scene
    }
}

fn write_truth(film: &SimulatedFilm, folder: &Path, place: &Place) -> Result<(), SimulateError> {
    let rows = || {
        let file = File::create(folder.join(TRUTH_CSV))?;
        TruthRow::write_csv(film.truth(), &file)?;
        file.sync_all()
    };
    rows().map_err(|e| failed(&place.truth(TRUTH_CSV), &e))?;
    let path = place.truth(TRUTH_JSON);
    let text = TruthFile::of(film).to_json();
    let text = text.map_err(|e| failed(&path, &std::io::Error::other(e.to_string())))?;
    let rest = || {
        let mut file = File::create(folder.join(TRUTH_JSON))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    rest().map_err(|e| failed(&path, &e))?;
    Ok(())
}

impl Place {
    /// An error of writing under the temporary name, told with the name that was asked for.
    fn told(&self, error: RecordError) -> SimulateError {
        match error {
            RecordError::Io { error, .. } => failed(self.film(), &error).into(),
            RecordError::Program {
                program, reason, ..
            } => SimulateError::Record(RecordError::Program {
                program,
                path: self.film().display().to_string(),
                reason,
            }),
            other => SimulateError::Record(other),
        }
    }

    fn told_any(&self, error: SimulateError) -> SimulateError {
        match error {
            SimulateError::Record(error) => self.told(error),
            other => other,
        }
    }
}
