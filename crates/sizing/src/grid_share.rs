//! The share of a curve between two diameters, from the curve on its grid and its band.
//!
//! The curve is straight between neighbours of the grid, so that its integral is a sum of trapezia.
//!
//! The interval takes the band at its word in the worst way: the curve as low as the band allows within the range and as high
//! as it allows outside, and the other way round, each over its own whole. A band holds each point by itself, and points do not
//! err all to one side at once, so that where there are particles the interval is wider than one from resampled tracks. Where none
//! were seen a band is next to nothing; there the interval is never narrower than what so many tracks can exclude: of n tracks none
//! may lie in a range that holds up to 3 / n of the particles (95 %; Hanley & Lippman-Hand 1983,
//! doi:10.1001/jama.1983.03330370053031).

use crate::concentration::NONE_SEEN_95;

/// A density on a grid with its band. All of one length, diameters ascending.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// The grid, nm.
    pub diameter_nm: &'a [f64],
    /// The density.
    pub density: &'a [f64],
    /// Lower end of the band; empty if there is none.
    pub low: &'a [f64],
    /// Upper end of the band; empty if there is none.
    pub high: &'a [f64],
    /// Tracks that it was made from.
    pub tracks: u64,
}

/// A share, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// An interval that holds it in at least 95 of 100 cases; `None` without a band.
    pub ci95: Option<[f64; 2]>,
}

/// The share from one diameter, or from the smallest, up to another, or the largest. `None` without a curve.
pub fn share(curve: &Curve<'_>, from_nm: Option<f64>, to_nm: Option<f64>) -> Option<Share> {
    let from = from_nm.unwrap_or(f64::NEG_INFINITY);
    let to = to_nm.unwrap_or(f64::INFINITY);
    let parts = |y: &[f64]| {
        let within = integral(curve.diameter_nm, y, [from, to]);
        (
            within,
            integral(curve.diameter_nm, y, [f64::NEG_INFINITY, f64::INFINITY]) - within,
        )
    };
    let of_whole = |within: f64, outside: f64| {
        let share = within / (within + outside.max(0.0));
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    };
    let (within, outside) = parts(curve.density);
    let value = of_whole(within, outside)?;
    let has_band = [curve.low, curve.high]
        .iter()
        .all(|b| b.len() == curve.density.len());
    let band = || {
        let (low_in, low_out) = parts(curve.low);
        let (high_in, high_out) = parts(curve.high);
        let ends = [of_whole(low_in, high_out)?, of_whole(high_in, low_out)?];
        let unseen = (NONE_SEEN_95 / curve.tracks.max(1) as f64).min(1.0);
        Some([
            ends[0].min(value).min(1.0 - unseen),
            ends[1].max(value).max(unseen),
        ])
    };
    Some(Share {
        value,
        ci95: has_band.then(band).flatten(),
    })
}

/// Integral of the straight pieces between two diameters.
fn integral(x: &[f64], y: &[f64], [from, to]: [f64; 2]) -> f64 {
    let pieces = x.windows(2).zip(y.windows(2));
    pieces
        .map(|(x, y)| {
            let (a, b) = (x[0].max(from), x[1].min(to));
            let width = x[1] - x[0];
            if b <= a || width <= 0.0 {
                return 0.0;
            }
            let at = |d: f64| y[0] + (y[1] - y[0]) * (d - x[0]) / width;
            0.5 * (at(a) + at(b)) * (b - a)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_triangle_are_those_done_by_hand() {
        // Up from 0 at 100 nm to 0.01 at 200 nm, and down to 0 at 300 nm: the whole is 1.
        let curve = Curve {
            diameter_nm: &[100.0, 200.0, 300.0],
            density: &[0.0, 0.01, 0.0],
            low: &[0.0, 0.008, 0.0],
            high: &[0.0, 0.012, 0.0],
            tracks: 300,
        };
        let half = share(&curve, None, Some(200.0)).expect("a share");
        assert!((half.value - 0.5).abs() < 1e-12);
        // 0.4 of 0.4 + 0.6, and 0.6 of 0.6 + 0.4.
        let [low, high] = half.ci95.expect("an interval");
        assert!((low - 0.4).abs() < 1e-12 && (high - 0.6).abs() < 1e-12);
        let eighth = share(&curve, Some(250.0), None).expect("a share");
        assert!((eighth.value - 0.125).abs() < 1e-12);
        let middle = share(&curve, Some(150.0), Some(250.0)).expect("a share");
        assert!((middle.value - 0.75).abs() < 1e-12);
        // Where nothing was seen, 300 tracks leave room for three in 300.
        let beyond = share(&curve, Some(400.0), None).expect("a share");
        let [low, high] = beyond.ci95.expect("an interval");
        assert_eq!((beyond.value, low), (0.0, 0.0));
        assert!((high - 0.01).abs() < 1e-4, "{high}");
        let all = share(&curve, Some(100.0), None).expect("a share");
        let [low, high] = all.ci95.expect("an interval");
        assert!(all.value == 1.0 && high == 1.0 && (low - 0.99).abs() < 1e-4);
    }

    #[test]
    fn a_curve_without_band_or_without_area_says_so() {
        let curve = |density: &'static [f64]| Curve {
            diameter_nm: &[100.0, 200.0],
            density,
            low: &[],
            high: &[],
            tracks: 300,
        };
        let got = share(&curve(&[0.01, 0.01]), None, Some(150.0)).expect("a share");
        assert_eq!((got.value, got.ci95), (0.5, None));
        assert_eq!(share(&curve(&[0.0, 0.0]), None, None), None);
        assert_eq!(share(&curve(&[]), None, None), None);
        assert_eq!(share(&curve(&[f64::NAN, 0.1]), None, None), None);
    }
}
