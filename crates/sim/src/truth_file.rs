//! The truth of a film as files: `truth.json`, and `truth.csv` with a row for each particle in each frame.

use crate::{Scene, SimulatedFilm, Truth};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// What [`TruthFile::schema`] must be.
pub const SCHEMA: &str = "nta-truth/1";

/// The columns of `truth.csv`.
pub const COLUMNS: [&str; 8] = [
    "frame",
    "particle",
    "x_px",
    "y_px",
    "z_um",
    "diameter_nm",
    "in_focus",
    "snr",
];

/// Why a file of truth cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthFileError {
    /// It cannot be read at all.
    #[error("cannot read the truth: {0}")]
    Io(#[from] io::Error),
    /// It is not what it should be.
    #[error("line {line}, column {column}: expected {expected}, found {found}")]
    Wrong {
        /// Line, from 1.
        line: usize,
        /// In JSON the character, in CSV the name of the column.
        column: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// It is JSON, but not a truth of this kind.
    #[error("expected the schema '{SCHEMA}', found '{found}'")]
    Schema {
        /// What it says.
        found: String,
    },
    /// Not JSON, or not with the keys of a truth.
    #[error("line {line}, column {column}: {reason}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was expected, in the words of the JSON reader.
        reason: String,
    },
}

/// All of a film's truth but the places of the particles: `truth.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was filmed.
    pub scene: Scene,
    /// Width, px.
    pub width_px: u32,
    /// Height, px.
    pub height_px: u32,
    /// Places in time, dropped ones included.
    pub frames: u32,
    /// Time between frames, s.
    pub frame_interval_s: f64,
    /// Time during which the shutter is open, s.
    pub exposure_s: f64,
    /// Side of a pixel in the sample, um.
    pub pixel_size_um: f64,
    /// Temperature, degrees Celsius.
    pub temperature_c: f64,
    /// Viscosity in force, mPa s.
    pub viscosity_mpa_s: f64,
    /// Particles per mL in the box, exactly.
    pub concentration_per_ml: f64,
    /// Depth over which a particle is visible, um.
    pub visible_depth_um: f64,
    /// Half of the depth of the box, um.
    pub box_half_depth_um: f64,
    /// Frames that were dropped.
    pub missing: Vec<u32>,
    /// Frames that show the picture of another once more: (frame, frame that it shows).
    pub repeated: Vec<[u32; 2]>,
    /// Shared motion of each place in time since the first frame, px: (right, down).
    pub shift_px: Vec<[f64; 2]>,
    /// All particles of the box; the column `particle` counts along this list.
    pub particles: Vec<TruthParticle>,
    /// Particles that stick to the window, px: (across, down).
    pub stuck: Vec<[f64; 2]>,
    /// Pieces of dust, by frame.
    pub dust: Vec<TruthDust>,
}

/// A piece of dust in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthDust {
    /// Place in time.
    pub frame: u32,
    /// Position across, px.
    pub x_px: f64,
    /// Position down, px.
    pub y_px: f64,
    /// Standard deviation of its spot, px.
    pub width_px: f64,
}

/// One particle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthParticle {
    /// Hydrodynamic diameter, nm.
    pub diameter_nm: f64,
    /// Diffusion coefficient, um^2/s.
    pub diffusion_um2_per_s: f64,
    /// Place of its population in the scene.
    pub population: u32,
    /// Particles that it consists of: 1, or more for an aggregate.
    pub monomers: u32,
}

impl TruthFile {
    /// The truth of a film.
    pub fn of(film: &SimulatedFilm) -> Self {
        let (scene, truth) = (film.scene(), film.truth());
        let frames = || truth.frames.iter();
        Self {
            schema: SCHEMA.to_owned(),
            width_px: scene.width_px,
            height_px: scene.height_px,
            frames: scene.frames,
            frame_interval_s: scene.frame_interval_s(),
            exposure_s: scene.exposure_s(),
            pixel_size_um: scene.pixel_size_um,
            temperature_c: scene.temperature_c,
            viscosity_mpa_s: scene.viscosity_in_force_mpa_s(),
            concentration_per_ml: truth.concentration_per_ml,
            visible_depth_um: truth.visible_depth_um,
            box_half_depth_um: truth.box_half_depth_um,
            missing: frames()
                .filter(|f| !f.delivered)
                .map(|f| f.frame.0)
                .collect(),
            repeated: frames()
                .filter_map(|f| Some([f.frame.0, f.copy_of?.0]))
                .collect(),
            shift_px: frames().map(|f| f.shift_px).collect(),
            particles: truth
                .particles
                .iter()
                .map(|p| TruthParticle {
                    diameter_nm: p.diameter_nm,
                    diffusion_um2_per_s: p.diffusion_um2_per_s,
                    population: p.population,
                    monomers: p.monomers,
                })
                .collect(),
            stuck: truth.stuck.iter().map(|s| [s.x_px, s.y_px]).collect(),
            dust: frames()
                .filter(|f| f.delivered)
                .flat_map(|f| {
                    f.dust.iter().map(|d| TruthDust {
                        frame: f.frame.0,
                        x_px: d.x_px,
                        y_px: d.y_px,
                        width_px: d.width_px,
                    })
                })
                .collect(),
            scene: scene.clone(),
        }
    }

