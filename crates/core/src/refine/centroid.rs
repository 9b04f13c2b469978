//! Iterated centroid of the light in a disc: what the field calls the iterated intensity centroid.
//!
//! The centroid of the counts above the local level within `radius_px` is taken and the disc moved there until it
//! rests (Crocker and Grier 1996 doi:10.1006/jcis.1996.0217). In: flat counts; out: px, counts. Assumes a lone,
//! symmetric spot; a neighbour within the disc pulls it over.
//!
//! Standard error: the noise of a sum of counts times distances over what holds the centroid in place,
//! `sqrt(sum d^2 v) / (mass - pi R^2 e)`. The first part is of Savin and Doyle 2005 (doi:10.1529/biophysj.104.042457),
//! with the variance `v` of each pixel from what a Gaussian leaves (see `profile`). The second is since the disc of
//! radius `R` follows its own centroid: light at its rim, `e` counts in a pixel, goes with it and holds nothing.
//!
//! Differs from the paper in: the level below the spot is the median of the window's rim instead of a band-pass, and the
//! disc moves by fractions of a pixel with no interpolation, a pixel being in when its centre is. As in the paper,
//! counts below the level are taken as zero, so that faint spots come out wide and heavy.

use super::noise_law::NoiseLaw;
use super::profile::profile;
use super::window::{Window, pixel_noise_counts, settle};
use super::{MakeRefiner, Refiner};
use crate::Tally;
use crate::detect::Candidate;
use crate::film::Film;
use crate::method::{Entry, ParamSpec};
use crate::model::{Flat, Spot};

pub(super) const ENTRY: Entry<MakeRefiner> = Entry {
    key: "centroid",
    title: "Iterated centroid of the light, after Crocker and Grier",
    references: &[
        "doi:10.1006/jcis.1996.0217",
        "doi:10.1529/biophysj.104.042457",
    ],
    params: &[
        ParamSpec {
            key: "radius_px",
            default: 0.0,
            min: 0.0,
            max: 50.0,
            unit: "px",
            meaning: "Radius of the disc; 0 takes three widths of the spot.",
        },
        ParamSpec {
            key: "rounds",
            default: 10.0,
            min: 1.0,
            max: 100.0,
            unit: "rounds",
            meaning: "The disc is moved at most this often.",
        },
    ],
    make: |params, _film| {
        Box::new(Centroid {
            radius_px: params.get("radius_px"),
            rounds: params.get("rounds") as usize,
        })
    },
};

/// Half the width of the ring in which the light at the rim of the disc is taken, px.
const RIM_PX: f64 = 0.75;

struct Centroid {
    radius_px: f64,
    rounds: usize,
}

/// First moments of the light in a disc.
struct Moments {
    mass: f64,
    y: f64,
    x: f64,
    /// Mean square distance from the centroid, per axis, weighted by the light, px^2.
    spread: f64,
}

fn moments(window: &Window, level: f64, y: f64, x: f64, radius: f64) -> Option<Moments> {
    let disc = || {
        window.cells().filter_map(move |(dy, dx, counts)| {
            let (v, u) = (window.y + f64::from(dy), window.x + f64::from(dx));
            let inside = (v - y).hypot(u - x) <= radius;
            inside.then_some((v, u, (counts - level).max(0.0)))
        })
    };
    let mass: f64 = disc().map(|p| p.2).sum();
    if mass <= 0.0 {
        return None;
    }
    let cy = disc().map(|p| p.0 * p.2).sum::<f64>() / mass;
    let cx = disc().map(|p| p.1 * p.2).sum::<f64>() / mass;
    let square = |p: &(f64, f64, f64)| 0.5 * ((p.0 - cy).powi(2) + (p.1 - cx).powi(2));
    Some(Moments {
        mass,
        y: cy,
        x: cx,
        spread: disc().map(|p| p.2 * square(&p)).sum::<f64>() / mass,
    })
}

/// Standard error of the centroid per axis, px. `noise` is that of a pixel, counts, where nothing better is known.
fn precision(window: &Window, level: f64, found: &Moments, radius: f64, noise: f64) -> f64 {
    let at = (found.y, found.x);
    let width = found.spread.sqrt().max(0.5);
    let fitted = profile(window, at, width, noise);
    let dark = NoiseLaw {
        floor: noise * noise,
        slope: 0.0,
    };
    let law = fitted.map_or(dark, |p| p.noise);
    let spot = |r2: f64| {
        fitted.map_or(0.0, |p| {
            p.model.height * (-0.5 * r2 / p.model.width.powi(2)).exp()
        })
    };
    let (mut variance, mut rim, mut in_rim) = (0.0, 0.0, 0.0f64);
    for (dy, dx, counts) in window.cells() {
        let (v, u) = (window.y + f64::from(dy), window.x + f64::from(dx));
        let r2 = (v - found.y).powi(2) + (u - found.x).powi(2);
        let r = r2.sqrt();
        // A pixel below the level counts as zero and moves nothing.
        if r <= radius && counts > level {
            variance += 0.5 * r2 * law.variance(spot(r2));
        }
        if (r - radius).abs() <= RIM_PX {
            rim += (counts - level).max(0.0);
            in_rim += 1.0;
        }
    }
    let follows = std::f64::consts::PI * radius * radius * rim / in_rim.max(1.0);
    let holds = found.mass - follows;
    let error = variance.sqrt() / holds;
    // Where nothing holds the disc it may be anywhere around.
    if holds > 0.0 && error < radius {
        error
    } else {
        radius
    }
}

impl Centroid {
    fn spot(&self, flat: &Flat, film: &Film, c: &Candidate) -> Option<Spot> {
        let radius = if self.radius_px > 0.0 {
            self.radius_px
        } else {
            (3.0 * c.width_px).clamp(2.0, 24.0)
        };
        let (mut y, mut x) = (c.y_px, c.x_px);
        let mut last = None;
        for _ in 0..self.rounds {
            let window = Window::around(flat, film, (y, x), radius + 1.0, 1);
            let level = window.rim_counts();
            let found = moments(&window, level, y, x, radius)?;
            let moved = (found.y - y).hypot(found.x - x);
            (y, x) = (found.y, found.x);
            last = Some((found, level, window));
            if moved < 0.01 {
                break;
            }
        }
        let (found, level, window) = last?;
        let peak = window.cells().filter(|p| p.0.abs() <= 1 && p.1.abs() <= 1);
        let peak = peak.map(|p| p.2 - level).fold(0.0, f64::max);
        let noise = pixel_noise_counts(film);
        let precision = precision(&window, level, &found, radius, noise);
        let spot = Spot {
            x_px: x,
            y_px: y,
            precision_px: precision.max(0.02),
            width_px: found.spread.sqrt(),
            mass_counts: found.mass,
            peak_counts: peak,
            background_counts: level,
            snr: c.snr,
        };
        let numbers = [spot.x_px, spot.y_px, spot.precision_px, spot.width_px];
        numbers.iter().all(|v| v.is_finite()).then_some(spot)
    }
}

impl Refiner for Centroid {
    fn refine(
        &self,
        flat: &Flat,
        film: &Film,
        candidates: &[Candidate],
        tally: &mut Tally,
    ) -> Vec<Spot> {
        let spots: Vec<Spot> = candidates
            .iter()
            .filter(|c| c.x_px.is_finite() && c.y_px.is_finite() && c.width_px.is_finite())
            .filter_map(|c| self.spot(flat, film, c))
            .collect();
        tally.add("fit_failed", (candidates.len() - spots.len()) as u64);
        settle(spots, film, tally)
    }
}
