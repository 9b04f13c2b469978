//! Centre of radial symmetry, after Parthasarathy.
//!
//! The gradient of a round spot points to its centre from everywhere. The centre is the point of least weighted squared
//! distance to the lines along all gradients of a window (Parthasarathy 2012, doi:10.1038/nmeth.2071; see `gradients`).
//! It needs no shape and no start, and is about as exact as a fit for a lone spot.
//!
//! In: flat counts; out: px, counts. Assumes a lone, round spot on an even background; a neighbour in the window pulls.
//!
//! Differs from the paper in: the window follows the centre that it shows; wide spots are taken in cells of several
//! pixels; saturated and masked pixels are left out with the gradients that need them; places close to the centroid
//! weigh as if half a cell away; the rim of the window is averaged over what there is of it. The standard error, of
//! which the paper has none, is the noise of the pixels carried through the two linear equations to first order. That
//! noise, and width, mass and peak, are from a Gaussian around the centre (see `profile`).

use super::gradients::Gradients;
use super::profile::{Profile, profile};
use super::window::{Window, pixel_noise_counts, settle};
use super::{MakeRefiner, Refiner};
use crate::Tally;
use crate::detect::Candidate;
use crate::film::Film;
use crate::method::{Entry, ParamSpec};
use crate::model::{Flat, Spot};

pub(super) const ENTRY: Entry<MakeRefiner> = Entry {
    key: "radial-symmetry",
    title: "Centre of radial symmetry of the gradients, after Parthasarathy",
    references: &["doi:10.1038/nmeth.2071"],
    params: &[
        ParamSpec {
            key: "window_widths",
            default: 2.5,
            min: 1.5,
            max: 6.0,
            unit: "widths",
            meaning: "Half side of the window in widths of the spot.",
        },
        ParamSpec {
            key: "lowest_precision_px",
            default: 0.02,
            min: 0.0,
            max: 1.0,
            unit: "px",
            meaning: "No standard error is stated below this; the shape of real spots is not known better.",
        },
    ],
    make: |params, _film| {
        Box::new(RadialSymmetry {
            window_widths: params.get("window_widths"),
            lowest_precision_px: params.get("lowest_precision_px"),
        })
    },
};

/// Half side of the largest window, px.
const LARGEST_RADIUS_PX: f64 = 40.0;
/// A cell of the window is at most one in this many widths. Gradients of single pixels are mostly noise where the spot
/// changes little from one to the next: at snr 5 and a width of 2.5 px the error was 1.3 px with cells of one pixel.
const CELLS_PER_WIDTH: f64 = 1.2;
/// The window is put at most so often around the centre that it shows.
const ROUNDS: usize = 3;

struct RadialSymmetry {
    window_widths: f64,
    lowest_precision_px: f64,
}

impl RadialSymmetry {
    fn spot(&self, flat: &Flat, film: &Film, c: &Candidate) -> Option<Spot> {
        let radius = (self.window_widths * c.width_px).clamp(3.0, LARGEST_RADIUS_PX);
        let pitch = (c.width_px / CELLS_PER_WIDTH).floor().clamp(1.0, 4.0) as i32;
        let noise = pixel_noise_counts(film);
        let mut window = Window::around(flat, film, (c.y_px, c.x_px), radius, pitch);
        let (mut gradients, mut at) = centre(&window)?;
        for _ in 1..ROUNDS {
            let next = Window::around(flat, film, at, radius, pitch);
            if (next.y, next.x) == (window.y, window.x) {
                break;
            }
            (gradients, at) = centre(&next)?;
            window = next;
        }
        let (y, x) = at;
        if (y - c.y_px).hypot(x - c.x_px) > (1.5 * c.width_px).max(2.0) {
            return None;
        }
        let Profile { model, noise } = profile(&window, at, c.width_px, noise)?;
        let bend = -0.5 / (model.width * model.width);
        let variance = gradients.variance(&window, &noise, |dy, dx| {
            let v = window.y + window.pitch * f64::from(dy) - y;
            let u = window.x + window.pitch * f64::from(dx) - x;
            model.height * (bend * (v * v + u * u)).exp()
        });
        let spot = Spot {
            x_px: x,
            y_px: y,
            precision_px: (window.pitch * variance.sqrt()).max(self.lowest_precision_px),
            width_px: model.width_without_cells(pitch),
            mass_counts: std::f64::consts::TAU * model.height * model.width * model.width,
            peak_counts: model.height,
            background_counts: model.level,
            snr: c.snr,
        };
        let numbers = [spot.x_px, spot.y_px, spot.precision_px, spot.mass_counts];
        numbers.iter().all(|v| v.is_finite()).then_some(spot)
    }
}

/// The gradients of a window and the point (y, x) that they show, px; `None` if it is outside.
fn centre(window: &Window) -> Option<(Gradients, (f64, f64))> {
    let gradients = Gradients::of(window)?;
    let (u, v) = (gradients.centre.x, gradients.centre.y);
    let inside = u.abs().max(v.abs()) <= f64::from(window.radius);
    let at = (window.y + window.pitch * v, window.x + window.pitch * u);
    inside.then_some((gradients, at))
}

impl Refiner for RadialSymmetry {
    fn refine(
        &self,
        flat: &Flat,
        film: &Film,
        candidates: &[Candidate],
        tally: &mut Tally,
    ) -> Vec<Spot> {
        let spots: Vec<Spot> = candidates
            .iter()
            .filter(|c| c.is_sound())
            .filter_map(|c| self.spot(flat, film, c))
            .collect();
        tally.add("fit_failed", (candidates.len() - spots.len()) as u64);
        settle(spots, film, tally)
    }
}
