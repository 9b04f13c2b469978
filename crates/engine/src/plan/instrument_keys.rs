//! The keys of an instrument profile.

use super::keys::{
    DEPTH, EXPOSURE, FRAME_RATE, Fallback, KeySpec, Kind, PIXEL_SIZE, RELATIVE, key, number, whole,
};

/// Name of the table in which a plan carries an instrument profile.
pub const INSTRUMENT: &str = "instrument";

/// All keys of an instrument profile.
pub static INSTRUMENT_KEYS: &[KeySpec] = &[
    key(
        (INSTRUMENT, "name"),
        Kind::Text,
        Fallback::Absent("the name of the file"),
        "How the instrument is called in reports.",
        "\"NAME\"",
    ),
    key(
        (INSTRUMENT, "pixel_size_um"),
        PIXEL_SIZE,
        Fallback::Absent("not stated"),
        "Side of one pixel in the sample.",
        "0.2",
    ),
    key(
        (INSTRUMENT, "pixel_size_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("0.01 is taken"),
        "Relative standard uncertainty of the pixel size (0.01 = 1 %); about 0.003 with a stage micrometer.",
        "0.003",
    ),
    key(
        (INSTRUMENT, "depth_um"),
        DEPTH,
        Fallback::Absent("not stated"),
        "Depth along the optical axis in which particles are seen.",
        "10.0",
    ),
    key(
        (INSTRUMENT, "depth_visibility"),
        number(0.01, 20.0, "1"),
        Fallback::Absent("the depth is the same whatever the brightness"),
        "Mean of ln(signal to noise over threshold) of the beads that gave the depth; brighter particles are seen deeper, as its root.",
        "1.5",
    ),
    key(
        (INSTRUMENT, "depth_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("0.15 is taken"),
        "Relative standard uncertainty of the depth.",
        "0.05",
    ),
    key(
        (INSTRUMENT, "width_px"),
        whole(1, 65_535, "px"),
        Fallback::Absent("not checked"),
        "Width of the frames for which the profile was made.",
        "1280",
    ),
    key(
        (INSTRUMENT, "height_px"),
        whole(1, 65_535, "px"),
        Fallback::Absent("not checked"),
        "Height of the frames for which the profile was made.",
        "1024",
    ),
    key(
        (INSTRUMENT, "frame_rate_fps"),
        FRAME_RATE,
        Fallback::Absent("not stated"),
        "Frames per second, if the instrument always films so.",
        "30.0",
    ),
    key(
        (INSTRUMENT, "frame_rate_relative_uncertainty"),
        RELATIVE,
        Fallback::Absent("0.001 is taken"),
        "Relative standard uncertainty of the frame rate (0.001 = 0.1 %).",
        "0.001",
    ),
    key(
        (INSTRUMENT, "exposure_ms"),
        EXPOSURE,
        Fallback::Absent("not stated"),
        "Time during which the shutter is open, if the instrument always films so.",
        "15.0",
    ),
    key(
        (INSTRUMENT, "typical"),
        Kind::Switch,
        Fallback::Absent("false is taken"),
        "The values are usual ones of such instruments, not measured on this one; every result then asks to check them.",
        "true",
    ),
    key(
        (INSTRUMENT, "notes"),
        Kind::Text,
        Fallback::Absent("none"),
        "Anything else.",
        "\"\"",
    ),
];
