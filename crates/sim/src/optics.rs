//! Light of a particle: how bright, how wide, how far from focus it can still be seen.
//!
//! Width of a defocused spot as of a Gaussian beam: s(z) = s0 sqrt(1 + (z/z0)^2) (Saleh and Teich, Fundamentals of
//! Photonics, eq. 3.1-8); light of a Gaussian sheet: exp(-2 z^2 / w^2) (eq. 3.1-12). The light of the spot is kept, so
//! its height falls as s0^2 / s^2.
//! Differs from a real microscope in: no diffraction pattern apart from an optional faint ring, symmetric about focus.

use crate::sizes::Grain;
use crate::{Illumination, Scene, settling, sizes};
use std::f64::consts::TAU;

/// A spot this many times below the noise of a pixel is not drawn.
const DRAWN_NOISE_SHARE: f64 = 0.02;

/// The same for uniform illumination, where the light falls so slowly with depth that all pictures would be full of spots
/// a hundred pixels wide.
const DRAWN_NOISE_SHARE_UNIFORM: f64 = 0.1;

/// Where the search for the end of the visible depth stops, um.
const DEEPEST_UM: f64 = 100.0;

/// Light and shape of the spots of one scene.
#[derive(Clone, Debug)]
pub(crate) struct Spots {
    scene: Scene,
    reference_nm: f64,
}

impl Spots {
    pub(crate) fn new(scene: &Scene) -> Self {
        let mean_ln = sizes::representative(scene)
            .iter()
            .map(|(grain, share)| share * libm::log(grain.monomer_nm))
            .sum::<f64>();
        let reference = scene.light.reference_diameter_nm;
        Self {
            reference_nm: reference.unwrap_or_else(|| libm::exp(mean_ln)),
            scene: scene.clone(),
        }
    }

    /// Height of a still particle in focus in the middle of the sheet, counts.
    pub(crate) fn focus_peak_counts(&self, grain: &Grain) -> f64 {
        let l = &self.scene.light;
        let p = l.brightness_exponent;
        let mut peak = l.reference_peak_counts * libm::pow(grain.monomer_nm / self.reference_nm, p);
        if let Some(bend_nm) = l.compression_diameter_nm {
            let bend = |d: f64| 1.0 + libm::pow(d / bend_nm, p - l.compressed_exponent);
            peak *= bend(self.reference_nm) / bend(grain.monomer_nm);
        }
        if let Some(index) = grain.refractive_index {
            let contrast = |n: f64| {
                let m = n / l.medium_refractive_index;
                let polarizability = (m * m - 1.0) / (m * m + 2.0);
                polarizability * polarizability
            };
            peak *= contrast(index) / contrast(l.reference_refractive_index);
        }
        if grain.monomers > 1 {
            peak *= libm::pow(f64::from(grain.monomers), p / 3.0);
        }
        peak
    }

    /// All the light of a particle in the middle of the sheet, counts.
    pub(crate) fn flux_counts(&self, grain: &Grain) -> f64 {
        let s = self.scene.optics.psf_sigma_px;
        self.focus_peak_counts(grain) * TAU * s * s
    }

    /// Light at a depth, as a share of that in focus.
    pub(crate) fn sheet(&self, z_um: f64) -> f64 {
        if self.scene.optics.illumination == Illumination::Uniform {
            return 1.0;
        }
        let u = z_um / self.scene.optics.sheet_half_thickness_um;
        libm::exp(-2.0 * u * u)
    }

    /// Standard deviation of a still spot at a depth, px.
    pub(crate) fn width_px(&self, z_um: f64) -> f64 {
        self.scene.optics.width_px(z_um)
    }

    /// Share of the light that lies in the ring at a depth: none in focus.
    pub(crate) fn ring_share(&self, z_um: f64) -> f64 {
        let u = z_um / self.scene.optics.defocus_depth_um;
        self.scene.optics.ring_fraction * (1.0 - 1.0 / (1.0 + u * u))
    }