    /// The file's text, ending in a line end.
    pub fn to_json(&self) -> Result<String, TruthFileError> {
        serde_json::to_string(self)
            .map(|text| text + "\n")
            .map_err(json)
    }

    /// Reads the file's text. Keys that are not known are passed over.
    pub fn from_json(text: &str) -> Result<Self, TruthFileError> {
        /// The schema is looked at first: it says best what is wrong with another file.
        #[derive(Deserialize)]
        struct Kind {
            #[serde(default)]
            schema: String,
        }
        let kind: Kind = serde_json::from_str(text).map_err(json)?;
        if kind.schema != SCHEMA {
            return Err(TruthFileError::Schema { found: kind.schema });
        }
        serde_json::from_str(text).map_err(json)
    }
}

fn json(error: serde_json::Error) -> TruthFileError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
    TruthFileError::Json {
        line: error.line(),
        column: error.column(),
        reason,
    }
}

/// One particle in one frame: a row of `truth.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthRow {
    /// Place in time.
    pub frame: u32,
    /// Place in [`TruthFile::particles`].
    pub particle: u32,
    /// Mean position over the exposure, across, px.
    pub x_px: f64,
    /// Mean position over the exposure, down, px.
    pub y_px: f64,
    /// Mean distance from focus over the exposure, um.
    pub z_um: f64,
    /// Hydrodynamic diameter, nm.
    pub diameter_nm: f64,
    /// Within the defocus depth.
    pub in_focus: bool,
    /// Peak over the noise of a pixel of the background.
    pub snr: f64,
}

impl TruthRow {
    /// Writes a row for each particle whose light falls on the picture, for each frame that was delivered.
    pub fn write_csv(truth: &Truth, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        writeln!(out, "{}", COLUMNS.join(","))?;
        for frame in truth.frames.iter().filter(|f| f.delivered) {
            for s in &frame.spots {
                writeln!(
                    out,
                    "{},{},{:.4},{:.4},{:.4},{:.4},{},{:.3}",
                    frame.frame.0,
                    s.particle,
                    s.x_px,
                    s.y_px,
                    s.z_um,
                    s.diameter_nm,
                    s.in_focus,
                    s.peak_snr
                )?;
            }
        }
        out.flush()
    }

    /// Reads all rows.
    pub fn read_csv(text: impl Read) -> Result<Vec<Self>, TruthFileError> {
        let mut lines = BufReader::new(text).lines();
        let head = lines.next().transpose()?.unwrap_or_default();
        let head = head.trim_start_matches('\u{feff}').trim_end();
        let names = COLUMNS.join(",");
        if head != names {
            return Err(wrong(1, "frame", format!("the columns {names}"), head));
        }
        let mut rows = Vec::new();
        for (line, text) in (2..).zip(lines) {
            let text = text?;
            if !text.trim().is_empty() {
                rows.push(Self::parse(line, &text)?);
            }
        }
        Ok(rows)
    }

    fn parse(line: usize, text: &str) -> Result<Self, TruthFileError> {
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        if fields.len() != COLUMNS.len() {
            let last = COLUMNS[fields.len().min(COLUMNS.len()) - 1];
            let expected = format!("{} columns", COLUMNS.len());
            return Err(wrong(line, last, expected, &fields.len().to_string()));
        }
        let whole = |at: usize| {
            let value = fields[at].parse::<u32>();
            value.map_err(|_| wrong(line, COLUMNS[at], "a whole number".into(), fields[at]))
        };
        let number = |at: usize| {
            let value = fields[at].parse::<f64>().ok().filter(|v| v.is_finite());
            value.ok_or_else(|| wrong(line, COLUMNS[at], "a number".into(), fields[at]))
        };
        let in_focus = match fields[6] {
            "true" => true,
            "false" => false,
            other => return Err(wrong(line, COLUMNS[6], "true or false".into(), other)),
        };
        Ok(Self {
            frame: whole(0)?,
            particle: whole(1)?,
            x_px: number(2)?,
            y_px: number(3)?,
            z_um: number(4)?,
            diameter_nm: number(5)?,
            in_focus,
            snr: number(7)?,
        })
    }
}

fn wrong(line: usize, column: &str, expected: String, found: &str) -> TruthFileError {
    TruthFileError::Wrong {
        line,
        column: column.to_owned(),
        expected,
        found: format!("'{}'", found.chars().take(80).collect::<String>()),
    }
}
