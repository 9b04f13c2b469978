//! Who goes to whom: the cheapest set of pairs, where staying alone costs nothing.
//!
//! Linear assignment by shortest augmenting paths with potentials on a sparse graph (Jonker & Volgenant 1987,
//! doi:10.1007/BF02278710), applied to each connected component by itself, since nearly all components are one row
//! and one column. Every row also owns a private column of cost 0, "stays alone".
//!
//! Differs from the paper in: no column reduction beforehand; a binary heap finds the next column.
//! Exact up to [`LARGEST_EXACT_ROWS`] rows in one component; above, pairs are taken cheapest first. Ties go to the
//! column with the lower number.

mod exact;

use exact::solve_exactly;

/// Components with more rows than this are solved cheapest first instead of exactly. They arise only where spots
/// lie so densely that the links would mean nothing anyway.
pub const LARGEST_EXACT_ROWS: usize = 2000;

const NONE: usize = usize::MAX;

/// A possible pair; only pairs of negative cost are ever worth while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Column.
    pub to: usize,
    /// What the pair costs; below 0.
    pub cost: f64,
}

/// The cheapest assignment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Column of each row, if it has one.
    pub column_of: Vec<Option<usize>>,
    /// Row of each column, if it has one.
    pub row_of: Vec<Option<usize>>,
    /// Rows in components that were too large to be solved exactly.
    pub rows_not_exact: usize,
}

/// Assigns rows to columns so that the sum of the costs is least. `edges[row]` lists what the row may take; edges
/// whose cost is not below 0, and edges to columns that do not exist, are passed over.
pub fn assign(edges: &[Vec<Edge>], columns: usize) -> Assignment {
    let mut out = Assignment {
        column_of: vec![None; edges.len()],
        row_of: vec![None; columns],
        rows_not_exact: 0,
    };
    for rows in components(edges, columns) {
        if let [row] = rows[..] {
            let best = usable(edges, row, columns)
                .min_by(|a, b| a.cost.total_cmp(&b.cost).then(a.to.cmp(&b.to)));
            if let Some(best) = best {
                out.column_of[row] = Some(best.to);
                out.row_of[best.to] = Some(row);
            }
        } else if rows.len() <= LARGEST_EXACT_ROWS {
            solve_exactly(edges, columns, &rows, &mut out);
        } else {
            out.rows_not_exact += rows.len();
            solve_cheapest_first(edges, columns, &rows, &mut out);
        }
    }
    out
}

/// How sure each link is: for every row with a column, how much the sum grows by the cheapest exchange that gives
/// the row another column or its column another row, whoever is displaced moving over or staying alone. Infinite
/// without a rival, and for rows that stay alone.
///
/// Exact for two rows and two columns; in larger components exchanges along three and more rows are left out.
pub fn margins(edges: &[Vec<Edge>], found: &Assignment) -> Vec<f64> {
    let cost_of = |row: usize, column: usize| {
        let edge = edges[row].iter().find(|e| e.to == column);
        edge.map_or(0.0, |e| e.cost.min(0.0))
    };
    let own: Vec<f64> = (0..edges.len())
        .map(|row| found.column_of[row].map_or(0.0, |column| cost_of(row, column)))
        .collect();
    let mut margins = vec![f64::INFINITY; edges.len()];
    for row in 0..edges.len() {
        let mine = found.column_of[row];
        for e in usable(edges, row, found.row_of.len()).filter(|e| mine != Some(e.to)) {
            let displaced = found.row_of[e.to];
            let mut change = e.cost - own[row];
            if let Some(other) = displaced {
                change += mine.map_or(0.0, |column| cost_of(other, column)) - own[other];
                margins[other] = margins[other].min(change);
            }
            if mine.is_some() {
                margins[row] = margins[row].min(change);
            }
        }
    }
    margins
}

fn usable(edges: &[Vec<Edge>], row: usize, columns: usize) -> impl Iterator<Item = Edge> + '_ {
    edges[row]
        .iter()
        .copied()
        .filter(move |e| e.cost < 0.0 && e.cost.is_finite() && e.to < columns)
}

