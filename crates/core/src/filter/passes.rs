//! The passes of separable Gaussians over a picture, row by row.

use super::{Kernel, LANES, Plane, View, mirror};
use crate::instructions;

/// Room for the passes of a filter, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    passes: Passes,
    wide: Plane,
    half: Plane,
}

/// Room for the two passes of one Gaussian.
#[derive(Clone, Debug, Default)]
struct Passes {
    line: Vec<f32>,
    /// The rows smoothed along themselves that the next row of the result needs: they stay in the fast memory.
    ring: Vec<f32>,
    /// Where in the ring the rows above and below begin, nearest first.
    pairs: Vec<(usize, usize)>,
}

/// Smooths `input` with `kernel` in both directions; edges are mirrored.
pub(crate) fn smooth(input: &Plane, kernel: &Kernel, out: &mut Plane, scratch: &mut Scratch) {
    smooth_rows(input.view(), kernel, out, &mut scratch.passes, |_, _, _| {});
}

/// `centre` minus `surround`, both smoothed from `input`; edges are mirrored. A wide surround is smoothed on squares of
/// two pixels and drawn out again, which takes a quarter of the work and changes it by less than a percent of the
/// centre's height.
pub(crate) fn difference(
    input: &Plane,
    centre: &Kernel,
    surround: &Surround,
    out: &mut Plane,
    scratch: &mut Scratch,
) {
    let filter = Difference { centre, surround };
    filter.rows(input.view(), None, out, scratch, |_, _| {});
}

/// A difference of two Gaussians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference<'a> {
    /// The narrow one.
    pub(crate) centre: &'a Kernel,
    /// The wide one.
    pub(crate) surround: &'a Surround,
}

impl Difference<'_> {
    /// As [`difference`]; `half` is the input [`halve`]d if it is at hand. Each row of the result without its padding is
    /// given to `finish` with its number as soon as it is there, while it is still near.
    pub(crate) fn rows(
        &self,
        input: View<'_>,
        half: Option<&Plane>,
        out: &mut Plane,
        scratch: &mut Scratch,
        mut finish: impl FnMut(usize, &mut [f32]),
    ) {
        let Scratch {
            passes,
            wide,
            half: own_half,
        } = scratch;
        let width = input.width;
        if let Some(coarse) = &self.surround.coarse {
            let half = half.unwrap_or_else(|| {
                halve(input, own_half);
                own_half
            });
            smooth_rows(half.view(), coarse, wide, passes, |_, _, _| {});
            smooth_rows(input, self.centre, out, passes, |y, row, line| {
                take_doubled(row, y, wide, line);
                finish(y, &mut row[..width]);
            });
        } else {
            smooth_rows(input, &self.surround.kernel, wide, passes, |_, _, _| {});
            smooth_rows(input, self.centre, out, passes, |y, row, _| {
                for (o, w) in row.iter_mut().zip(wide.row(y)) {
                    *o -= w;
                }
                finish(y, &mut row[..width]);
            });
        }
    }
}

/// The wide Gaussian of a difference of Gaussians.
#[derive(Clone, Debug)]
pub(crate) struct Surround {
    /// On the picture itself.
    pub(crate) kernel: Kernel,
    /// The same on squares of two pixels, if it is wide enough for them.
    pub(super) coarse: Option<Kernel>,
}

impl Surround {
    /// Of standard deviation `sigma` in pixels.
    pub(crate) fn gauss(sigma: f64) -> Self {
        // Squares of two pixels widen by 1/4 px^2; drawing out linearly widens by 2/3 - 1/6 = 1/2 px^2 on average.
        let left = sigma * sigma - 0.75;
        Self {
            kernel: Kernel::gauss(sigma),
            coarse: (sigma >= 3.0).then(|| Kernel::gauss(0.5 * left.sqrt())),
        }
    }
}

/// Means of squares of two pixels; an odd last row or column stands for itself.
pub(crate) fn halve(input: View<'_>, out: &mut Plane) {
    out.resize(input.height.div_ceil(2), input.width.div_ceil(2));
    for y in 0..out.height {
        let top = input.row(2 * y);
        let bottom = input.row((2 * y + 1).min(input.height - 1));
        let target = out.row_mut(y);
        let (top_blocks, top_rest) = top.as_chunks::<LANES>();
        let (bottom_blocks, bottom_rest) = bottom.as_chunks::<LANES>();
        let mut blocks = target.chunks_exact_mut(LANES / 2);
        for ((a, b), o) in top_blocks.iter().zip(bottom_blocks).zip(&mut blocks) {
            for j in 0..LANES / 2 {
                o[j] = 0.25 * ((a[2 * j] + a[2 * j + 1]) + (b[2 * j] + b[2 * j + 1]));
            }
        }
        let rest = &mut target[top_blocks.len() * (LANES / 2)..];
        let pairs = top_rest.chunks(2).zip(bottom_rest.chunks(2));
        for (o, (a, b)) in rest.iter_mut().zip(pairs) {
            *o = match (a, b) {
                ([a, c], [b, d]) => 0.25 * ((a + c) + (b + d)),
                _ => 0.5 * (a[0] + b[0]),
            };
        }
    }
}

