//! Cumulative distributions of diameters and the distance between two of them.

/// A cumulative distribution as straight lines between nodes; a jump is two nodes at one diameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cdf {
    /// (diameter, share below it), both never falling, the shares from 0 to 1.
    nodes: Vec<(f64, f64)>,
}

impl Cdf {
    /// Of single diameters with weights; `None` if they have no weight.
    pub fn of_steps(mut weighted: Vec<(f64, f64)>) -> Option<Self> {
        weighted.retain(|(d, w)| d.is_finite() && *w > 0.0);
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = weighted.iter().map(|w| w.1).sum();
        let mut below = 0.0;
        let mut nodes: Vec<(f64, f64)> = Vec::with_capacity(2 * weighted.len());
        for (d, w) in weighted {
            let after = below + w / total;
            match nodes.last_mut() {
                Some(last) if last.0 == d => last.1 = after,
                _ => nodes.extend([(d, below), (d, after)]),
            }
            below = after;
        }
        nodes.last_mut()?.1 = 1.0;
        Some(Self { nodes })
    }

    /// Of a density on a grid, whose straight lines between the points are integrated; `None` if it holds nothing.
    pub fn of_density(diameter_nm: &[f64], density_per_nm: &[f64]) -> Option<Self> {
        let mut below = 0.0;
        let mut nodes = vec![(*diameter_nm.first()?, 0.0)];
        for (d, f) in diameter_nm.windows(2).zip(density_per_nm.windows(2)) {
            below += 0.5 * (f[0] + f[1]) * (d[1] - d[0]);
            nodes.push((d[1], below));
        }
        if !(below > 0.0 && below.is_finite()) {
            return None;
        }
        for node in &mut nodes {
            node.1 /= below;
        }
        Some(Self { nodes })
    }

    /// The diameter below which a share `p` lies, `p` from 0 to 1.
    pub fn quantile(&self, p: f64) -> f64 {
        let i = self.nodes.partition_point(|n| n.1 < p);
        let Some(&(d, share)) = self.nodes.get(i) else {
            return self.nodes.last().map_or(f64::NAN, |n| n.0);
        };
        match i.checked_sub(1).map(|j| self.nodes[j]) {
            Some((d0, below)) if share > below => d0 + (d - d0) * (p - below) / (share - below),
            _ => d,
        }
    }

    /// Share below a diameter, as the limits from its left and from its right.
    fn around(&self, d: f64) -> (f64, f64) {
        let first = self.nodes.partition_point(|n| n.0 < d);
        let after = self.nodes.partition_point(|n| n.0 <= d);
        if first < after {
            return (self.nodes[first].1, self.nodes[after - 1].1);
        }
        let share = match (first.checked_sub(1), self.nodes.get(first)) {
            (None, _) => 0.0,
            (_, None) => 1.0,
            (Some(i), Some(&(d1, f1))) => {
                let (d0, f0) = self.nodes[i];
                f0 + (f1 - f0) * (d - d0) / (d1 - d0)
            }
        };
        (share, share)
    }

    /// First Wasserstein distance: the area between the two curves, in the unit of the diameters. (In one dimension
    /// it is the integral of |F - G|: Vallender 1974, doi:10.1137/1118101.)
    pub fn distance(&self, other: &Self) -> f64 {
        let mut places: Vec<f64> = self.nodes.iter().chain(&other.nodes).map(|n| n.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
            .windows(2)
            .map(|w| {
                let a = self.around(w[0]).1 - other.around(w[0]).1;
                let b = self.around(w[1]).0 - other.around(w[1]).0;
                let height = if a * b >= 0.0 {
                    0.5 * (a + b).abs()
                } else {
                    // The curves cross between the two places: two triangles.
                    0.5 * (a * a + b * b) / (a - b).abs()
                };
                height * (w[1] - w[0])
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(values: &[(f64, f64)]) -> Cdf {
        Cdf::of_steps(values.to_vec()).expect("a weight")
    }

    #[test]
    fn distances_are_those_that_can_be_worked_out_by_hand() {
        let one = steps(&[(100.0, 1.0)]);
        assert_eq!(one.distance(&steps(&[(107.0, 3.0)])), 7.0);
        assert_eq!(one.distance(&one), 0.0);
        // Half of the mass moves by 10, half by 20.
        let two = steps(&[(90.0, 1.0), (120.0, 1.0)]);
        assert!((one.distance(&two) - 15.0).abs() < 1e-12);
        assert!((two.distance(&one) - 15.0).abs() < 1e-12);
        // Uniform from 90 to 110 against its middle: the mean distance is 5.
        let even = Cdf::of_density(&[90.0, 100.0, 110.0], &[0.05, 0.05, 0.05]).expect("a mass");
        assert!((even.distance(&one) - 5.0).abs() < 1e-12);
        // Uniform 0 to 1 against uniform 0 to 2: integral of |x - x/2| to 1 and of 1 - x/2 from there.
        let narrow = Cdf::of_density(&[0.0, 1.0], &[1.0, 1.0]).expect("a mass");
        let wide = Cdf::of_density(&[0.0, 2.0], &[0.5, 0.5]).expect("a mass");
        assert!((narrow.distance(&wide) - 0.5).abs() < 1e-12);
        // Curves that cross: 0..2 even against a jump at 1.
        assert!((wide.distance(&steps(&[(1.0, 1.0)])) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn quantiles_lie_on_the_curve() {
        let two = steps(&[(60.0, 1.0), (150.0, 1.0)]);
        assert_eq!(two.quantile(0.1), 60.0);
        assert_eq!(two.quantile(0.9), 150.0);
        let even = Cdf::of_density(&[90.0, 110.0], &[0.05, 0.05]).expect("a mass");
        assert!((even.quantile(0.25) - 95.0).abs() < 1e-12);
        assert_eq!(even.quantile(0.0), 90.0);
        assert_eq!(even.quantile(1.0), 110.0);
    }

    #[test]
    fn nothing_has_no_distribution() {
        assert!(Cdf::of_steps(Vec::new()).is_none());
        assert!(Cdf::of_steps(vec![(100.0, 0.0)]).is_none());
        assert!(Cdf::of_density(&[1.0, 2.0], &[0.0, 0.0]).is_none());
        assert!(Cdf::of_density(&[], &[]).is_none());
    }
}
