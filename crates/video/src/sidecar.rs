//! What programs write beside the pixels: pixel size, times, exposure. Values that cannot be are taken as absent.

pub(crate) mod imagej;
pub(crate) mod micro_manager;
pub(crate) mod ome;
pub(crate) mod timestamps;

/// What was found; `None` where it does not say.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Sidecar {
    /// Side of a pixel in the sample, um.
    pub(crate) pixel_size_um: Option<f64>,
    /// Time between frames, s.
    pub(crate) frame_interval_s: Option<f64>,
    /// Exposure, s.
    pub(crate) exposure_s: Option<f64>,
    /// Time of each frame, s, if all have one.
    pub(crate) times_s: Option<Vec<f64>>,
    /// How the pages are dealt out over time, depth and channels.
    pub(crate) planes: Option<Planes>,
    /// Anything for people.
    pub(crate) says: Vec<(&'static str, String)>,
}

/// The order of the pages of a stack with more dimensions than time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planes {
    /// Name and length of each dimension, the fastest first: `c`, `z`, `t`.
    pub(crate) dims: [(char, u64); 3],
}

impl Planes {
    /// The stride between frames and their number, if only one page of several belongs to the film: depth 0 and
    /// channel 0 are taken. Time is the dimension of that name; where it has no length, depth is time, as many
    /// programs write it. `None` if the dimensions do not match the number of pages, or nothing has to be left out.
    pub(crate) fn film(&self, pages: u64) -> Option<(u64, u64)> {
        let total = self.dims.iter().try_fold(1u64, |n, d| n.checked_mul(d.1))?;
        if total != pages || self.dims.iter().filter(|d| d.1 > 1).count() < 2 {
            return None;
        }
        let length = |name| self.dims.iter().find(|d| d.0 == name).map_or(1, |d| d.1);
        let time = if length('t') > 1 { 't' } else { 'z' };
        let at = self.dims.iter().position(|d| d.0 == time)?;
        let stride = self.dims[..at].iter().map(|d| d.1).product();
        Some((stride, self.dims[at].1))
    }
}

/// A length in micrometres; `None` for pixels, unknown units and values that no pixel of a microscope has.
pub(crate) fn length_um(value: f64, unit: &str) -> Option<f64> {
    let factor = match unit.trim() {
        "" | "\u{b5}m" | "\u{3bc}m" | "um" | "micron" | "microns" | "micrometer" | "micrometre"
        | "\\u00B5m" => 1.0,
        "nm" | "nanometer" | "nanometre" => 1e-3,
        "\u{c5}" | "\u{212b}" | "angstrom" => 1e-4,
        "pm" => 1e-6,
        "mm" | "millimeter" | "millimetre" => 1e3,
        "cm" => 1e4,
        "m" => 1e6,
        "inch" | "in" | "inches" => 25_400.0,
        _ => return None,
    };
    Some(value * factor).filter(|um| (1e-4..=1e3).contains(um))
}

/// A time in seconds; `None` for unknown units and for what is not above zero.
pub(crate) fn duration_s(value: f64, unit: &str) -> Option<f64> {
    moment_s(value, unit).filter(|s| (1e-9..=1e6).contains(s))
}

/// A moment in seconds, which may be zero or negative.
pub(crate) fn moment_s(value: f64, unit: &str) -> Option<f64> {
    let factor = match unit.trim() {
        "" | "s" | "sec" | "second" | "seconds" => 1.0,
        "ms" | "msec" | "millisecond" | "milliseconds" => 1e-3,
        "\u{b5}s" | "\u{3bc}s" | "us" | "usec" => 1e-6,
        "ns" => 1e-9,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => return None,
    };
    Some(value * factor).filter(|s| s.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_micrometres_and_seconds() {
        assert_eq!(length_um(166.0, "nm"), Some(0.166));
        assert_eq!(length_um(0.5, "\u{b5}m"), Some(0.5));
        assert_eq!(length_um(1.0, "pixel"), None);
        assert_eq!(length_um(0.0, "um"), None);
        assert_eq!(length_um(-1.0, "um"), None);
        assert_eq!(length_um(f64::NAN, "um"), None);
        assert_eq!(duration_s(40.0, "ms"), Some(0.04));
        assert_eq!(duration_s(0.0, "s"), None);
        assert_eq!(moment_s(0.0, "s"), Some(0.0));
    }

    #[test]
    fn channels_are_left_out_and_depth_may_be_time() {
        let planes = |c, z, t| Planes {
            dims: [('c', c), ('z', z), ('t', t)],
        };
        assert_eq!(planes(2, 1, 50).film(100), Some((2, 50)));
        assert_eq!(planes(2, 3, 5).film(30), Some((6, 5)));
        assert_eq!(planes(2, 30, 1).film(60), Some((2, 30)));
        assert_eq!(planes(1, 30, 1).film(30), None);
        assert_eq!(planes(2, 1, 50).film(99), None);
        assert_eq!(planes(u64::MAX, 2, 2).film(4), None);
    }
}
