//! The one table of keys: what can be typed, in which unit and range, what holds if nobody does, and what it means.
//! Command-line options and their help, the commented plan and the checks all follow from it.

pub use super::instrument_keys::{INSTRUMENT, INSTRUMENT_KEYS};
use nta_core::method::in_unit;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A number with its allowed range, both ends included.
    Number {
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
        /// Unit in words.
        unit: &'static str,
    },
    /// A whole number with its allowed range, both ends included.
    Whole {
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
        /// What is counted, or in parentheses what it is.
        unit: &'static str,
    },
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a medium.
    Medium,
    /// `true` or `false`.
    Switch,
    /// A list of `[x, y, width, height]` in px.
    Rectangles,
    /// An ascending list of diameters, nm; may be empty.
    Edges,
}

/// What holds if nobody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fallback {
    /// Nothing; in words, what happens then.
    Absent(&'static str),
    /// A number.
    Number(f64),
    /// A whole number.
    Whole(u64),
    /// A word.
    Word(&'static str),
    /// Yes or no.
    Switch(bool),
    /// An empty list.
    Empty,
    /// A list of numbers.
    List(&'static [f64]),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Table of the plan; empty for the top.
    pub table: &'static str,
    /// Name within the table.
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds if nobody says otherwise.
    pub fallback: Fallback,
    /// One or two sentences: what it is.
    pub meaning: &'static str,
    /// A value for the commented plan where there is no default.
    pub example: &'static str,
}

impl KeySpec {
    /// The dotted name: `film.polarity`.
    pub fn name(&self) -> String {
        if self.table.is_empty() {
            self.key.to_owned()
        } else {
            format!("{}.{}", self.table, self.key)
        }
    }

    /// The option of the command line, without its dashes. Keys at the top have one; those of tables go by `--set`.
    pub fn option(&self) -> Option<String> {
        self.table.is_empty().then(|| self.key.replace('_', "-"))
    }

    /// Range and unit, or the words that may be chosen, in words.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Number { min, max, unit } => format!("{min} to {max}{}", in_unit(unit)),
            Kind::Whole { min, max, unit } => format!("{min} to {max} {unit}"),
            Kind::Text => "text".to_owned(),
            Kind::Word(words) => words.join(" or "),
            Kind::Medium => super::medium::names().join(" or "),
            Kind::Switch => "true or false".to_owned(),
            Kind::Rectangles => "list of [x, y, width, height], px".to_owned(),
            Kind::Edges => format!(
                "ascending list, 0 to {} nm",
                nta_sizing::lattice::LARGEST_NM
            ),
        }
    }

    /// The default in words.
    pub fn default_words(&self) -> String {
        match self.fallback {
            Fallback::Absent(words) => words.to_owned(),
            Fallback::Number(n) => format!("default {n}"),
            Fallback::Whole(n) => format!("default {n}"),
            Fallback::Word(w) => format!("default {w}"),
            Fallback::Switch(b) => format!("default {b}"),
            Fallback::Empty => "default none".to_owned(),
            Fallback::List(list) => format!("default {list:?}"),
        }
    }
}

pub(crate) const fn number(min: f64, max: f64, unit: &'static str) -> Kind {
    Kind::Number { min, max, unit }
}

pub(super) const fn whole(min: u64, max: u64, unit: &'static str) -> Kind {
    Kind::Whole { min, max, unit }
}

/// Name of the table of free text about the sample.
pub const SAMPLE: &str = "sample";

/// Fields of the table `[sample]` that people usually fill in; any other is welcome too.
pub const SAMPLE_FIELDS: &[(&str, &str)] = &[
    ("id", "how the sample is called in the lab book"),
    ("description", "what it is"),
    ("operator", "who filmed it"),
    ("diluent", "what it was diluted with"),
    ("date", "when it was filmed"),
];

/// Pixel size: shared by the plan and the instrument profile.
pub(super) const PIXEL_SIZE: Kind = number(0.01, 20.0, "um");
/// Frame rate: shared by the plan and the instrument profile.
pub(super) const FRAME_RATE: Kind = number(0.01, 100_000.0, "frames per second");
/// Exposure: shared by the plan and the instrument profile. The lower end stands for "more than nothing".
pub(super) const EXPOSURE: Kind = number(1e-6, 100_000.0, "ms");
/// Probed depth: shared by the plan and the instrument profile.
pub(super) const DEPTH: Kind = number(0.1, 10_000.0, "um");
/// A relative standard uncertainty: shared by the plan and the instrument profile.
pub(super) const RELATIVE: Kind = number(0.0, 1.0, SHARE);
/// What stands for the unit of a relative uncertainty.
pub(crate) const SHARE: &str = "(0.01 = 1 %)";
/// Highest frame number.
const LAST_FRAME: u64 = u32::MAX as u64;
/// Highest whole number that JSON readers keep exactly, 2^53 - 1.
const LARGEST_EXACT: u64 = 9_007_199_254_740_991;

