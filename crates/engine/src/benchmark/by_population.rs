//! Diffusion coefficients of each population of a mixed sample: whether links shorten the steps of the fast or stretch
//! those of the slow.
//!
//! A track belongs to the population that most of its spots are particles of. All steps of its tracks between neighbouring
//! frames give one estimate, `D = <r_k^2> / (4 dt) + <r_k . r_{k+1}> / (2 dt)` (Vestergaard 2014,
//! doi:10.1103/PhysRevE.89.022726, eq. 14, for two axes), which needs neither the exposure nor the stated errors.
//! Shared motion is not taken away: films of this table stand still.

use super::columns::SHORTEST_TRACK;
use super::found::Found;
use super::known::Known;
use super::matching::{Matched, Meaning};
use super::render::markdown;
use super::row::Row;
use serde::Serialize;

/// Which particle is of which population; of samples of two to four sizes only.
#[derive(Clone, Debug, Default)]
pub(super) struct Populations {
    /// Diameter (nm) and diffusion coefficient (um^2/s) of each, small ones first.
    pub classes: Vec<(f64, f64)>,
    /// Population of each particle.
    pub of_particle: Vec<usize>,
    pub pixel_size_um: f64,
    pub frame_interval_s: f64,
}

/// More sizes than these make a distribution, no list.
const MOST_CLASSES: usize = 4;

impl Populations {
    /// Populations of particles given by (diameter nm, diffusion coefficient um^2/s).
    pub fn of(particles: &[(f64, f64)], pixel_size_um: f64, frame_interval_s: f64) -> Option<Self> {
        let mut classes: Vec<(f64, f64)> = Vec::new();
        for p in particles {
            if !classes.iter().any(|c| c.0 == p.0) {
                classes.push(*p);
                if classes.len() > MOST_CLASSES {
                    return None;
                }
            }
        }
        if classes.len() < 2 {
            return None;
        }
        classes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let place = |p: &(f64, f64)| classes.iter().position(|c| c.0 == p.0).unwrap_or(0);
        let of_particle = particles.iter().map(place).collect();
        Some(Self {
            classes,
            of_particle,
            pixel_size_um,
            frame_interval_s,
        })
    }
}

/// Sums over the tracks of one population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PopulationSteps {
    pub diameter_nm: f64,
    pub true_diffusion_um2_per_s: f64,
    pub tracks: usize,
    /// Sum of `r^2 / (4 dt)`, um^2/s, and of how many steps.
    pub squares: f64,
    pub steps: usize,
    /// Sum of `r_k . r_{k+1} / (2 dt)`, um^2/s, and of how many pairs.
    pub products: f64,
    pub pairs: usize,
}

impl PopulationSteps {
    /// Adds what another film has.
    pub fn add(&mut self, other: &Self) {
        self.tracks += other.tracks;
        self.squares += other.squares;
        self.steps += other.steps;
        self.products += other.products;
        self.pairs += other.pairs;
    }

    /// How far the diffusion coefficient is off, %; `None` without steps.
    pub fn error_percent(&self) -> Option<f64> {
        let mean = |sum: f64, n: usize| (n > 0).then(|| sum / n as f64);
        let found = mean(self.squares, self.steps)? + mean(self.products, self.pairs)?;
        Some(100.0 * (found / self.true_diffusion_um2_per_s - 1.0))
    }
}

/// The sums of one film; empty unless its sample has two to four sizes.
pub(super) fn score(known: &Known, matched: &Matched<'_>, found: &Found) -> Vec<PopulationSteps> {
    let Some(populations) = &known.populations else {
        return Vec::new();
    };
    let mut out: Vec<PopulationSteps> = populations
        .classes
        .iter()
        .map(|c| PopulationSteps {
            diameter_nm: c.0,
            true_diffusion_um2_per_s: c.1,
            ..PopulationSteps::default()
        })
        .collect();
    for track in found.tracks.iter().filter(|t| t.len() >= SHORTEST_TRACK) {
        let mut votes = vec![0; out.len()];
        for (frame, spot) in track {
            let Some(frame) = matched.frame(*frame) else {
                continue;
            };
            if let Meaning::Particle(k) = frame.meaning[*spot] {
                let particle = frame.known.spots[k].particle as usize;
                if let Some(class) = populations.of_particle.get(particle) {
                    votes[*class] += 1;
                }
            }
        }
        let most = (0..votes.len()).max_by_key(|i| (votes[*i], usize::MAX - i));
        if let Some(class) = most.filter(|i| 2 * votes[*i] > track.len()) {
            add_track(&mut out[class], track, found, populations);
        }
    }
    out
}

