//! Iterated centroid of the light in a disc, after Crocker and Grier.
//!
//! The centroid of the counts above the local level within `radius_px` is taken and the disc moved there until it
//! rests (Crocker and Grier 1996 doi:10.1006/jcis.1996.0217). The standard error is that of a sum of noisy
//! counts, sigma sqrt(sum d^2) / mass (Savin and Doyle 2005 doi:10.1529/biophysj.104.042457).
//! In: flat counts; out: px, counts. Assumes a lone, symmetric spot; a neighbour within the disc pulls it over.
//!
//! Differs from the paper in: the level below the spot is the median of the window's rim, and the disc moves by
//! fractions of a pixel with no interpolation, a pixel being in when its centre is.

use super::window::{Window, settle};
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
    /// Sum of the squares of the distances per axis over the pixels of the disc, px^2.
    lever: f64,
}

fn moments(window: &Window, level: f64, y: f64, x: f64, radius: f64) -> Option<Moments> {
    let disc = || {
        window.pixels.iter().filter_map(move |(dy, dx, counts)| {
            let (v, u) = (window.y + f64::from(*dy), window.x + f64::from(*dx));
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
        lever: disc().map(|p| square(&p)).sum(),
    })
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
        let peak = window
            .pixels
            .iter()
            .filter(|p| p.0.abs() <= 1 && p.1.abs() <= 1);
        let peak = peak.map(|p| p.2 - level).fold(0.0, f64::max);
        let noise = f64::from(film.noise_counts).max(0.29);
        let spot = Spot {
            x_px: x,
            y_px: y,
            precision_px: (noise * found.lever.sqrt() / found.mass).max(0.02),
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
