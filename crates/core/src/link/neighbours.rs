//! Which spots of a frame lie near a place: a uniform grid, searched ring by ring.
//!
//! Cells hold about one spot each, so a search costs as much as it has neighbours, whatever the size of the field.

/// At most so many spots are looked at in one search. More than this within reach means that spots lie on top of each
/// other, where no linker can tell them apart; the bound keeps such a frame from taking quadratic time.
const MOST_LOOKED_AT: usize = 512;

/// A place and a spot near it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbour {
    /// Squared distance, px^2.
    pub distance2_px2: f64,
    /// Number of the spot in the list the grid was built from.
    pub spot: usize,
}

/// The spots of one frame, sorted into cells. Positions must be finite.
#[derive(Debug)]
pub(crate) struct Grid<'a> {
    positions: &'a [(f64, f64)],
    origin: (f64, f64),
    cell_px: f64,
    columns: usize,
    rows: usize,
    /// Where each cell begins in `members`; one more entry than cells.
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl<'a> Grid<'a> {
    /// Sorts positions (x, y), px, into cells.
    pub fn new(positions: &'a [(f64, f64)]) -> Self {
        let mut low = (f64::INFINITY, f64::INFINITY);
        let mut high = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for &(x, y) in positions {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        if positions.is_empty() {
            (low, high) = ((0.0, 0.0), (0.0, 0.0));
        }
        let (width, height) = (high.0 - low.0, high.1 - low.1);
        let n = positions.len().max(1) as f64;
        // The long side alone may need n cells, hence the second bound.
        let cell_px = (width * height / n)
            .sqrt()
            .max(width.max(height) / n)
            .max(1.0);
        let columns = (width / cell_px) as usize + 1;
        let rows = (height / cell_px) as usize + 1;
        let mut grid = Self {
            positions,
            origin: low,
            cell_px,
            columns,
            rows,
            starts: vec![0; columns * rows + 1],
            members: vec![0; positions.len()],
        };
        grid.fill();
        grid
    }

    fn fill(&mut self) {
        let cells: Vec<usize> = self
            .positions
            .iter()
            .map(|&(x, y)| {
                let column = ((x - self.origin.0) / self.cell_px) as usize;
                let row = ((y - self.origin.1) / self.cell_px) as usize;
                row.min(self.rows - 1) * self.columns + column.min(self.columns - 1)
            })
            .collect();
        for &c in &cells {
            self.starts[c + 1] += 1;
        }
        for c in 1..self.starts.len() {
            self.starts[c] += self.starts[c - 1];
        }
        let mut next = self.starts.clone();
        for (spot, &c) in cells.iter().enumerate() {
            self.members[next[c] as usize] = spot as u32;
            next[c] += 1;
        }
    }

    /// The `most` nearest spots within `radius_px` of (x, y), nearest first, equal distances by number.
    pub fn nearest(&self, at: (f64, f64), radius_px: f64, most: usize, out: &mut Vec<Neighbour>) {
        out.clear();
        if self.positions.is_empty() || most == 0 || radius_px.is_nan() {
            return;
        }
        let cell = |v: f64, low: f64| ((v - low) / self.cell_px).floor() as i64;
        let centre = (cell(at.0, self.origin.0), cell(at.1, self.origin.1));
        let last = (self.columns as i64 - 1, self.rows as i64 - 1);
        // Rings that do not reach the grid are skipped, and none is needed beyond its far side.
        let outside = |c: i64, last: i64| (-c).max(c - last).max(0);
        let first_ring = outside(centre.0, last.0).max(outside(centre.1, last.1));
        let span = |c: i64, last: i64| c.abs().max((last - c).abs());
        let last_ring = span(centre.0, last.0).max(span(centre.1, last.1));
        let mut looked_at = 0;
        for ring in first_ring..=last_ring {
            // Everything in this ring is at least so far away.
            let least = (ring - 1).max(0) as f64 * self.cell_px;
            let enough = out.len() == most && out[most - 1].distance2_px2 < least * least;
            if least > radius_px || enough || looked_at >= MOST_LOOKED_AT {
                break;
            }
            let (top, bottom) = (centre.1 - ring, centre.1 + ring);
            for row in top.max(0)..=bottom.min(last.1) {
                let step = if row == top || row == bottom || ring == 0 {
                    1
                } else {
                    2 * ring
                };
                let mut column = centre.0 - ring;
                if step == 1 {
                    column = column.max(0);
                }
                while column <= (centre.0 + ring).min(last.0) {
                    if column >= 0 {
                        let c = row as usize * self.columns + column as usize;
                        self.take(c, at, radius_px, most, out, &mut looked_at);
                    }
                    column += step;
                }
            }
        }
    }

    fn take(
        &self,
        cell: usize,
        at: (f64, f64),
        radius_px: f64,
        most: usize,
        out: &mut Vec<Neighbour>,
        looked_at: &mut usize,
    ) {
        let members = &self.members[self.starts[cell] as usize..self.starts[cell + 1] as usize];
        for &spot in members {
            if *looked_at >= MOST_LOOKED_AT {
                return;
            }
            *looked_at += 1;
            let (x, y) = self.positions[spot as usize];
            let distance2_px2 = (x - at.0).powi(2) + (y - at.1).powi(2);
            if distance2_px2 > radius_px * radius_px {
                continue;
            }
            let new = Neighbour {
                distance2_px2,
                spot: spot as usize,
            };
            let place = out.partition_point(|o| {
                o.distance2_px2
                    .total_cmp(&new.distance2_px2)
                    .then(o.spot.cmp(&new.spot))
                    .is_lt()
            });
            if place < most {
                out.truncate(most - 1);
                out.insert(place.min(out.len()), new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn agrees_with_looking_at_every_spot() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for (n, width, height) in [(1, 10.0, 10.0), (50, 640.0, 480.0), (300, 900.0, 2.0)] {
            let spots: Vec<(f64, f64)> = (0..n)
                .map(|_| (rng.random::<f64>() * width, rng.random::<f64>() * height))
                .collect();
            let grid = Grid::new(&spots);
            for _ in 0..200 {
                let at = (
                    (rng.random::<f64>() * 1.4 - 0.2) * width,
                    (rng.random::<f64>() * 1.4 - 0.2) * height,
                );
                let radius = rng.random::<f64>() * 120.0;
                let mut found = Vec::new();
                grid.nearest(at, radius, 6, &mut found);
                let mut all: Vec<Neighbour> = (0..n)
                    .map(|spot| Neighbour {
                        distance2_px2: (spots[spot].0 - at.0).powi(2)
                            + (spots[spot].1 - at.1).powi(2),
                        spot,
                    })
                    .filter(|o| o.distance2_px2 <= radius * radius)
                    .collect();
                all.sort_by(|a, b| a.distance2_px2.total_cmp(&b.distance2_px2));
                all.truncate(6);
                assert_eq!(found, all);
            }
        }
    }

    #[test]
    fn spots_on_one_place_stay_cheap() {
        let spots = vec![(3.0, 4.0); 50_000];
        let grid = Grid::new(&spots);
        let mut found = Vec::new();
        for _ in 0..1000 {
            grid.nearest((3.0, 4.0), 5.0, 6, &mut found);
        }
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn empty_and_far_away() {
        let mut found = Vec::new();
        Grid::new(&[]).nearest((0.0, 0.0), 5.0, 6, &mut found);
        assert!(found.is_empty());
        Grid::new(&[(0.0, 0.0)]).nearest((1e6, -1e6), 5.0, 6, &mut found);
        assert!(found.is_empty());
    }
}