fn add_track(
    sums: &mut PopulationSteps,
    track: &[(u32, usize)],
    found: &Found,
    populations: &Populations,
) {
    let scale = populations.pixel_size_um;
    let at = |(frame, spot): &(u32, usize)| {
        let s = &found.spots[frame][*spot];
        (s.x_px * scale, s.y_px * scale)
    };
    let dt = populations.frame_interval_s;
    let mut before: Option<(f64, f64)> = None;
    sums.tracks += 1;
    for pair in track.windows(2) {
        if pair[1].0 != pair[0].0 + 1 {
            before = None;
            continue;
        }
        let (a, b) = (at(&pair[0]), at(&pair[1]));
        let step = (b.0 - a.0, b.1 - a.1);
        sums.squares += (step.0 * step.0 + step.1 * step.1) / (4.0 * dt);
        sums.steps += 1;
        if let Some(last) = before {
            sums.products += (step.0 * last.0 + step.1 * last.1) / (2.0 * dt);
            sums.pairs += 1;
        }
        before = Some(step);
    }
}

/// The table; nothing if no film has populations.
pub(super) fn section(rows: &[Row]) -> String {
    let head = ["film", "engine", "population nm", "tracks", "D error %"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        cells.extend(row.by_population.iter().map(|p| {
            let error = p
                .error_percent()
                .map_or("-".to_owned(), |e| format!("{e:.2}"));
            vec![
                row.film.clone(),
                row.engine.clone(),
                format!("{:.0}", p.diameter_nm),
                p.tracks.to_string(),
                error,
            ]
        }));
    }
    if cells.len() == 1 {
        return String::new();
    }
    format!(
        "\n## Diffusion coefficient by population\n\nFrom the positions found, all tracks of at least {SHORTEST_TRACK} spots of one \
         population together, by the covariance of their steps; a track belongs to the population of most of its spots. Links to \
         strangers stretch the steps of the slow, links not made shorten those of the fast.\n\n{}",
        markdown(&cells)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::found::FoundSpot;

    #[test]
    fn one_size_and_many_sizes_are_no_populations() {
        assert!(Populations::of(&[(100.0, 4.9); 3], 0.2, 0.03).is_none());
        let many: Vec<(f64, f64)> = (1..9).map(|i| (f64::from(i), 1.0)).collect();
        assert!(Populations::of(&many, 0.2, 0.03).is_none());
        let two = Populations::of(&[(80.0, 6.0), (40.0, 12.0), (80.0, 6.0)], 0.2, 0.03);
        let two = two.expect("two sizes");
        assert_eq!(two.of_particle, [1, 0, 1]);
        assert_eq!(two.classes[0].0, 40.0);
    }

    #[test]
    fn the_noise_of_positions_cancels_and_gaps_do_not_count() {
        // Steps of one um each way in turn with a position error that alternates: D = r^2 / 4 dt + r.r' / 2 dt.
        let populations = Populations::of(&[(80.0, 1.0), (40.0, 2.0)], 0.5, 0.25).expect("two");
        let mut found = Found::default();
        let xs = [0.0, 2.0, 2.0, 4.0, 100.0];
        let frames = [0u32, 1, 2, 3, 9];
        for (f, x) in frames.iter().zip(xs) {
            let spot = FoundSpot {
                x_px: x,
                y_px: 0.0,
                precision_px: None,
            };
            found.spots.insert(*f, vec![spot]);
        }
        let track: Vec<(u32, usize)> = frames.iter().map(|f| (*f, 0)).collect();
        let mut sums = PopulationSteps {
            true_diffusion_um2_per_s: 1.0,
            ..PopulationSteps::default()
        };
        add_track(&mut sums, &track, &found, &populations);
        // Steps 1, 0, 1 um: squares 2 / (4 x 0.25), products 0; the jump over the gap is left out.
        assert_eq!((sums.steps, sums.pairs), (3, 2));
        assert!((sums.squares - 2.0).abs() < 1e-12 && sums.products == 0.0);
        let error = sums.error_percent().expect("steps");
        assert!((error - 100.0 * (2.0 / 3.0 - 1.0)).abs() < 1e-9);
    }
}
