//! The one table of keys of a file of limits: what can be typed, in which range, and what holds if nobody does.

use super::quantity;
use crate::plan::keys::{Fallback, KeySpec, Kind, SHARE, key, number};
use nta_sizing::lattice::LARGEST_NM;

/// Name of the list of limits.
pub const LIMIT: &str = "limit";
/// Name of the table about beads.
pub const SUITABILITY: &str = "suitability";
/// Name of the table about blanks.
pub const BLANK: &str = "blank";
/// Name of the table about dilutions.
pub const DILUTION: &str = "dilution";
/// Name of the table about captures.
pub const REPLICATES: &str = "replicates";
/// The tables besides the list of limits.
pub const TABLES: [&str; 4] = [SUITABILITY, BLANK, DILUTION, REPLICATES];

/// Any diameter that can be measured.
const DIAMETER: Kind = number(0.0, LARGEST_NM, "nm");
/// A deviation from what is right.
const DEVIATION: Kind = number(1e-4, 10.0, SHARE);

/// Keys of one limit that are lists of texts: which samples it is for.
pub const FILTERS: [(&str, &str); 5] = [
    (
        "roles",
        "What the samples are for: sample, blank, beads. Without it: sample.",
    ),
    ("samples", "Names of samples, as they stand in `sample`."),
    ("conditions", "Treatments or groups."),
    ("batches", "Production batches."),
    (
        "channels",
        "Light that was filmed: scatter, fluorescence. Without it: scatter.",
    ),
];

/// All keys of a file of limits but the lists of [`FILTERS`].
pub static LIMIT_KEYS: &[KeySpec] = &[
    key(
        ("", "interval"),
        Kind::Word(&["expanded", "ci95"]),
        Fallback::Word("expanded"),
        "Interval that must lie within the limits: expanded (k = 2, with temperature, pixel size, depth and dilution) or ci95 \
         (chance alone).",
        "\"expanded\"",
    ),
    key(
        (LIMIT, "name"),
        Kind::Text,
        Fallback::Absent("the quantity"),
        "How the limit is called in results.",
        "\"median\"",
    ),
    key(
        (LIMIT, "quantity"),
        Kind::Word(&quantity::WORDS),
        Fallback::Absent("must be given"),
        "What is limited.",
        "\"d50_nm\"",
    ),
    key(
        (LIMIT, "min"),
        number(0.0, 1e30, "1"),
        Fallback::Absent("no lower limit"),
        "Smallest value that is accepted, in the unit of the quantity.",
        "80",
    ),
    key(
        (LIMIT, "max"),
        number(0.0, 1e30, "1"),
        Fallback::Absent("no upper limit"),
        "Largest value that is accepted, in the unit of the quantity.",
        "120",
    ),
    key(
        (LIMIT, "from_nm"),
        DIAMETER,
        Fallback::Absent("from the smallest on"),
        "Lower end of the class of size, for fraction.",
        "50",
    ),
    key(
        (LIMIT, "to_nm"),
        DIAMETER,
        Fallback::Absent("up to the largest"),
        "Upper end of the class of size, for fraction.",
        "150",
    ),
    key(
        (LIMIT, "above_nm"),
        DIAMETER,
        Fallback::Absent("must be given"),
        "Diameter from which on a particle counts as an aggregate, for aggregate_share.",
        "300",
    ),
    key(
        (LIMIT, "of"),
        Kind::Word(&quantity::SPREADS),
        Fallback::Word("d50_nm"),
        "Number whose spread between captures is limited, for replicate_cv.",
        "\"d50_nm\"",
    ),
    key(
        (LIMIT, "protein_relative_uncertainty"),
        number(0.0, 1.0, SHARE),
        Fallback::Absent("taken as exact"),
        "Relative standard uncertainty of the protein concentration, for particles_per_ug_protein.",
        "0.1",
    ),
    key(
        (LIMIT, "note"),
        Kind::Text,
        Fallback::Absent("nothing"),
        "Why the limit is there; repeated in results.",
        "\"release specification 4\"",
    ),
    key(
        (SUITABILITY, "size"),
        Kind::Word(&["d50_nm", "mode_nm"]),
        Fallback::Word("d50_nm"),
        "Diameter that is held against the certificate.",
        "\"d50_nm\"",
    ),
    key(
        (SUITABILITY, "max_bias"),
        DEVIATION,
        Fallback::Number(0.05),
        "Largest deviation of the beads' diameter from the certificate, up or down.",
        "0.05",
    ),
    key(
        (SUITABILITY, "max_cv"),
        DEVIATION,
        Fallback::Number(0.15),
        "Largest coefficient of variation of the beads' diameters.",
        "0.15",
    ),
    key(
        (SUITABILITY, "max_recovery_error"),
        DEVIATION,
        Fallback::Number(0.25),
        "Largest deviation of the beads' number per mL from the certificate, up or down.",
        "0.25",
    ),
    key(
        (BLANK, "warning_share"),
        DEVIATION,
        Fallback::Number(0.05),
        "From this share of the sample on a blank is warned of.",
        "0.05",
    ),
    key(
        (BLANK, "failure_share"),
        DEVIATION,
        Fallback::Number(0.2),
        "From this share of the sample on a blank makes the sample fail.",
        "0.2",
    ),
    key(
        (DILUTION, "max_deviation"),
        DEVIATION,
        Fallback::Number(0.2),
        "Largest deviation of one dilution from the mean of its series, up or down.",
        "0.2",
    ),
    key(
        (REPLICATES, "max_cv_d50"),
        DEVIATION,
        Fallback::Number(0.05),
        "Largest coefficient of variation of D50 between captures.",
        "0.05",
    ),
    key(
        (REPLICATES, "max_cv_concentration"),
        DEVIATION,
        Fallback::Number(0.25),
        "Largest coefficient of variation of the concentration between captures.",
        "0.25",
    ),
    key(
        (REPLICATES, "outlier_alpha"),
        number(1e-6, 0.2, "1"),
        Fallback::Number(0.01),
        "Share of sound samples in which a capture is called an outlier.",
        "0.01",
    ),
];