    /// Height of the spot of a moving particle at a depth, counts: the spot is wider by the spread of the path within
    /// the exposure about its mean, D tE / 3 per axis.
    #[cfg(test)]
    pub(crate) fn moving_peak_counts(&self, grain: &Grain, z_um: f64) -> f64 {
        self.moving_peak(grain)(z_um)
    }

    /// That height as a function of the depth.
    fn moving_peak(&self, grain: &Grain) -> impl Fn(f64) -> f64 {
        let px = self.scene.pixel_size_um;
        let diffusion_um2_per_s = self.scene.diffusion_um2_per_s(grain.diameter_nm());
        let path = diffusion_um2_per_s * self.scene.exposure_s() / 3.0 / (px * px);
        let flux = self.flux_counts(grain);
        move |z| {
            let s = self.width_px(z);
            flux * self.sheet(z) * (1.0 - self.ring_share(z)) / (TAU * (s * s + path))
        }
    }

    /// Distance from focus within which a particle's peak is at least `snr` times the noise, um, at most 100 um; 0 if it
    /// never is.
    pub(crate) fn half_depth_um(&self, grain: &Grain, snr: f64) -> f64 {
        let needed = snr * self.scene.background_noise_counts();
        let peak = self.moving_peak(grain);
        let bright = |z: f64| peak(z) >= needed;
        if !bright(0.0) {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, DEEPEST_UM);
        for _ in 0..50 {
            let mid = 0.5 * (low + high);
            if bright(mid) {
                low = mid;
            } else {
                high = mid;
            }
        }
        0.5 * (low + high)
    }

    /// Distance from focus beyond which a particle is not drawn, um.
    pub(crate) fn drawn_half_depth_um(&self, grain: &Grain) -> f64 {
        let share = match self.scene.optics.illumination {
            Illumination::Sheet => DRAWN_NOISE_SHARE,
            Illumination::Uniform => DRAWN_NOISE_SHARE_UNIFORM,
        };
        self.half_depth_um(grain, share)
    }

    /// Depth over which particles are seen (peak at least `snr` times the noise), um: mean over the sample by number.
    pub(crate) fn mean_depth_um(&self, snr: f64) -> f64 {
        sizes::representative(&self.scene)
            .iter()
            .map(|(grain, share)| share * 2.0 * self.half_depth_um(grain, snr))
            .sum()
    }

    /// Depth of an even filling, as dense as that in the plane of focus, that shows as many particles, um.
    pub(crate) fn filled_depth_um(&self, snr: f64) -> f64 {
        sizes::representative(&self.scene)
            .iter()
            .map(|(grain, share)| {
                let half_um = self.half_depth_um(grain, snr);
                let decay = settling::decay_per_um(&self.scene, grain);
                share * 2.0 * half_um * settling::mean_filling(decay, half_um)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Population;

    #[test]
    fn light_and_width_follow_the_gaussian_beam() {
        let spots = Spots::new(&Scene::standard());
        assert!((spots.focus_peak_counts(&Grain::single(0, 100.0)) - 60.0).abs() < 1e-9);
        assert!((spots.focus_peak_counts(&Grain::single(0, 200.0)) - 480.0).abs() < 1e-6);
        assert!((spots.width_px(3.0) - 1.3 * 2f64.sqrt()).abs() < 1e-12);
        assert!((spots.sheet(5.0) - (-2f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn at_the_edge_of_the_depth_the_peak_is_just_bright_enough() {
        let spots = Spots::new(&Scene::standard());
        let z = spots.half_depth_um(&Grain::single(0, 100.0), 5.0);
        let ratio = spots.moving_peak_counts(&Grain::single(0, 100.0), z)
            / Scene::standard().background_noise_counts();
        assert!(z > 2.0 && (ratio - 5.0).abs() < 1e-6, "{z} {ratio}");
        let dim = Scene {
            populations: vec![Population::default()],
            light: crate::Light {
                reference_peak_counts: 0.1,
                ..Default::default()
            },
            ..Scene::standard()
        };
        assert_eq!(
            Spots::new(&dim).half_depth_um(&Grain::single(0, 100.0), 5.0),
            0.0
        );
    }
}
