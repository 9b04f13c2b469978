//! The description that ImageJ puts into the first page: lines of `key=value` after `ImageJ=version`.

use super::{Planes, Sidecar, duration_s, length_um};
use std::collections::BTreeMap;

/// The description as keys and values, if ImageJ wrote it.
pub(crate) fn keys(text: &str) -> Option<BTreeMap<&str, &str>> {
    if !text.starts_with("ImageJ=") {
        return None;
    }
    Some(
        text.lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect(),
    )
}

/// Number of images in the stack, where it says.
pub(crate) fn images(keys: &BTreeMap<&str, &str>) -> Option<u64> {
    keys.get("images")?.parse().ok()
}

/// Reads what can be used. `per_unit` is the number of pixels in one `unit`.
pub(crate) fn read(keys: &BTreeMap<&str, &str>, per_unit: Option<f64>) -> Sidecar {
    let number = |key: &str| keys.get(key).and_then(|v| v.parse::<f64>().ok());
    let count = |key: &str| {
        keys.get(key)
            .and_then(|v| v.parse::<u64>().ok())
            .unwrap_or(1)
            .max(1)
    };
    let unit = keys.get("unit").copied().unwrap_or("pixel");
    let time_unit = keys.get("tunit").copied().unwrap_or("s");
    // `finterval` is the time between frames; `fps` is also what a person set for playing, so it comes second.
    let by_interval = number("finterval").and_then(|v| duration_s(v, time_unit));
    let by_rate = number("fps").and_then(|v| duration_s(1.0 / v, "s"));
    Sidecar {
        pixel_size_um: per_unit
            .filter(|_| !unit.is_empty())
            .and_then(|n| length_um(1.0 / n, unit)),
        frame_interval_s: by_interval.or(by_rate),
        planes: Some(Planes {
            dims: [
                ('c', count("channels")),
                ('z', count("slices")),
                ('t', count("frames")),
            ],
        }),
        ..Sidecar::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_and_resolution_give_the_pixel_size() {
        let text = "ImageJ=1.53t\nimages=30\nframes=30\nunit=nm\nfinterval=40\ntunit=ms\nfps=7\n";
        let k = keys(text).unwrap();
        let s = read(&k, Some(1.0 / 166.0));
        assert!((s.pixel_size_um.unwrap() - 0.166).abs() < 1e-12);
        assert_eq!((s.frame_interval_s, images(&k)), (Some(0.04), Some(30)));
    }

    #[test]
    fn pixels_as_unit_and_zero_rates_are_absent() {
        let k = keys("ImageJ=1.53t\nimages=x\nfps=0.0\nfinterval=0").unwrap();
        let s = read(&k, Some(1.0));
        assert_eq!(
            (s.pixel_size_um, s.frame_interval_s, images(&k)),
            (None, None, None)
        );
        assert!(keys("images=3").is_none());
    }
}
