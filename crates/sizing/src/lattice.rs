//! The ladder of diameters on which distributions live.

/// Ratio of neighbouring diameters.
pub const RATIO: f64 = 1.02;
/// Smallest diameter that is ever looked at, nm.
pub const SMALLEST_NM: f64 = 1.0;
/// Largest diameter that is ever looked at, nm.
pub const LARGEST_NM: f64 = 20_000.0;

/// Diameters `1.02^g` nm for whole g: fixed in absolute value, so that two samples, or two runs over different
/// ranges, share their rungs.
#[derive(Clone, Debug, PartialEq)]
pub struct Lattice {
    diameters_nm: Vec<f64>,
}

impl Lattice {
    /// All rungs from the one at or below `low_nm` to the one at or above `high_nm`, inside
    /// [`SMALLEST_NM`], [`LARGEST_NM`].
    pub fn covering(low_nm: f64, high_nm: f64) -> Self {
        let low = low_nm.clamp(SMALLEST_NM, LARGEST_NM / 2.0);
        let high = high_nm.clamp(low * 1.5, LARGEST_NM);
        let step = RATIO.ln();
        // The small allowance keeps a rung that was asked for exactly from being missed by rounding.
        let first = (low.ln() / step + 1e-9).floor() as i32;
        let last = (high.ln() / step - 1e-9).ceil() as i32;
        Self {
            diameters_nm: (first..=last)
                .map(|g| (f64::from(g) * step).exp())
                .collect(),
        }
    }

    /// The diameters, nm, ascending.
    pub fn diameters_nm(&self) -> &[f64] {
        &self.diameters_nm
    }

    /// Number of rungs.
    pub fn len(&self) -> usize {
        self.diameters_nm.len()
    }

    /// Never true.
    pub fn is_empty(&self) -> bool {
        self.diameters_nm.is_empty()
    }

    /// Width of the cell around rung `g`, nm: from half a rung (in the logarithm) below to half a rung above.
    pub fn cell_nm(&self, g: usize) -> f64 {
        self.diameters_nm[g] * (RATIO.sqrt() - 1.0 / RATIO.sqrt())
    }

    /// The rung in whose cell a diameter lies, if it lies in any.
    pub fn cell_of(&self, diameter_nm: f64) -> Option<usize> {
        let first = *self.diameters_nm.first()?;
        let g = ((diameter_nm / first).ln() / RATIO.ln()).round();
        (g >= 0.0 && g < self.len() as f64).then_some(g as usize)
    }

    /// Diffusion coefficients of the rungs, um^2/s, given diffusion times diameter.
    pub fn diffusion_um2_per_s(&self, diffusion_times_diameter: f64) -> Vec<f64> {
        self.diameters_nm
            .iter()
            .map(|d| diffusion_times_diameter / d)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_do_not_depend_on_the_range() {
        let a = Lattice::covering(15.0, 1000.0);
        let b = Lattice::covering(10.0, 2500.0);
        let at = b.cell_of(a.diameters_nm()[0]).unwrap();
        for g in 0..a.len() {
            assert_eq!(a.diameters_nm()[g], b.diameters_nm()[at + g]);
        }
        assert!(a.diameters_nm()[0] <= 15.0 && *a.diameters_nm().last().unwrap() >= 1000.0);
    }

    #[test]
    fn strange_ranges_still_give_a_ladder() {
        for (lo, hi) in [
            (0.0, 0.0),
            (f64::INFINITY, 1.0),
            (500.0, 20.0),
            (-3.0, 1e300),
        ] {
            assert!(Lattice::covering(lo, hi).len() > 10, "{lo} {hi}");
        }
        let l = Lattice::covering(15.0, 1000.0);
        assert_eq!(l.cell_of(1e9), None);
        assert_eq!(l.cell_of(f64::NAN), None);
        let whole: f64 = (0..l.len()).map(|g| l.cell_nm(g)).sum();
        assert!((whole / (1000.0 - 15.0) - 1.0).abs() < 0.05);
    }
}
