//! What floats before the camera: how many particles, of which sizes and materials, what sticks, what drifts through.

use serde::{Deserialize, Serialize};

/// How many particles there are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Amount {
    /// Mean number per frame of particles whose peak is at least [`crate::VISIBLE_PEAK_SNR`] times the noise of a
    /// pixel; the concentration follows from the depth over which that is so.
    VisiblePerFrame(f64),
    /// Particles per mL in front of the camera (that is, after dilution); in barometric [`Filling`] those in the plane of
    /// focus, as the concentration then changes with the depth.
    ConcentrationPerMl(f64),
}

/// Shape of a population's sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeShape {
    /// All alike; `cv` does not count.
    #[default]
    Monodisperse,
    /// Normal, `diameter_nm` is the mean; cut off below a tenth of it.
    Normal,
    /// Log-normal, `diameter_nm` is the median.
    LogNormal,
    /// The diameters of `table` and no others; `diameter_nm` and `cv` do not count.
    Table,
}

/// Particles of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Shape of the distribution of diameters.
    pub kind: SizeShape,
    /// Hydrodynamic diameter, nm: mean or median, see [`SizeShape`].
    pub diameter_nm: f64,
    /// Standard deviation over mean of the diameters.
    pub cv: f64,
    /// Pairs of diameter (nm) and share by number, for `kind = "table"`; the shares need not add up to one.
    pub table: Vec<[f64; 2]>,
    /// Share of the particles in the sample, by number; the shares need not add up to one. In barometric [`Filling`]
    /// the share in the plane of focus.
    pub weight: f64,
    /// Refractive index of the material; that of the reference if absent. See [`crate::Light`].
    pub refractive_index: Option<f64>,
    /// Density of the material, g/mL; polystyrene by default. Counts for barometric filling only.
    pub density_g_per_ml: f64,
    /// Share of the particles of this population that are aggregates of `aggregate_monomers` particles each, 0 to 1, by
    /// number: an aggregate counts as one particle. `weight` is shared between the two.
    ///
    /// Hydrodynamic diameter of an aggregate of k: d k^(1/2.1), the fractal dimension of reaction-limited aggregates
    /// (Lin et al. 1989, doi:10.1038/339360a0). For a pair that is 1.391 d; touching spheres have 1.392 d on average
    /// over their orientations. Brightness: that of the monomer times k^(brightness_exponent / 3), as of a particle of
    /// the same volume.
    pub aggregated_fraction: f64,
    /// Particles in each aggregate, 2 to 100.
    pub aggregate_monomers: u32,
    /// Distance at which each particle of this population has a partner, px; none if absent. The partner is alike and
    /// moves with it, in a direction in the picture that is random for each pair and stays. Partners are particles of
    /// their own, beside those that `amount` gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_px: Option<f64>,
}

impl Default for Population {
    fn default() -> Self {
        Self {
            kind: SizeShape::Monodisperse,
            diameter_nm: 100.0,
            cv: 0.0,
            table: Vec::new(),
            weight: 1.0,
            refractive_index: None,
            density_g_per_ml: 1.05,
            aggregated_fraction: 0.0,
            aggregate_monomers: 2,
            partner_px: None,
        }
    }
}

impl Population {
    /// Particles that are all alike.
    pub fn monodisperse(diameter_nm: f64, weight: f64) -> Self {
        Self {
            diameter_nm,
            weight,
            ..Self::default()
        }
    }

    /// Particles of the given diameters (nm) and shares by number only.
    pub fn table(table: Vec<[f64; 2]>, weight: f64) -> Self {
        Self {
            kind: SizeShape::Table,
            table,
            weight,
            ..Self::default()
        }
    }

    /// Log-normal particles with a median diameter and a relative width.
    pub fn log_normal(diameter_nm: f64, cv: f64, weight: f64) -> Self {
        Self {
            kind: SizeShape::LogNormal,
            diameter_nm,
            cv,
            weight,
            ..Self::default()
        }
    }
}

/// Particles that stick to the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stuck {
    /// How many in the picture.
    pub count: u32,
    /// Height of each, counts.
    pub peak_counts: f64,
    /// Standard deviation of each, px.
    pub width_px: f64,
}

/// How the particles are spread over the depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    /// Evenly; densities do not count.
    #[default]
    Uniform,
    /// As gravity and diffusion leave them: n(z) proportional to exp(-z / l), with l = kT / (buoyant mass x g) (Perrin
    /// 1909). The microscope looks along the vertical: z is the height above the plane of focus, gravity points towards
    /// -z, and top and bottom of the box are walls. `amount.concentration_per_ml` and the weights of the populations
    /// are those in the plane of focus.
    Barometric,
}

/// Large pieces that cross the view in straight lines, each once, at random times of the film and in random directions:
/// at its time a piece is at a random place of the view. Bright, or dark where particles are dark. The times are drawn
/// over the whole film, so here a longer film does not begin as a shorter one does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dust {
    /// How many pieces in the film.
    pub count: u32,
    /// Height of each while it is still, counts.
    pub peak_counts: f64,
    /// Standard deviation of each while it is still, px.
    pub width_px: f64,
    /// Speed of each, um/s.
    pub speed_um_per_s: f64,
}

impl Default for Dust {
    fn default() -> Self {
        Self {
            count: 0,
            peak_counts: 150.0,
            width_px: 4.0,
            speed_um_per_s: 50.0,
        }
    }
}

impl Default for Stuck {
    fn default() -> Self {
        Self {
            count: 0,
            peak_counts: 40.0,
            width_px: 1.5,
        }
    }
}
