//! One connected component, exactly: shortest augmenting paths with potentials.

use super::{Assignment, Edge, NONE, usable};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One component with its own small numbers: the last `rows` columns are the private ones.
struct Component {
    edges: Vec<Vec<Edge>>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    column_of: Vec<usize>,
    row_of: Vec<usize>,
}

/// Gives every row of a component its column in the cheapest assignment.
pub(super) fn solve_exactly(
    edges: &[Vec<Edge>],
    columns: usize,
    rows: &[usize],
    out: &mut Assignment,
) {
    let mut names: Vec<usize> = rows
        .iter()
        .flat_map(|&row| usable(edges, row, columns).map(|e| e.to))
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut local: Vec<Vec<Edge>> = Vec::with_capacity(rows.len());
    for (i, &row) in rows.iter().enumerate() {
        let mut list: Vec<Edge> = usable(edges, row, columns)
            .map(|e| Edge {
                to: names.partition_point(|n| *n < e.to),
                cost: e.cost,
            })
            .collect();
        list.push(Edge {
            to: names.len() + i,
            cost: 0.0,
        });
        local.push(list);
    }
    let total = names.len() + rows.len();
    let mut component = Component {
        row_price: local
            .iter()
            .map(|l| l.iter().fold(0.0, |m: f64, e| m.min(e.cost)))
            .collect(),
        edges: local,
        column_price: vec![0.0; total],
        column_of: vec![NONE; rows.len()],
        row_of: vec![NONE; total],
    };
    for row in 0..rows.len() {
        component.augment(row);
    }
    for (i, &row) in rows.iter().enumerate() {
        if let Some(&column) = names.get(component.column_of[i]) {
            out.column_of[row] = Some(column);
            out.row_of[column] = Some(row);
        }
    }
}

/// A column that can be reached, nearest first, then the lower number.
#[derive(PartialEq)]
struct Reached {
    distance: f64,
    column: usize,
}

impl Eq for Reached {}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> Ordering {
        // Turned round: the heap gives its greatest element first.
        other
            .distance
            .total_cmp(&self.distance)
            .then(other.column.cmp(&self.column))
    }
}

impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Component {
    /// Finds a place for one more row along the shortest path to a free column and turns the path over.
    fn augment(&mut self, start: usize) {
        let n = self.row_of.len();
        let mut distance = vec![f64::INFINITY; n];
        let mut from_row = vec![NONE; n];
        let mut done = vec![false; n];
        let mut finished: Vec<usize> = Vec::new();
        let mut heap = BinaryHeap::new();
        let (mut row, mut so_far) = (start, 0.0);
        let (end, length) = loop {
            for e in &self.edges[row] {
                // Rounding may leave a reduced cost a hair below 0.
                let reduced = (e.cost - self.row_price[row] - self.column_price[e.to]).max(0.0);
                if !done[e.to] && so_far + reduced < distance[e.to] {
                    distance[e.to] = so_far + reduced;
                    from_row[e.to] = row;
                    heap.push(Reached {
                        distance: so_far + reduced,
                        column: e.to,
                    });
                }
            }
            let Some(next) = heap.pop() else {
                return; // Cannot happen: the private column of every row is free for it.
            };
            if done[next.column] {
                continue;
            }
            if self.row_of[next.column] == NONE {
                break (next.column, next.distance);
            }
            done[next.column] = true;
            finished.push(next.column);
            row = self.row_of[next.column];
            so_far = next.distance;
        };
        self.row_price[start] += length;
        for &column in &finished {
            let slack = length - distance[column];
            self.column_price[column] -= slack;
            self.row_price[self.row_of[column]] += slack;
        }
        let mut column = end;
        loop {
            let row = from_row[column];
            let before = self.column_of[row];
            self.column_of[row] = column;
            self.row_of[column] = row;
            if row == start {
                return;
            }
            column = before;
        }
    }
}
