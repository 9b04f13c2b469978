//! One frame through the filters of all scales at once.
//!
//! A few rows of the frame are taken through everything that can follow from them before the next ones come, so that
//! what one filter gives is still near when the next one needs it. Filtered values are first compared with the noise of a
//! whole block of pixels, where it is least: hardly any block has something high.

use super::peaks::{Peak, add_high, maxima_in};
use super::scale::Scale;
use crate::filter::{LANES, Plane, Progress, View, begin_half, halve};
use crate::instructions;
use crate::model::Flat;

/// Rows of a frame that are taken in at once.
const CHUNK: usize = 32;

/// One frame on the way through the filters, and room for them, kept between frames.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    half: Plane,
    quarter: Plane,
    binned: Plane,
    binned_half: Plane,
    /// What each scale makes of the frame.
    pub(super) scales: Vec<Filtered>,
}

/// What one scale makes of a frame.
#[derive(Debug, Default)]
pub(super) struct Filtered {
    progress: Progress,
    /// Counts of the filtered frame, not yet over their noise.
    pub(super) counts: Plane,
    /// (row, column) of the pixels that may be above the limit, in row-major order.
    high: Vec<(usize, usize)>,
    /// How many of these were looked at.
    looked_at: usize,
    /// What was found among them.
    pub(super) maxima: Vec<Peak>,
}

/// Takes a frame through the filters of all scales. `limit` is in units of noise.
pub(super) fn sweep(scales: &[Scale], flat: &Flat, limit: f32, room: &mut Workspace) {
    let image = flat.image.as_standard_layout();
    let Some(view) = View::of(&image) else {
        return;
    };
    room.scales.resize_with(scales.len(), Filtered::default);
    for filtered in &mut room.scales {
        filtered.progress.begin();
        filtered.high.clear();
        filtered.maxima.clear();
        filtered.looked_at = 0;
    }
    through_fine_scales(scales, view, limit, room);
    for (scale, filtered) in scales.iter().zip(&mut room.scales) {
        if scale.step > 2 {
            let (picture, half) = (&mut room.binned, &mut room.binned_half);
            picture.bin(&flat.image, scale.step);
            begin_half(picture.view(), half);
            halve(picture.view(), 0..half.height, half);
            let input = (picture.view(), picture.height);
            filtered.advance(scale, limit, input, (half.view(), half.height));
        }
    }
}

/// The scales on the pixels of the film and on squares of two.
fn through_fine_scales(scales: &[Scale], image: View<'_>, limit: f32, room: &mut Workspace) {
    let Workspace {
        half,
        quarter,
        scales: results,
        ..
    } = room;
    begin_half(image, half);
    begin_half(half.view(), quarter);
    let height = image.height;
    let (mut rows, mut halves, mut quarters) = (0, 0, 0);
    while rows < height {
        rows = (rows + CHUNK).min(height);
        let until = |whole: usize, part: usize| if rows == height { whole } else { part };
        let to = until(half.height, rows / 2);
        halve(image, halves..to, half);
        halves = to;
        let to = until(quarter.height, halves / 2);
        halve(half.view(), quarters..to, quarter);
        quarters = to;
        for (scale, filtered) in scales.iter().zip(results.iter_mut()) {
            let (input, its_half) = match scale.step {
                1 => ((image, rows), (half.view(), halves)),
                2 => ((half.view(), halves), (quarter.view(), quarters)),
                _ => continue,
            };
            filtered.advance(scale, limit, input, its_half);
        }
    }
}

impl Filtered {
    fn advance(
        &mut self,
        scale: &Scale,
        limit: f32,
        input: (View<'_>, usize),
        half: (View<'_>, usize),
    ) {
        let Self {
            progress,
            counts,
            high,
            ..
        } = self;
        let filter = scale.filter();
        filter.advance(input, half, counts, progress, |y, row| {
            // Before the noise is known nothing is looked for.
            if let Some(highest) = scale.highest_over_noise(y) {
                instructions::run(HighPixels {
                    row,
                    highest,
                    limit,
                    y,
                    high,
                });
            }
        });
        self.look(scale, limit);
    }

    /// Looks for maxima as far as the rows around them are there.
    fn look(&mut self, scale: &Scale, limit: f32) {
        let done = self.progress.done();
        let known = match done == self.counts.height {
            true => done,
            false => done.saturating_sub(1),
        };
        let ready = self.high[self.looked_at..].partition_point(|(y, _)| *y < known);
        let response = scale.response(&self.counts);
        let pixels = &self.high[self.looked_at..][..ready];
        self.maxima.extend(maxima_in(&response, limit, pixels));
        self.looked_at += ready;
    }
}

/// Notes the pixels of a row that may be above the limit.
struct HighPixels<'a> {
    row: &'a [f32],
    /// What a count in each block is at most over the noise there.
    highest: &'a [f32],
    limit: f32,
    y: usize,
    high: &'a mut Vec<(usize, usize)>,
}

impl instructions::Kernel for HighPixels<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (blocks, _) = self.row.as_chunks::<LANES>();
        for ((block, highest), x) in blocks.iter().zip(self.highest).zip((0..).step_by(LANES)) {
            // A little lower, because products are rounded.
            let floor = self.limit / highest * (1.0 - 1e-6);
            add_high(block, (self.y, x), floor, self.high);
        }
    }
}
