//! What can be limited.

use nta_sizing::lattice::LARGEST_NM;
use serde::Serialize;

/// A number of the size distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeNumber {
    /// Mean.
    Mean,
    /// Most frequent diameter.
    Mode,
    /// 10 % of the particles are smaller.
    D10,
    /// 50 % of the particles are smaller.
    D50,
    /// 90 % of the particles are smaller.
    D90,
    /// Standard deviation of the diameters.
    Sd,
    /// (D90 - D10) / D50.
    Span,
    /// SD / mean.
    CoefficientOfVariation,
}

/// What is limited, with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// A number of the size distribution.
    Size(SizeNumber),
    /// Share of the particles, by number, in a class of size.
    Fraction {
        /// Lower end, nm; `None` from the smallest on.
        from_nm: Option<f64>,
        /// Upper end, nm; `None` up to the largest.
        to_nm: Option<f64>,
    },
    /// Share of the particles, by number, from a diameter on.
    AggregateShare {
        /// That diameter, nm.
        above_nm: f64,
    },
    /// Particles per mL of the original sample.
    Concentration,
    /// Particles per ug of protein.
    PerProtein {
        /// Relative standard uncertainty of the protein; `None` if it counts as exact.
        relative_uncertainty: Option<f64>,
    },
    /// Particles in fluorescence over particles in scatter.
    MarkerPositive,
    /// Particles of the blank over particles of the sample, both as filmed.
    BlankShare,
    /// Tracks that the size distribution was made from.
    TracksUsed,
    /// Spread of a number between captures.
    ReplicateCv {
        /// Which, as in `replicates.between_capture`.
        of: String,
    },
}

/// The words for [`Quantity`].
pub const WORDS: [&str; 17] = [
    "mean_nm",
    "mode_nm",
    "d10_nm",
    "d50_nm",
    "median_nm",
    "d90_nm",
    "sd_nm",
    "span",
    "coefficient_of_variation",
    "fraction",
    "aggregate_share",
    "concentration_per_ml",
    "particles_per_ug_protein",
    "marker_positive_fraction",
    "blank_share",
    "tracks_used",
    "replicate_cv",
];

/// Numbers whose spread between captures is known.
pub const SPREADS: [&str; 8] = [
    "mean_nm",
    "d10_nm",
    "d50_nm",
    "d90_nm",
    "mode_nm",
    "sd_nm",
    "concentration_per_ml",
    "particles_per_frame",
];

/// Keys that only some quantities take, each with those that do.
pub(super) const OWN_KEYS: [(&str, &[&str]); 5] = [
    ("from_nm", &["fraction"]),
    ("to_nm", &["fraction"]),
    ("above_nm", &["aggregate_share"]),
    ("of", &["replicate_cv"]),
    (
        "protein_relative_uncertainty",
        &["particles_per_ug_protein"],
    ),
];

/// Words, unit and highest limit of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct About {
    /// What it is, in words.
    pub title: &'static str,
    /// Unit in words; `1` for none.
    pub unit: &'static str,
    /// Highest limit that makes sense.
    pub highest: f64,
}

/// Words, unit and highest limit of the quantity of a word.
pub(super) fn about(word: &str) -> About {
    let of = |title, unit, highest| About {
        title,
        unit,
        highest,
    };
    match word {
        "mean_nm" => of("mean diameter", "nm", LARGEST_NM),
        "mode_nm" => of("most frequent diameter", "nm", LARGEST_NM),
        "d10_nm" => of("D10", "nm", LARGEST_NM),
        "d50_nm" => of("D50", "nm", LARGEST_NM),
        "median_nm" => of("median diameter", "nm", LARGEST_NM),
        "d90_nm" => of("D90", "nm", LARGEST_NM),
        "sd_nm" => of("SD of the diameters", "nm", LARGEST_NM),
        "span" => of("span (D90 - D10) / D50", "1", 1e3),
        "coefficient_of_variation" => of("CV of the diameters", "1", 1e3),
        "fraction" => of("share of the particles", "1", 1.0),
        "aggregate_share" => of("share of large particles", "1", 1.0),
        "concentration_per_ml" => of("concentration", "per mL", 1e30),
        "particles_per_ug_protein" => of("particles per ug of protein", "per ug", 1e30),
        "marker_positive_fraction" => of("marker-positive fraction", "1", 1e3),
        "blank_share" => of("share of the blank", "1", 1e3),
        "tracks_used" => of("tracks used", "tracks", 1e12),
        _ => of("CV between captures", "1", 1e3),
    }
}

impl Quantity {
    /// What it is, in words, with what belongs to it; `word` is that of the file.
    pub(super) fn title(&self, word: &str) -> String {
        match self {
            Self::Fraction { from_nm, to_nm } => match (from_nm, to_nm) {
                (Some(from), Some(to)) => format!("share of the particles from {from} to {to} nm"),
                (Some(from), None) => format!("share of the particles from {from} nm on"),
                (None, Some(to)) => format!("share of the particles up to {to} nm"),
                (None, None) => about(word).title.to_owned(),
            },
            Self::AggregateShare { above_nm } => {
                format!("share of the particles from {above_nm} nm on")
            }
            Self::ReplicateCv { of } => format!("CV of {of} between captures"),
            _ => about(word).title.to_owned(),
        }
    }
}

impl SizeNumber {
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "mean_nm" => Self::Mean,
            "mode_nm" => Self::Mode,
            "d10_nm" => Self::D10,
            "d50_nm" | "median_nm" => Self::D50,
            "d90_nm" => Self::D90,
            "sd_nm" => Self::Sd,
            "span" => Self::Span,
            "coefficient_of_variation" => Self::CoefficientOfVariation,
            _ => return None,
        })
    }
}