/// Takes from row `y` of a picture, padding included, the picture `coarse` drawn out to twice its size, linear between
/// the centres of its pixels.
fn take_doubled(row: &mut [f32], y: usize, coarse: &Plane, line: &mut Vec<f32>) {
    let n = coarse.width;
    if n == 0 {
        return;
    }
    // One pixel more on both sides, so that the loop below needs no edges, and room for its last block.
    line.resize(line.len().max(n + 2 + LANES), 0.0);
    let near = y / 2;
    let far = if y.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(coarse.height - 1)
    };
    let rows = coarse.row(near).iter().zip(coarse.row(far));
    for (l, (a, b)) in line[1..].iter_mut().zip(rows) {
        *l = 0.75 * a + 0.25 * b;
    }
    line[0] = line[1];
    line[n + 1] = line[n];
    for (block, start) in row.chunks_exact_mut(LANES).zip((0..).step_by(LANES / 2)) {
        let Some(l) = line[start..].first_chunk::<{ LANES / 2 + 2 }>() else {
            continue;
        };
        let mut drawn = [0.0f32; LANES];
        for j in 0..LANES / 2 {
            drawn[2 * j] = 0.25 * l[j] + 0.75 * l[j + 1];
            drawn[2 * j + 1] = 0.75 * l[j + 1] + 0.25 * l[j + 2];
        }
        for (o, d) in block.iter_mut().zip(&drawn) {
            *o -= d;
        }
    }
}

/// Both passes of a Gaussian, row by row. Each row of the result, padding included, is given to `finish` with its
/// number and a line that it may use.
fn smooth_rows(
    input: View<'_>,
    kernel: &Kernel,
    out: &mut Plane,
    passes: &mut Passes,
    mut finish: impl FnMut(usize, &mut [f32], &mut Vec<f32>),
) {
    out.resize(input.height, input.width);
    if input.width == 0 {
        return;
    }
    let (n, stride) = (input.height, out.stride);
    let radius = kernel.0.len() - 1;
    let length = (2 * radius + 1).min(n.max(1));
    let line_length = stride + 2 * radius;
    passes.ring.resize(length * stride, 0.0);
    passes.line.resize(passes.line.len().max(line_length), 0.0);
    let start = |y: isize| mirror(y, n) % length * stride;
    let mut ready = 0;
    for y in 0..n {
        while ready <= (y + radius).min(n - 1) {
            let target = &mut passes.ring[ready % length * stride..][..stride];
            instructions::run(Across {
                row: input.row(ready),
                kernel,
                target,
                line: &mut passes.line,
            });
            ready += 1;
        }
        let here = y as isize;
        passes.pairs.clear();
        passes
            .pairs
            .extend((1..=radius as isize).map(|t| (start(here - t), start(here + t))));
        let row = &mut out.data[y * stride..][..stride];
        instructions::run(Down {
            ring: &passes.ring,
            here: start(here),
            pairs: &passes.pairs,
            kernel,
            row: &mut *row,
        });
        finish(y, row, &mut passes.line);
    }
}

struct Across<'a> {
    row: &'a [f32],
    kernel: &'a Kernel,
    target: &'a mut [f32],
    line: &'a mut [f32],
}
impl instructions::Kernel for Across<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        across(self.row, self.kernel, self.target, self.line)
    }
}
struct Down<'a> {
    ring: &'a [f32],
    here: usize,
    pairs: &'a [(usize, usize)],
    kernel: &'a Kernel,
    row: &'a mut [f32],
}
impl instructions::Kernel for Down<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        down(self.ring, self.here, self.pairs, self.kernel, self.row)
    }
}
/// One row along itself.
#[inline(always)]
fn across(row: &[f32], kernel: &Kernel, target: &mut [f32], line: &mut [f32]) {
    let (width, radius) = (row.len(), kernel.0.len() - 1);
    for i in 0..radius {
        line[i] = row[mirror(i as isize - radius as isize, width)];
    }
    line[radius..][..width].copy_from_slice(row);
    for i in width..width + radius {
        line[radius + i] = row[mirror(i as isize, width)];
    }
    for (block, x) in target.chunks_exact_mut(LANES).zip((0..).step_by(LANES)) {
        let mut sum = [0.0f32; LANES];
        add(&mut sum, &line[x + radius..], kernel.0[0]);
        for (t, k) in kernel.0.iter().enumerate().skip(1) {
            add_pair(
                &mut sum,
                &line[x + radius - t..],
                &line[x + radius + t..],
                *k,
            );
        }
        block.copy_from_slice(&sum);
    }
}

/// One row of the pass along the columns from the rows of the ring.
#[inline(always)]
fn down(ring: &[f32], here: usize, pairs: &[(usize, usize)], kernel: &Kernel, row: &mut [f32]) {
    for (block, x) in row.chunks_exact_mut(LANES).zip((0..).step_by(LANES)) {
        let mut sum = [0.0f32; LANES];
        add(&mut sum, &ring[here + x..], kernel.0[0]);
        for ((above, below), k) in pairs.iter().zip(&kernel.0[1..]) {
            add_pair(&mut sum, &ring[above + x..], &ring[below + x..], *k);
        }
        block.copy_from_slice(&sum);
    }
}

#[inline(always)]
fn add(sum: &mut [f32; LANES], a: &[f32], k: f32) {
    if let Some(a) = a.first_chunk::<LANES>() {
        for j in 0..LANES {
            sum[j] += k * a[j];
        }
    }
}

#[inline(always)]
fn add_pair(sum: &mut [f32; LANES], a: &[f32], b: &[f32], k: f32) {
    if let (Some(a), Some(b)) = (a.first_chunk::<LANES>(), b.first_chunk::<LANES>()) {
        for j in 0..LANES {
            sum[j] += k * (a[j] + b[j]);
        }
    }
}
