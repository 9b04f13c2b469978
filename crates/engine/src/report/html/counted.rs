//! What a distribution counts, in words.

use super::words::user;

/// Words for one weighting.
pub struct Counted {
    /// `particles`, `volume`, ...
    noun: &'static str,
    /// What is said of the part below a diameter.
    smaller: &'static str,
    /// What stands beside the axis of the density.
    pub axis: &'static str,
    /// What the mean is.
    pub mean: &'static str,
    /// What the mode is.
    pub mode: &'static str,
}

/// The words for a weighting of the result.
pub fn counted(weighting: &str) -> Counted {
    let (noun, smaller, axis, mean, mode) = match weighting {
        "area" => (
            "surface",
            "is on smaller particles",
            "Share of the surface (% per nm)",
            "average, weighted by surface (D[3,2])",
            "diameter that holds the most surface",
        ),
        "volume" => (
            "volume",
            "is in smaller particles",
            "Share of the volume (% per nm)",
            "average, weighted by volume (D[4,3])",
            "diameter that holds the most volume",
        ),
        "track" => (
            "tracks",
            "are of smaller particles",
            "Share of the tracks (% per nm)",
            "average of the tracks",
            "diameter of the most tracks",
        ),
        _ => (
            "particles",
            "are smaller",
            "Share of the particles (% per nm)",
            "average diameter",
            "most frequent diameter",
        ),
    };
    Counted {
        noun,
        smaller,
        axis,
        mean,
        mode,
    }
}

impl Counted {
    /// `share of the volume`.
    pub fn share(&self) -> String {
        format!("share of the {}", self.noun)
    }

    /// `10 % of the volume is in smaller particles`.
    pub fn below(&self, part: &str) -> String {
        format!("{part} of the {} {}", self.noun, self.smaller)
    }

    /// `the middle 80 % of the volume`.
    pub fn middle(&self, part: &str) -> String {
        format!("the middle {part} of the {}", self.noun)
    }
}

/// `, by volume`; nothing where the result does not say.
pub fn by(weighting: &str) -> String {
    match weighting {
        "" => String::new(),
        known @ ("number" | "area" | "volume" | "track") => format!(", by {known}"),
        other => format!(", by {}", user(other)),
    }
}
