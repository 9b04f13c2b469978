//! Units of positions.

use super::{ForeignError, FormatOptions};

/// Unit of the positions in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthUnit {
    /// Pixels.
    Pixel,
    /// Micrometres.
    Micrometre,
    /// Nanometres.
    Nanometre,
}

impl LengthUnit {
    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pixel => "px",
            Self::Micrometre => "um",
            Self::Nanometre => "nm",
        }
    }

    /// The unit that ImageJ programs write, with or without parentheses. Both characters for micro are met.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('(').trim_end_matches(')');
        match text.trim().to_lowercase().as_str() {
            "pixel" | "pixels" | "px" => Some(Self::Pixel),
            "micron" | "microns" | "um" | "\u{b5}m" | "\u{3bc}m" | "\\u00b5m" | "micrometer"
            | "micrometre" | "micrometers" | "micrometres" => Some(Self::Micrometre),
            "nm" | "nanometer" | "nanometre" | "nanometers" | "nanometres" => Some(Self::Nanometre),
            _ => None,
        }
    }
}

/// Where a unit stands in a file.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) line: u64,
    pub(super) column: &'a str,
}

/// Pixels per unit of the positions. `text` is what the file says; `None` if it says nothing.
pub(super) fn px_per_unit(
    text: Option<&str>,
    options: &FormatOptions,
    place: &Place<'_>,
) -> Result<f64, ForeignError> {
    let stated = text.and_then(LengthUnit::of_text);
    let unit = stated
        .or(options.position_unit)
        .ok_or_else(|| ForeignError::Malformed {
            path: place.path.to_owned(),
            line: place.line,
            column: place.column.to_owned(),
            found: match text {
                Some(text) => format!("the unit '{}'", super::text::shortened(text)),
                None => "no unit".to_owned(),
            },
            expected: "pixel, um or nm",
            advice: "say in which unit the positions are",
        })?;
    let um_per_unit = match unit {
        LengthUnit::Pixel => return Ok(1.0),
        LengthUnit::Micrometre => 1.0,
        LengthUnit::Nanometre => 1e-3,
    };
    let pixel_size_um = options
        .pixel_size_um
        .ok_or_else(|| ForeignError::NoPixelSize {
            path: place.path.to_owned(),
            line: place.line,
            column: place.column.to_owned(),
            unit: unit.name(),
        })?;
    Ok(um_per_unit / pixel_size_um)
}
