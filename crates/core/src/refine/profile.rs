//! How high, wide and noisy a spot is whose centre is known.
//!
//! A round Gaussian on a constant with its centre held: for each width the height and the level are a straight line of
//! least squares, so only the width is searched, by golden section (Kiefer 1953, doi:10.1090/S0002-9939-1953-0055639-3)
//! after a coarse look. In: counts of a window; out: px, counts.

use super::fit::Model;
use super::noise_law::{NoiseLaw, NoiseSums};
use super::window::Window;

/// Narrowest and widest spot looked for, in expected widths.
const WIDTHS: (f64, f64) = (0.4, 3.0);
/// Weight of the expectation of the width: one standard deviation of its logarithm. A faint spot could be anything.
const WIDTH_PRIOR_LN: f64 = 0.5;
/// Widths looked at before the search, and steps of the search.
const COARSE: usize = 8;
const FINE: usize = 10;
/// Numbers that the shape takes from the residuals: level, height, width, and two of the centre.
const TAKEN: f64 = 5.0;

/// Shape of a spot, and the noise of its pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    /// The Gaussian.
    pub(super) model: Model,
    /// Noise of a cell of the window.
    pub(super) noise: NoiseLaw,
}

/// Shape of the spot around (y, x), px; `noise` is that of a pixel, counts. `None` without enough pixels or with a height that
/// is not above zero.
pub(super) fn profile(
    window: &Window,
    at: (f64, f64),
    expected_width: f64,
    noise: f64,
) -> Option<Profile> {
    let n = window.len() as f64;
    let noise = noise / window.pitch;
    if n < 2.0 * TAKEN || expected_width <= 0.0 {
        return None;
    }
    let price = |ln_ratio: f64| {
        let (_, left) = with_width(window, at, expected_width * ln_ratio.exp());
        let variance = (left / n).max(noise * noise);
        left + variance * (ln_ratio / WIDTH_PRIOR_LN).powi(2)
    };
    let (low, high) = (WIDTHS.0.ln(), WIDTHS.1.ln());
    let pitch = (high - low) / COARSE as f64;
    let best = (0..=COARSE)
        .map(|i| low + pitch * i as f64)
        .map(|v| (price(v), v))
        .min_by(|a, b| a.0.total_cmp(&b.0))?
        .1;
    let ln_ratio = golden((best - pitch).max(low), (best + pitch).min(high), price);
    let (model, _) = with_width(window, at, expected_width * ln_ratio.exp());
    if !(model.height > 0.0 && model.height.is_finite()) {
        return None;
    }
    let mut sums = NoiseSums::default();
    for_each(window, at, model.width, |shape, counts| {
        let residual = counts - model.level - model.height * shape;
        sums.add(model.height * shape, residual * residual * n / (n - TAKEN));
    });
    Some(Profile {
        model,
        noise: sums.law(),
    })
}

/// Where a valley is lowest.
fn golden(mut low: f64, mut high: f64, price: impl Fn(f64) -> f64) -> f64 {
    let ratio = 0.5 * (5.0f64.sqrt() - 1.0);
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut price_a, mut price_b) = (price(a), price(b));
    for _ in 0..FINE {
        if price_a <= price_b {
            (high, b, price_b) = (b, a, price_a);
            a = high - ratio * (high - low);
            price_a = price(a);
        } else {
            (low, a, price_a) = (a, b, price_b);
            b = low + ratio * (high - low);
            price_b = price(b);
        }
    }
    0.5 * (low + high)
}

/// The Gaussian of this width that fits best, and the sum of squares it leaves.
fn with_width(window: &Window, at: (f64, f64), width: f64) -> (Model, f64) {
    let n = window.len() as f64;
    let (mut s, mut ss, mut c, mut cc, mut sc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for_each(window, at, width, |shape, counts| {
        s += shape;
        ss += shape * shape;
        c += counts;
        cc += counts * counts;
        sc += shape * counts;
    });
    let spread = ss - s * s / n;
    let height = if spread > 1e-12 {
        (sc - s * c / n) / spread
    } else {
        0.0
    };
    let model = Model {
        y: at.0,
        x: at.1,
        height,
        level: (c - height * s) / n,
        width,
    };
    let left = cc - c * c / n - height * height * spread;
    (model, left.max(0.0))
}

/// Calls `visit` with the shape (1 at the centre) and the counts of each cell.
fn for_each(window: &Window, (y, x): (f64, f64), width: f64, mut visit: impl FnMut(f64, f64)) {
    let bend = -0.5 / (width * width);
    let axis = |middle: f64, at: f64| -> Vec<f64> {
        (-window.radius..=window.radius)
            .map(|d| (bend * (middle + window.pitch * f64::from(d) - at).powi(2)).exp())
            .collect()
    };
    let (rows, cols) = (axis(window.y, y), axis(window.x, x));
    for (dy, dx, counts) in window.cells() {
        let shape = rows[(dy + window.radius) as usize] * cols[(dx + window.radius) as usize];
        visit(shape, counts);
    }
}