/// What is asked of vesicle samples: 200 nm parts small from large vesicles in MISEV2018 (doi:10.1080/20013078.2018.1535750), below
/// 50 nm few instruments see vesicles at all, and the gates that labs use (50 to 150 nm, up to 100, up to 200) are sums of these.
const CLASSES_NM: [f64; 5] = [50.0, 100.0, 150.0, 200.0, 300.0];

/// One line of the table.
pub(crate) const fn key(
    (table, key): (&'static str, &'static str),
    kind: Kind,
    fallback: Fallback,
    meaning: &'static str,
    example: &'static str,
) -> KeySpec {
    KeySpec {
        table,
        key,
        kind,
        fallback,
        meaning,
        example,
    }
}

/// All keys of the plan except the free fields of `[sample]` and the methods' numbers, in the order of the plan.
pub static KEYS: &[KeySpec] = &[
    key(
        ("", "pixel_size_um"),
        PIXEL_SIZE,
        Fallback::Absent("no default: from the instrument profile or the file"),
        "Side of one pixel in the sample: camera pixel divided by magnification. Diameters scale with its square.",
        "0.2",
    ),
    key(
        ("", "frame_rate_fps"),
        FRAME_RATE,
        Fallback::Absent("no default: from the instrument profile or the file"),
        "Frames per second of the camera. Given, it overrides the times in the file.",
        "30.0",
    ),
    key(
        ("", "exposure_ms"),
        EXPOSURE,
        Fallback::Absent("from the instrument profile or the file, else estimated from the film"),
        "Time during which the shutter is open; at most the time between frames.",
        "15.0",
    ),
    key(
        ("", "temperature_c"),
        number(0.0, 100.0, "degrees Celsius"),
        Fallback::Number(25.0),
        "Temperature of the sample while it was filmed. One degree changes diameters in water by about 2.6 %.",
        "25.0",
    ),
    key(
        ("", "medium"),
        Kind::Medium,
        Fallback::Word("water"),
        "What the particles swim in; its viscosity follows from the temperature. Not together with viscosity_mpa_s.",
        "\"water\"",
    ),
    key(
        ("", "medium_mass_fraction"),
        number(0.0, 1.0, "1"),
        Fallback::Absent("only for glycerol and sucrose, which need it"),
        "Mass of the glycerol (0 to 1) or sucrose (0 to 0.6) over that of the whole liquid.",
        "0.2",
    ),
    key(
        ("", "viscosity_mpa_s"),
        number(0.1, 1000.0, "mPa s"),
        Fallback::Absent("from medium and temperature_c"),
        "Viscosity as measured, at the temperature of the sample or at viscosity_at_c. Not together with medium.",
        "0.89",
    ),
    key(
        ("", "viscosity_at_c"),
        number(0.0, 100.0, "degrees Celsius"),
        Fallback::Absent("the temperature of the sample"),
        "Temperature at which viscosity_mpa_s was measured; from there to that of the sample it is taken to change as that of water.",
        "20.0",
    ),
    key(
        ("", "dilution"),
        number(1.0, 1e9, "times"),
        Fallback::Number(1.0),
        "How many times the sample was diluted before it was filmed; the concentration is multiplied by it once.",
        "1.0",
    ),
    key(
        ("", "depth_um"),
        DEPTH,
        Fallback::Absent("from the instrument profile; without it there is no concentration"),
        "Depth along the optical axis in which particles are seen.",
        "10.0",
    ),
    key(
        ("", "instrument"),
        Kind::Text,
        Fallback::Absent("no profile"),
        "Instrument profile: a file, or a name that is looked up in $NTA_INSTRUMENTS and the user's config folder.",
        "\"NAME\"",
    ),
    key(
        ("", "seed"),
        whole(0, LARGEST_EXACT, "(whole number)"),
        Fallback::Whole(1),
        "Seed of everything random (resampling). The same seed gives the same bytes.",
        "1",
    ),
    key(
        ("", "first_frame"),
        whole(0, LAST_FRAME, "(frame number)"),
        Fallback::Whole(0),
        "First frame that is analysed; frames count from 0.",
        "0",
    ),
    key(
        ("", "last_frame"),
        whole(0, LAST_FRAME, "(frame number)"),
        Fallback::Absent("the end of the film"),
        "Last frame that is analysed, itself included.",
        "899",
    ),
    key(
        ("", "temperature_uncertainty_c"),
        number(0.0, 50.0, "degrees Celsius"),
        Fallback::Absent("0.5 where the temperature is stated, 3 where it is assumed"),
        "Standard uncertainty of the temperature in the liquid. 0.5 is what a thermometer near the cell leaves open; an assumed temperature may be anything from 20 to 30, evenly, which is 3.",
        "0.5",
    ),
    key(
        ("", "viscosity_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("that of the medium; 0.01 where the viscosity is stated"),
        "Relative standard uncertainty of the viscosity at a known temperature. Ordinary viscometers keep 1 %.",
        "0.01",
    ),
    key(
        ("", "pixel_size_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("from the instrument profile, else 0.01"),
        "Relative standard uncertainty of the pixel size; diameters are uncertain by twice as much. A labelled magnification holds to about 1 %, a stage micrometer gives 0.003.",
        "0.01",
    ),
    key(
        ("", "frame_rate_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("from the instrument profile, else 0.001"),
        "Relative standard uncertainty of the frame rate. Cameras keep time better, but files round it: 25 for 24.98 is 0.0008.",
        "0.001",
    ),
    key(
        ("", "depth_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("from the instrument profile with its depth, else 0.15"),
        "Relative standard uncertainty of the depth. Without beads it is hardly known better: probed volumes of one kind of instrument differ by a factor of 1.5 and more with the level of the camera.",
        "0.05",
    ),
    key(
        ("", "dilution_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("0.02; none for an undiluted sample"),
        "Relative standard uncertainty of the dilution. One step with good pipettes is 1 to 2 %; several steps add as squares.",
        "0.02",
    ),
    key(
        ("", "medium_mass_fraction_uncertainty"),
        number(0.0, 1.0, "1"),
        Fallback::Absent("0.005; none for a liquid of fixed composition"),
        "Standard uncertainty of medium_mass_fraction. Half a per cent is what weighing leaves after pipetting viscous liquids.",
        "0.005",
    ),
    key(
        ("blank", "result"),
        Kind::Text,
        Fallback::Absent("no blank is subtracted"),
        "Finished result of the diluent, filmed like the sample: the folder of its analysis or its result.json. Its concentration as filmed is subtracted before the dilution is applied; sizes stay as they are.",
        "\"FOLDER\"",
    ),
    key(
        ("film", "polarity"),
        Kind::Word(&["bright", "dark"]),
        Fallback::Word("bright"),
        "Whether particles are brighter than what is behind them (scatter, fluorescence) or darker (bright-field).",
        "\"bright\"",
    ),
    key(
        ("film", "exclude"),
        Kind::Rectangles,
        Fallback::Empty,
        "Regions to leave out; the right and bottom edges are not part of a region.",
        "[]",
    ),
    key(
        ("film", "find_burnt_in"),
        Kind::Switch,
        Fallback::Switch(true),
        "Look for clocks and logos burnt into the picture and leave them out.",
        "true",
    ),
    key(
        ("film", "background_frames"),
        whole(3, 1001, "frames"),
        Fallback::Whole(101),
        "Frames, spread over the film, from which background and noise are learned.",
        "101",
    ),
    key(
        ("film", "spot_width_px"),
        number(0.5, 20.0, "px"),
        Fallback::Absent("measured in the film"),
        "Standard deviation of an ordinary spot.",
        "1.5",
    ),
    key(
        ("size", "shortest_track_frames"),
        whole(3, 1000, "frames"),
        Fallback::Whole(6),
        "Tracks with fewer positions, or with hardly a step without a gap, give no size; they are tallied.",
        "6",
    ),
    key(
        ("size", "resamples"),
        whole(20, 10_000, "resamples"),
        Fallback::Whole(200),
        "Bootstrap resamples behind the bands and intervals.",
        "200",
    ),
    key(
        ("size", "depth_by_brightness"),
        Kind::Switch,
        Fallback::Switch(true),
        "Brighter particles are seen deeper in the sheet of light and count for less by that; false where the liquid itself is thinner than the sheet.",
        "true",
    ),
    key(
        ("size", "profile_precision"),
        Kind::Switch,
        Fallback::Switch(true),
        "Fit a common factor of the stated position errors together with the sizes.",
        "true",
    ),
    key(
        ("size", "weighting"),
        Kind::Word(&["number", "area", "volume", "track"]),
        Fallback::Word("number"),
        "What the curve counts: every particle of the sample once (number), its surface d^2 (area), its volume d^3 (volume), or every track once (track). Numbers per mL are by number always.",
        "\"number\"",
    ),
    key(
        ("size", "classes_nm"),
        Kind::Edges,
        Fallback::List(&CLASSES_NM),
        "Edges of the classes of size of which shares and numbers per mL are told; below the first and from the last on are classes too.",
        "[50.0, 100.0, 150.0, 200.0, 300.0]",
    ),
];

/// The key of that dotted name.
pub fn find(name: &str) -> Option<&'static KeySpec> {
    KEYS.iter().find(|k| k.name() == name)
}

/// Tables with a fixed set of keys, in the order of [`KEYS`].
pub fn tables() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for spec in KEYS {
        if !spec.table.is_empty() && !names.contains(&spec.table) {
            names.push(spec.table);
        }
    }
    names
}