/// Rows that hang together through columns, in the order of their first row; rows without edges are left out.
fn components(edges: &[Vec<Edge>], columns: usize) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..edges.len()).collect();
    fn root(parent: &mut [usize], mut row: usize) -> usize {
        while parent[row] != row {
            parent[row] = parent[parent[row]];
            row = parent[row];
        }
        row
    }
    let mut first_row_of = vec![NONE; columns];
    for row in 0..edges.len() {
        for e in usable(edges, row, columns) {
            if first_row_of[e.to] == NONE {
                first_row_of[e.to] = row;
            } else {
                let (a, b) = (
                    root(&mut parent, row),
                    root(&mut parent, first_row_of[e.to]),
                );
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut place = vec![NONE; edges.len()];
    let mut out: Vec<Vec<usize>> = Vec::new();
    for row in 0..edges.len() {
        if usable(edges, row, columns).next().is_none() {
            continue;
        }
        let r = root(&mut parent, row);
        if place[r] == NONE {
            place[r] = out.len();
            out.push(Vec::new());
        }
        out[place[r]].push(row);
    }
    out
}

fn solve_cheapest_first(edges: &[Vec<Edge>], columns: usize, rows: &[usize], out: &mut Assignment) {
    let mut all: Vec<(f64, usize, usize)> = Vec::new();
    for &row in rows {
        all.extend(usable(edges, row, columns).map(|e| (e.cost, row, e.to)));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, row, column) in all {
        if out.column_of[row].is_none() && out.row_of[column].is_none() {
            out.column_of[row] = Some(column);
            out.row_of[column] = Some(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn sum(edges: &[Vec<Edge>], found: &Assignment) -> f64 {
        let mut total = 0.0;
        for (row, column) in found.column_of.iter().enumerate() {
            if let Some(column) = column {
                assert_eq!(found.row_of[*column], Some(row));
                let edge = edges[row].iter().find(|e| e.to == *column);
                total += edge.expect("only given pairs are made").cost;
            }
        }
        total
    }

    /// The oracle: every way of giving each row a column of its own or none.
    fn cheapest(edges: &[Vec<Edge>], row: usize, taken: &mut Vec<usize>) -> f64 {
        if row == edges.len() {
            return 0.0;
        }
        let mut best = cheapest(edges, row + 1, taken);
        for e in &edges[row] {
            if !taken.contains(&e.to) {
                taken.push(e.to);
                best = best.min(e.cost + cheapest(edges, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    fn random_edges(rng: &mut Xoshiro256PlusPlus, rows: usize, columns: usize) -> Vec<Vec<Edge>> {
        (0..rows)
            .map(|_| {
                (0..columns)
                    .filter(|_| rng.random::<f64>() < 0.6)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|to| Edge {
                        to,
                        // Coarse, so that ties are common.
                        cost: (rng.random::<f64>() * 12.0).floor() - 9.0,
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn equals_trying_everything() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        for _ in 0..400 {
            let rows = 1 + (rng.random::<f64>() * 6.0) as usize;
            let columns = 1 + (rng.random::<f64>() * 6.0) as usize;
            let edges = random_edges(&mut rng, rows, columns);
            let found = assign(&edges, columns);
            let expected = cheapest(&edges, 0, &mut Vec::new());
            assert!((sum(&edges, &found) - expected).abs() < 1e-9);
            assert_eq!(found, assign(&edges, columns));
        }
    }

    #[test]
    fn the_margin_is_the_price_of_the_other_pairing() {
        let e = |to, cost| Edge { to, cost };
        let edges = vec![vec![e(0, -5.0), e(1, -4.0)], vec![e(0, -4.5), e(1, -5.0)]];
        let found = assign(&edges, 2);
        assert_eq!(found.column_of, [Some(0), Some(1)]);
        let m = margins(&edges, &found);
        assert!((m[0] - 1.5).abs() < 1e-12 && (m[1] - 1.5).abs() < 1e-12);
        // Two spots for one track, then two tracks for one spot.
        let edges = vec![vec![e(0, -5.0), e(1, -4.0)]];
        assert!((margins(&edges, &assign(&edges, 2))[0] - 1.0).abs() < 1e-12);
        let edges = vec![vec![e(0, -5.0)], vec![e(0, -3.0)]];
        let m = margins(&edges, &assign(&edges, 1));
        assert!((m[0] - 2.0).abs() < 1e-12 && m[1].is_infinite());
        let edges = vec![vec![e(0, -5.0)], vec![e(1, -3.0)]];
        assert!(margins(&edges, &assign(&edges, 2))[0].is_infinite());
    }

    #[test]
    fn a_huge_component_is_solved_cheapest_first() {
        let rows = LARGEST_EXACT_ROWS + 1;
        let edges: Vec<Vec<Edge>> = (0..rows)
            .map(|r| {
                (r..(r + 4).min(rows))
                    .map(|to| Edge {
                        to,
                        cost: -1.0 - to as f64 * 1e-3,
                    })
                    .collect()
            })
            .collect();
        let found = assign(&edges, rows);
        assert_eq!(found.rows_not_exact, rows);
        assert!(sum(&edges, &found) < 0.0);
        // One row less, and the answer is exact: everyone can be served.
        let found = assign(&edges[1..], rows);
        assert_eq!(found.rows_not_exact, 0);
        assert!(found.column_of.iter().all(Option::is_some));
    }

    #[test]
    fn bad_edges_are_passed_over() {
        let e = |to, cost| Edge { to, cost };
        let edges = vec![vec![
            e(9, -1.0),
            e(0, f64::NAN),
            e(1, f64::NEG_INFINITY),
            e(1, 0.5),
        ]];
        assert_eq!(assign(&edges, 2).column_of, [None]);
        assert_eq!(assign(&[], 0), Assignment::default());
    }
}
