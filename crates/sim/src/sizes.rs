//! Which diameters the particles of a scene have.
//!
//! The sizes are drawn in strata: the n particles of a population take one value from each n-th part of its
//! distribution. So the sample is as close to the distribution as n particles can be, and a method is not blamed for
//! the luck of the draw.

use crate::random::{Purpose, stream};
use crate::special::normal_quantile;
use crate::{Population, Scene, SizeShape};
use rand::RngExt;

/// Diameter below which a share `p` of the population lies, nm.
pub(crate) fn quantile_nm(population: &Population, p: f64) -> f64 {
    let d = population.diameter_nm;
    match population.kind {
        SizeShape::Monodisperse => d,
        SizeShape::Normal => (d * (1.0 + population.cv * normal_quantile(p))).max(0.1 * d),
        SizeShape::LogNormal => {
            let sigma_ln = (population.cv * population.cv).ln_1p().sqrt();
            d * (sigma_ln * normal_quantile(p)).exp()
        }
    }
}

/// The diameters of `count` particles with the number of their population, shares by the largest remainder.
pub(crate) fn draw(scene: &Scene, count: usize) -> Vec<(usize, f64)> {
    let mut out = Vec::with_capacity(count);
    for (i, n) in apportion(scene, count).into_iter().enumerate() {
        let mut rng = stream(scene.seed, Purpose::Sizes, i as u64);
        for k in 0..n {
            let p = (k as f64 + rng.random::<f64>()) / n as f64;
            out.push((i, quantile_nm(&scene.populations[i], p)));
        }
    }
    out
}

/// Diameters that stand for the sample, with weights that add up to one; empty if there are no particles.
pub(crate) fn representative(scene: &Scene) -> Vec<(f64, f64)> {
    const PARTS: usize = 100;
    let total: f64 = scene.populations.iter().map(|p| p.weight).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for population in &scene.populations {
        for k in 0..PARTS {
            let p = (k as f64 + 0.5) / PARTS as f64;
            let weight = population.weight / total / PARTS as f64;
            out.push((quantile_nm(population, p), weight));
        }
    }
    out
}

/// How many of `count` particles each population has.
fn apportion(scene: &Scene, count: usize) -> Vec<usize> {
    let total: f64 = scene.populations.iter().map(|p| p.weight).sum();
    if total <= 0.0 {
        return vec![0; scene.populations.len()];
    }
    let exact: Vec<f64> = scene
        .populations
        .iter()
        .map(|p| p.weight / total * count as f64)
        .collect();
    let mut parts: Vec<usize> = exact.iter().map(|e| e.floor() as usize).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    // Ties go to the population that is named first.
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
        let mut d: Vec<f64> = draw(&scene, 300).into_iter().map(|(_, d)| d).collect();
        d.sort_by(f64::total_cmp);
        assert!((d[30] / (100.0 * (-1.2816_f64 * 0.336).exp()) - 1.0).abs() < 0.015);
        assert!((d[150] / 100.0 - 1.0).abs() < 0.01);
        assert!((d[270] / (100.0 * (1.2816_f64 * 0.336).exp()) - 1.0).abs() < 0.015);
    }

    #[test]
    fn shares_are_kept_and_nothing_is_lost() {
        let scene = Scene::with_populations(vec![
            Population::monodisperse(60.0, 2.0),
            Population::monodisperse(150.0, 1.0),
        ]);
        let d = draw(&scene, 100);
        assert_eq!(d.len(), 100);
        assert_eq!(d.iter().filter(|(i, _)| *i == 0).count(), 67);
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
