//! Free-width Gaussian least squares.
//!
//! A round Gaussian on a constant is fitted to the pixels within 3.5 widths (Mortensen 2010 doi:10.1038/nmeth.1447
//! treats the fit and its error). The width is free, which is what makes the fit right for particles out of focus or
//! blurred by motion; a weak expectation keeps it from running away for faint ones. Spots nearer than two windows are
//! fitted in turns, each with the others taken away, which converges to their joint fit. A spot that is two is taken
//! apart (see `pair`).
//!
//! In: flat counts; out: px, counts. Assumes round spots; others get a larger standard error from their residuals.
//!
//! Differs from the paper in: the standard error comes from the residuals of each fit with a noise that may grow
//! with the light, not from a formula of photon numbers, which films do not state; it is larger for weak spots
//! (`weak_spot_factor`).

use super::fit::{self, Fitted, Model, fit};
use super::pair::{self, Elongation};
use super::window::{Window, pixel_noise_counts, settle};
use super::{MakeRefiner, Refiner};
use crate::Tally;
use crate::detect::Candidate;
use crate::film::Film;
use crate::method::{Entry, ParamSpec};
use crate::model::{Flat, Spot};

pub(super) const ENTRY: Entry<MakeRefiner> = Entry {
    key: "gaussian",
    title: "Gaussian of free width by least squares, neighbours fitted along",
    references: &["doi:10.1038/nmeth.1447"],
    params: &[
        ParamSpec {
            key: "window_widths",
            default: 3.5,
            min: 2.0,
            max: 6.0,
            unit: "widths",
            meaning: "Half side of the fitted window in widths of the spot.",
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
        Box::new(Gaussian {
            window_widths: params.get("window_widths"),
            lowest_precision_px: params.get("lowest_precision_px"),
        })
    },
};

/// Half side of the largest window, px.
const LARGEST_RADIUS_PX: f64 = 40.0;
/// A cell of the window is at most one in this many widths.
const CELLS_PER_WIDTH: f64 = 2.2;
/// Weaker spots are not looked at for being two.
const LEAST_PAIR_SNR: f64 = 12.0;
/// See [`weak_spot_factor`].
const WEAK_SPOT: f64 = 18.0;
/// Rounds over spots that have neighbours.
const ROUNDS: usize = 3;

struct Gaussian {
    window_widths: f64,
    lowest_precision_px: f64,
}

/// Room that all fits of a frame use.
#[derive(Default)]
struct Room {
    window: Window,
    fit: fit::Room,
}

/// A candidate while it is worked on.
struct Work {
    candidate: Candidate,
    radius_px: f64,
    pitch: i32,
    neighbours: Vec<usize>,
    fitted: Option<Fitted>,
    /// Of a spot without neighbours that is not round.
    elongation: Option<Elongation>,
    /// One of two that were taken for one.
    split: bool,
}

impl Gaussian {
    fn prepare(&self, candidates: &[Candidate]) -> Vec<Work> {
        let mut works: Vec<Work> = candidates
            .iter()
            .filter(|c| c.is_sound())
            .map(|c| Work {
                candidate: *c,
                radius_px: (self.window_widths * c.width_px).clamp(3.0, LARGEST_RADIUS_PX),
                pitch: (c.width_px / CELLS_PER_WIDTH).floor().clamp(1.0, 4.0) as i32,
                neighbours: Vec::new(),
                fitted: None,
                elongation: None,
                split: false,
            })
            .collect();
        // Strong spots first: they disturb the weak ones and not the other way round.
        works.sort_by(|a, b| {
            let (a, b) = (&a.candidate, &b.candidate);
            b.snr
                .total_cmp(&a.snr)
                .then(a.y_px.total_cmp(&b.y_px))
                .then(a.x_px.total_cmp(&b.x_px))
        });
        find_neighbours(&mut works);
        works
    }

    fn fit_one(
        &self,
        works: &mut [Work],
        i: usize,
        (flat, film): (&Flat, &Film),
        room: &mut Room,
    ) -> Option<Fitted> {
        self.take_window(works, i, (flat, film), room);
        let Room {
            window,
            fit: fit_room,
        } = room;
        let work = &mut works[i];
        let c = &work.candidate;
        let noise = pixel_noise_counts(film);
        // A later round starts where the last one ended.
        let start = match &work.fitted {
            Some(fitted) => fitted.model,
            None => first_guess(c, window, film, noise),
        };
        let fitted = fit(window, start, c.width_px, noise, fit_room)?;
        // Without neighbours the window stays as it is, and so does what it shows.
        work.elongation =
            (work.neighbours.is_empty() && work.pitch == 1 && c.snr >= LEAST_PAIR_SNR)
                .then(|| pair::elongation(window, &fitted, noise, &fit_room.factors))
                .flatten();
        let m = &fitted.model;
        let moved = (m.y - c.y_px).hypot(m.x - c.x_px);
        let credible = m.height > 0.0
            && moved <= (1.5 * c.width_px).max(2.0)
            && m.width >= 0.4 * c.width_px
            && m.width <= 3.0 * c.width_px;
        credible.then_some(fitted)
    }

    /// Takes apart what is two spots; gives how many there were.
    fn split_pairs(
        &self,
        works: &mut Vec<Work>,
        (flat, film): (&Flat, &Film),
        room: &mut Room,
    ) -> usize {
        let noise = pixel_noise_counts(film);
        let before = works.len();
        for i in 0..before {
            let (c, Some(single)) = (works[i].candidate, works[i].fitted) else {
                continue;
            };
            if works[i].pitch > 1 || c.snr < LEAST_PAIR_SNR {
                continue;
            }
            let alone = works[i].neighbours.is_empty();
            if alone && works[i].elongation.is_none() {
                continue;
            }
            self.take_window(works, i, (flat, film), room);
            let Room { window, fit } = &mut *room;
            let elongation = match alone {
                true => works[i].elongation,
                // What the neighbours took from the window has changed since the spot was fitted.
                false => {
                    fit.factors.fill(&single.model, window);
                    pair::elongation(window, &single, noise, &fit.factors)
                }
            };
            let two =
                elongation.and_then(|e| pair::split(window, &single, e, film.spot_width_px, noise));
            let Some([a, b]) = two else {
                continue;
            };
            let response =
                |m: &Model| m.height * m.width.powi(2) / (m.width.powi(2) + c.width_px.powi(2));
            let whole = response(&single.model);
            let (radius_px, neighbours) = (works[i].radius_px, works[i].neighbours.clone());
            let part = |fitted: Fitted| Work {
                candidate: Candidate {
                    x_px: fitted.model.x,
                    y_px: fitted.model.y,
                    snr: c.snr * (response(&fitted.model) / whole).min(1.0),
                    width_px: c.width_px,
                },
                radius_px,
                pitch: 1,
                neighbours: neighbours.clone(),
                fitted: Some(fitted),
                elongation: None,
                split: true,
            };
            let (first, second, place) = (part(a), part(b), works.len());
            for n in &neighbours {
                works[*n].neighbours.push(place);
            }
            works[i] = first;
            works.push(second);
        }
        works.len() - before
    }

    /// The window of a candidate, without its neighbours.
    fn take_window(
        &self,
        works: &[Work],
        i: usize,
        (flat, film): (&Flat, &Film),
        Room { window, fit }: &mut Room,
    ) {
        let work = &works[i];
        let c = &work.candidate;
        window.take(flat, film, (c.y_px, c.x_px), work.radius_px, work.pitch);
        for n in &work.neighbours {
            if let Some(other) = &works[*n].fitted {
                other.model.subtract_from(window, &mut fit.factors);
            }
        }
    }

    fn spot(&self, work: &Work, flat: &Flat, film: &Film) -> Option<Spot> {
        let c = &work.candidate;
        let spot = match &work.fitted {
            Some(Fitted {
                model,
                precision_px,
            }) => Spot {
                x_px: model.x,
                y_px: model.y,
                precision_px: (precision_px * weak_spot_factor(c.snr))
                    .max(self.lowest_precision_px),
                width_px: model.width_without_cells(work.pitch),
                mass_counts: std::f64::consts::TAU * model.height * model.width * model.width,
                peak_counts: model.height,
                background_counts: model.level,
                snr: c.snr,
            },
            // The filter's peak is as good a position as there is; its error is sqrt(2) s / z in theory and about
            // twice that in practice for the spots that end here.
            None => {
                let window =
                    Window::around(flat, film, (c.y_px, c.x_px), work.radius_px, work.pitch);
                let level = window.rim_counts();
                let centre = window.cells().find(|p| p.0 == 0 && p.1 == 0);
                let peak = centre.map_or(0.0, |p| (p.2 - level).max(0.0));
                let precision = 2.0 * std::f64::consts::SQRT_2 * c.width_px / c.snr.max(1.0);
                Spot {
                    x_px: c.x_px,
                    y_px: c.y_px,
                    precision_px: precision.max(self.lowest_precision_px),
                    width_px: c.width_px,
                    mass_counts: std::f64::consts::TAU * peak * c.width_px * c.width_px,
                    peak_counts: peak,
                    background_counts: level,
                    snr: c.snr,
                }
            }
        };
        let numbers = [spot.x_px, spot.y_px, spot.precision_px, spot.mass_counts];
        numbers.iter().all(|v| v.is_finite()).then_some(spot)
    }
}

/// Height, level and width to start a fit from.
fn first_guess(c: &Candidate, window: &Window, film: &Film, noise: f64) -> Model {
    let level = window.rim_counts();
    let top = window.middle_counts().fold(f64::MIN, f64::max);
    // Where the centre is saturated the ceiling is the best guess of the height.
    let top = if top == f64::MIN {
        f64::from(film.ceiling_counts) - f64::from(film.level_counts)
    } else {
        top
    };
    Model {
        y: c.y_px,
        x: c.x_px,
        height: (top - level).max(noise),
        level,
        width: c.width_px,
    }
}

/// How much larger the error of a weak spot is than its fit says. The fit knows the curvature at its minimum only; near
/// the noise the minimum itself is one of several. The next order in 1 / snr^2 was measured on simulated films.
fn weak_spot_factor(snr: f64) -> f64 {
    (1.0 + WEAK_SPOT / snr.max(1.0).powi(2)).sqrt()
}

/// A peak on the outermost pixels that no spot fits is the flank of one whose middle lies beyond; where, it does not say.
fn on_border(c: &Candidate, film: &Film) -> bool {
    let (height, width) = film.usable.dim();
    let outermost = |v: f64, n: usize| v < 0.5 || v > n as f64 - 1.5;
    outermost(c.y_px, height) || outermost(c.x_px, width)
}

/// Lists for each spot those whose windows overlap with its own.
fn find_neighbours(works: &mut [Work]) {
    let mut by_row: Vec<(f64, usize)> = works
        .iter()
        .enumerate()
        .map(|(i, w)| (w.candidate.y_px, i))
        .collect();
    by_row.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let widest = works.iter().map(|w| w.radius_px).fold(0.0, f64::max);
    for (k, (y, i)) in by_row.iter().enumerate() {
        for (other_y, j) in &by_row[k + 1..] {
            if other_y - y > 2.0 * widest {
                break;
            }
            let (a, b) = (&works[*i].candidate, &works[*j].candidate);
            let reach = works[*i].radius_px + works[*j].radius_px;
            let (dy, dx) = (a.y_px - b.y_px, a.x_px - b.x_px);
            // The exact distance only where it may matter.
            if dx.abs() < 1.01 * reach && dy.hypot(dx) < reach {
                works[*i].neighbours.push(*j);
                works[*j].neighbours.push(*i);
            }
        }
    }
    for work in works {
        work.neighbours.sort_unstable();
    }
}

impl Refiner for Gaussian {
    fn refine(
        &self,
        flat: &Flat,
        film: &Film,
        candidates: &[Candidate],
        tally: &mut Tally,
    ) -> Vec<Spot> {
        let mut works = self.prepare(candidates);
        let unsound = candidates.len() - works.len();
        let mut room = Room::default();
        for round in 0..ROUNDS {
            for i in 0..works.len() {
                let alone = works[i].neighbours.is_empty();
                if round == 0 || !alone {
                    room.fit.rough = !alone && round + 1 < ROUNDS;
                    works[i].fitted = self.fit_one(&mut works, i, (flat, film), &mut room);
                }
            }
        }
        let split = self.split_pairs(&mut works, (flat, film), &mut room);
        if split > 0 {
            for i in 0..works.len() {
                if !works[i].neighbours.is_empty() && !works[i].split {
                    works[i].fitted = self.fit_one(&mut works, i, (flat, film), &mut room);
                }
            }
        }
        let fits = works.len();
        works.retain(|w| w.fitted.is_some() || !on_border(&w.candidate, film));
        tally.add("off_frame", (fits - works.len()) as u64);
        let spots: Vec<Spot> = works
            .iter()
            .filter_map(|w| self.spot(w, flat, film))
            .collect();
        tally.add("fit_failed", (unsound + works.len() - spots.len()) as u64);
        settle(spots, film, tally)
    }
}
