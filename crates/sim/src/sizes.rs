//! Which particles a scene has: diameters, aggregates, materials.
//!
//! The sizes are drawn in strata: the n particles of a group (the single ones or the aggregates of a population) take one
//! value from each n-th part of its distribution. So the sample is as close to the distribution as n particles can be,
//! and a method is not blamed for the luck of the draw.

use crate::random::{Purpose, stream};
use crate::special::normal_quantile;
use crate::{Population, Scene, SizeShape};
use rand::RngExt;

/// Fractal dimension of reaction-limited aggregates: Lin et al. 1989, doi:10.1038/339360a0.
const FRACTAL_DIMENSION: f64 = 2.1;

/// Parts of equal share by which a continuous distribution is represented.
const PARTS: usize = 100;

/// What tells one particle from another before it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grain {
    /// Place of its population in the scene.
    pub population: usize,
    /// Diameter of each of its monomers, nm.
    pub monomer_nm: f64,
    /// 1 for a single particle.
    pub monomers: u32,
    /// Refractive index; `None` for that of the reference.
    pub refractive_index: Option<f64>,
    /// Density, g/mL.
    pub density_g_per_ml: f64,
}

impl Grain {
    /// Hydrodynamic diameter, nm: see [`Population::aggregated_fraction`].
    pub(crate) fn diameter_nm(&self) -> f64 {
        if self.monomers == 1 {
            return self.monomer_nm;
        }
        self.monomer_nm * libm::pow(f64::from(self.monomers), 1.0 / FRACTAL_DIMENSION)
    }

    /// A single particle of the default material.
    #[cfg(test)]
    pub(crate) fn single(population: usize, diameter_nm: f64) -> Self {
        let material = Population::default();
        Self {
            population,
            monomer_nm: diameter_nm,
            monomers: 1,
            refractive_index: material.refractive_index,
            density_g_per_ml: material.density_g_per_ml,
        }
    }
}

/// The single particles of a population, or its aggregates.
struct Group<'a> {
    population: &'a Population,
    place: usize,
    monomers: u32,
    /// Share of the sample by number; the shares need not add up to one.
    weight: f64,
    /// What the sizes are drawn for.
    purpose: Purpose,
}

impl Group<'_> {
    /// The particle below whose diameter a share `p` of the group lies.
    fn grain(&self, p: f64) -> Grain {
        Grain {
            population: self.place,
            monomer_nm: quantile_nm(self.population, p),
            monomers: self.monomers,
            refractive_index: self.population.refractive_index,
            density_g_per_ml: self.population.density_g_per_ml,
        }
    }

    /// Bounds in cumulated share of the parts that represent the group.
    fn parts(&self) -> Vec<[f64; 2]> {
        if self.population.kind != SizeShape::Table {
            let bound = |k: usize| k as f64 / PARTS as f64;
            return (0..PARTS).map(|k| [bound(k), bound(k + 1)]).collect();
        }
        let total: f64 = self.population.table.iter().map(|row| row[1]).sum();
        let mut below = 0.0;
        let mut bounds = Vec::with_capacity(self.population.table.len());
        for [_, share] in &self.population.table {
            let above = below + share;
            if *share > 0.0 {
                bounds.push([below / total, above / total]);
            }
            below = above;
        }
        bounds
    }
}

fn groups(scene: &Scene) -> Vec<Group<'_>> {
    let mut out = Vec::new();
    for (place, population) in scene.populations.iter().enumerate() {
        let share = population.aggregated_fraction;
        out.push(Group {
            population,
            place,
            monomers: 1,
            weight: population.weight * (1.0 - share),
            purpose: Purpose::Sizes,
        });
        if share > 0.0 {
            out.push(Group {
                population,
                place,
                monomers: population.aggregate_monomers,
                weight: population.weight * share,
                purpose: Purpose::Aggregates,
            });
        }
    }
    // Kinds that nobody has asked for must not be worked with: what they would do may be without bounds.
    out.retain(|g| g.weight > 0.0);
    out
}

/// Diameter below which a share `p` of the population lies, nm.
fn quantile_nm(population: &Population, p: f64) -> f64 {
    let d = population.diameter_nm;
    match population.kind {
        SizeShape::Monodisperse => d,
        SizeShape::Normal => (d * (1.0 + population.cv * normal_quantile(p))).max(0.1 * d),
        SizeShape::LogNormal => {
            let sigma_ln = libm::log1p(population.cv * population.cv).sqrt();
            d * libm::exp(sigma_ln * normal_quantile(p))
        }
        SizeShape::Table => {
            let total: f64 = population.table.iter().map(|row| row[1]).sum();
            let mut below = 0.0;
            let mut last = d;
            for [diameter_nm, share] in population.table.iter().filter(|row| row[1] > 0.0) {
                below += share;
                last = *diameter_nm;
                if p * total < below {
                    break;
                }
            }
            last
        }
    }
}

/// `count` particles, shares of the groups by the largest remainder.
pub(crate) fn draw(scene: &Scene, count: usize) -> Vec<Grain> {
    let groups = groups(scene);
    let weights: Vec<f64> = groups.iter().map(|g| g.weight).collect();
    let mut out = Vec::with_capacity(count);
    for (group, n) in groups.iter().zip(apportion(&weights, count)) {
        for p in strata(scene, group, n) {
            out.push(group.grain(p));
        }
    }
    out
}

