//! Diffusion coefficients of each population of a mixed sample: whether links shorten the steps of the fast or stretch
//! those of the slow.
//!
//! A track belongs to the population that most of its spots are particles of. All steps of its tracks between neighbouring
//! frames give one estimate, `D = <r_k^2> / (4 dt) + <r_k . r_{k+1}> / (2 dt)` (Vestergaard 2014,
//! doi:10.1103/PhysRevE.89.022726, eq. 14, for two axes), which needs neither the exposure nor the stated errors.
//! The same from the true positions says how far the particles of the film themselves are off by chance. Where the engine
//! reports as many populations as there are, their diameters are compared too. Shared motion is not taken away: films of
//! this table stand still.

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

/// Frame and place (x, y), px, in time.
type Path = Vec<(u32, f64, f64)>;

/// Sums over steps between neighbouring frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct StepSums {
    /// Sum of `r^2 / (4 dt)`, um^2/s, and of how many steps.
    pub squares: f64,
    pub steps: usize,
    /// Sum of `r_k . r_{k+1} / (2 dt)`, um^2/s, and of how many pairs.
    pub products: f64,
    pub pairs: usize,
}

impl StepSums {
    fn add(&mut self, other: &Self) {
        self.squares += other.squares;
        self.steps += other.steps;
        self.products += other.products;
        self.pairs += other.pairs;
    }

    /// Adds a path of (frame, x, y), px, in time.
    fn add_path(&mut self, path: &[(u32, f64, f64)], populations: &Populations) {
        let (scale, dt) = (populations.pixel_size_um, populations.frame_interval_s);
        let mut before: Option<(f64, f64)> = None;
        for pair in path.windows(2) {
            let [(from, x0, y0), (to, x1, y1)] = [pair[0], pair[1]];
            if to != from + 1 {
                before = None;
                continue;
            }
            let step = ((x1 - x0) * scale, (y1 - y0) * scale);
            self.squares += (step.0 * step.0 + step.1 * step.1) / (4.0 * dt);
            self.steps += 1;
            if let Some(last) = before {
                self.products += (step.0 * last.0 + step.1 * last.1) / (2.0 * dt);
                self.pairs += 1;
            }
            before = Some(step);
        }
    }

    /// How far the diffusion coefficient is off, %; `None` without steps.
    fn error_percent(&self, true_diffusion: f64) -> Option<f64> {
        let mean = |sum: f64, n: usize| (n > 0).then(|| sum / n as f64);
        let found = mean(self.squares, self.steps)? + mean(self.products, self.pairs)?;
        Some(100.0 * (found / true_diffusion - 1.0))
    }
}

/// One population of a film, or of the films of a scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PopulationSteps {
    pub diameter_nm: f64,
    pub true_diffusion_um2_per_s: f64,
    pub tracks: usize,
    /// Steps of its tracks.
    pub found: StepSums,
    /// True steps of its particles.
    pub own: StepSums,
    /// Sum over the films that report it of (true diameter / reported one - 1), %, and of how many.
    pub reported_percent: f64,
    pub reported_in: usize,
}

impl PopulationSteps {
    /// Adds what another film has.
    pub fn add(&mut self, other: &Self) {
        self.tracks += other.tracks;
        self.found.add(&other.found);
        self.own.add(&other.own);
        self.reported_percent += other.reported_percent;
        self.reported_in += other.reported_in;
    }

    /// How far the diffusion coefficient of the tracks is off, that of the particles themselves, and that which the reported
    /// diameter stands for, %.
    fn errors_percent(&self) -> [Option<f64>; 3] {
        let reported = self.reported_percent / self.reported_in as f64;
        [
            self.found.error_percent(self.true_diffusion_um2_per_s),
            self.own.error_percent(self.true_diffusion_um2_per_s),
            (self.reported_in > 0).then_some(reported),
        ]
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
            let at = |(frame, spot): &(u32, usize)| {
                let s = &found.spots[frame][*spot];
                (*frame, s.x_px, s.y_px)
            };
            let path: Path = track.iter().map(at).collect();
            out[class].tracks += 1;
            out[class].found.add_path(&path, populations);
        }
    }
    for (class, path) in true_paths(known, populations) {
        out[class].own.add_path(&path, populations);
    }
    let reported = found.sizes.as_ref().map_or(&[][..], |s| &s.populations_nm);
    if reported.len() == out.len() {
        for (class, nm) in out.iter_mut().zip(reported) {
            class.reported_percent += 100.0 * (class.diameter_nm / nm - 1.0);
            class.reported_in += 1;
        }
    }
    out
}

/// The way of each particle with its population.
fn true_paths(known: &Known, populations: &Populations) -> Vec<(usize, Path)> {
    let mut out: Vec<(usize, Path)> = (populations.of_particle.iter())
        .map(|class| (*class, Path::new()))
        .collect();
    for frame in &known.frames {
        for spot in &frame.spots {
            if let Some((_, path)) = out.get_mut(spot.particle as usize) {
                path.push((frame.frame, spot.x_px, spot.y_px));
            }
        }
    }
    out
}

/// The table; nothing if no film has populations.
pub(super) fn section(rows: &[Row]) -> String {
    let head = [
        "film",
        "engine",
        "population nm",
        "tracks",
        "D of tracks, error %",
        "D of particles, error %",
        "D as reported, error %",
    ];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        cells.extend(row.by_population.iter().map(|p| {
            let mut cells = vec![
                row.film.clone(),
                row.engine.clone(),
                format!("{:.0}", p.diameter_nm),
                p.tracks.to_string(),
            ];
            let errors = p.errors_percent();
            cells.extend(errors.map(|e| e.map_or("-".to_owned(), |e| format!("{e:.2}"))));
            cells
        }));
    }
    if cells.len() == 1 {
        return String::new();
    }
    format!(
        "\n## Diffusion coefficient by population\n\nOf tracks: from the positions found, all tracks of at least {SHORTEST_TRACK} spots \
         of one population together, by the covariance of their steps; a track belongs to the population of most of its spots. Links to \
         strangers stretch the steps of the slow, links not made shorten those of the fast. Of particles: the same from their true \
         positions, which is how far chance has made them faster or slower than their size. As reported: from the diameter of the \
         population in the result, where as many are reported as there are.\n\n{}",
        markdown(&cells)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let frames = [0u32, 1, 2, 3, 9];
        let path: Path = frames
            .into_iter()
            .zip([0.0, 2.0, 2.0, 4.0, 100.0])
            .map(|(f, x)| (f, x, 0.0))
            .collect();
        let mut sums = StepSums::default();
        sums.add_path(&path, &populations);
        // Steps 1, 0, 1 um: squares 2 / (4 x 0.25), products 0; the jump over the gap is left out.
        assert_eq!((sums.steps, sums.pairs), (3, 2));
        assert!((sums.squares - 2.0).abs() < 1e-12 && sums.products == 0.0);
        let error = sums.error_percent(1.0).expect("steps");
        assert!((error - 100.0 * (2.0 / 3.0 - 1.0)).abs() < 1e-9);
    }
}
