//! Several tests at once: Holm 1979, Scandinavian Journal of Statistics 6, 65-70 (jstor.org/stable/4615733).
//!
//! If every hypothesis were true, one or more of the adjusted p would be below 0.05 in at most 5 of 100 cases, however
//! the tests depend on each other.

/// Adjusted p in the order given; where there is none there is none, and it does not count as a test.
pub fn adjusted(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<(usize, f64)> = p
        .iter()
        .enumerate()
        .filter_map(|(i, p)| Some((i, (*p)?)))
        .collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut out = vec![None; p.len()];
    let mut highest: f64 = 0.0;
    let tests = known.len();
    for (rank, (i, p)) in known.into_iter().enumerate() {
        highest = highest.max((tests - rank) as f64 * p).min(1.0);
        out[i] = Some(highest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_is_multiplied_most() {
        let p = [Some(0.03), None, Some(0.01), Some(0.04)];
        let got = adjusted(&p);
        let want = [Some(0.06), None, Some(0.03), Some(0.06)];
        for (g, w) in got.iter().zip(&want) {
            assert_eq!(g.is_some(), w.is_some());
            assert!((g.unwrap_or(0.0) - w.unwrap_or(0.0)).abs() < 1e-12);
        }
        assert_eq!(adjusted(&[Some(0.8), Some(0.9)]), [Some(1.0), Some(1.0)]);
        assert!(adjusted(&[]).is_empty());
    }
}