/// As [`draw`] for a box that holds `filling` times as many particles of a kind as the plane of focus would make one
/// think: that many times as often is the kind drawn. Within a part of a distribution the factor is that of its middle.
pub(crate) fn draw_filled(
    scene: &Scene,
    count: usize,
    filling: impl Fn(&Grain) -> f64,
) -> Vec<Grain> {
    let groups = groups(scene);
    let parts: Vec<Vec<([f64; 2], f64)>> = groups
        .iter()
        .map(|g| {
            let held = |[low, high]: [f64; 2]| {
                g.weight * (high - low) * filling(&g.grain(0.5 * (low + high)))
            };
            g.parts().into_iter().map(|p| (p, held(p))).collect()
        })
        .collect();
    let weights: Vec<f64> = parts
        .iter()
        .map(|p| p.iter().map(|(_, held)| held).sum())
        .collect();
    let mut out = Vec::with_capacity(count);
    for (i, n) in apportion(&weights, count).into_iter().enumerate() {
        for p in strata(scene, &groups[i], n) {
            let mut left = p * weights[i];
            let mut at = p;
            for ([low, high], held) in &parts[i] {
                at = low + (high - low) * (left / held).clamp(0.0, 0.999_999);
                if left < *held {
                    break;
                }
                left -= held;
            }
            out.push(groups[i].grain(at));
        }
    }
    out
}

/// One random cumulated share from each n-th part of a group.
fn strata(scene: &Scene, group: &Group, n: usize) -> Vec<f64> {
    let mut rng = stream(scene.seed, group.purpose, group.place as u64);
    (0..n)
        .map(|k| (k as f64 + rng.random::<f64>()) / n as f64)
        .collect()
}

/// Particles that stand for the sample in the plane of focus, with weights that add up to one; empty if there are none.
pub(crate) fn representative(scene: &Scene) -> Vec<(Grain, f64)> {
    let total: f64 = scene.populations.iter().map(|p| p.weight).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for group in groups(scene) {
        let parts = group.parts();
        let even = group.population.kind != SizeShape::Table;
        for [low, high] in &parts {
            let share = if even {
                1.0 / parts.len() as f64
            } else {
                high - low
            };
            out.push((
                group.grain(0.5 * (low + high)),
                group.weight / total * share,
            ));
        }
    }
    out
}

/// How many of `count` particles each group has.
fn apportion(weights: &[f64], count: usize) -> Vec<usize> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|w| w / total * count as f64).collect();
    let mut parts: Vec<usize> = exact.iter().map(|e| e.floor() as usize).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    // Ties go to the group that is named first.
    order.sort_by(|&a, &b| {
        exact[b]
            .fract()
            .total_cmp(&exact[a].fract())
            .then(a.cmp(&b))
    });
    let left = count.saturating_sub(parts.iter().sum());
    for &i in order.iter().take(left) {
        parts[i] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Log-normal with a log width of 0.336: D10, D50, D90 = median exp(-+1.2816 x 0.336).
    #[test]
    fn few_particles_have_the_quantiles_of_their_distribution() {
        let cv = (0.336_f64.powi(2).exp() - 1.0).sqrt();
        let scene = Scene::with_populations(vec![Population::log_normal(100.0, cv, 1.0)]);
        for drawn in [draw(&scene, 300), draw_filled(&scene, 300, |_| 1.0)] {
            let mut d: Vec<f64> = drawn.iter().map(Grain::diameter_nm).collect();
            d.sort_by(f64::total_cmp);
            assert!((d[30] / (100.0 * (-1.2816_f64 * 0.336).exp()) - 1.0).abs() < 0.015);
            assert!((d[150] / 100.0 - 1.0).abs() < 0.01);
            assert!((d[270] / (100.0 * (1.2816_f64 * 0.336).exp()) - 1.0).abs() < 0.015);
        }
    }

    /// A box that holds particles in proportion to their diameter: the mean of a log-normal becomes median
    /// exp(1.5 sigma^2), as for any moment-weighted log-normal.
    #[test]
    fn a_fuller_box_holds_more_of_the_kind() {
        let sigma = 0.3_f64;
        let cv = ((sigma * sigma).exp() - 1.0).sqrt();
        let scene = Scene::with_populations(vec![Population::log_normal(100.0, cv, 1.0)]);
        let drawn = draw_filled(&scene, 5000, Grain::diameter_nm);
        let mean = drawn.iter().map(Grain::diameter_nm).sum::<f64>() / 5000.0;
        let want = 100.0 * (1.5 * sigma * sigma).exp();
        assert!((mean / want - 1.0).abs() < 0.005, "{mean} for {want}");
    }

    #[test]
    fn shares_are_kept_and_nothing_is_lost() {
        let scene = Scene::with_populations(vec![
            Population::monodisperse(60.0, 2.0),
            Population::monodisperse(150.0, 1.0),
        ]);
        let d = draw(&scene, 100);
        assert_eq!(d.len(), 100);
        assert_eq!(d.iter().filter(|g| g.population == 0).count(), 67);
        assert!(draw(&Scene::with_populations(Vec::new()), 100).is_empty());
        assert!(
            draw(
                &Scene::with_populations(vec![Population::monodisperse(60.0, 0.0)]),
                9
            )
            .is_empty()
        );
    }
}
