//! The frames that are drawn, read from the film once more: whole ones for the large pictures, cut-outs for the small
//! ones. The film itself is never held in memory.

use crate::analyze::AnalyzeError;
use nta_core::{FrameIndex, FrameSource, Pixels};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// A square cut-out that is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wish {
    pub frame: FrameIndex,
    /// Pixel in the middle (x, y); it may lie outside of the frame.
    pub middle_px: (i64, i64),
    /// Pixels on each side of the middle.
    pub half_px: i64,
}

impl Wish {
    /// A cut-out about a point.
    pub fn about(frame: FrameIndex, x_px: f64, y_px: f64, half_px: i64) -> Self {
        Self {
            frame,
            middle_px: (x_px.round() as i64, y_px.round() as i64),
            half_px,
        }
    }

    /// Pixels along each side.
    pub fn side_px(&self) -> usize {
        (2 * self.half_px + 1).max(1) as usize
    }

    /// Position of the top left pixel (x, y).
    pub fn corner_px(&self) -> (i64, i64) {
        (
            self.middle_px.0.saturating_sub(self.half_px),
            self.middle_px.1.saturating_sub(self.half_px),
        )
    }

    fn cut(&self, pixels: &Pixels) -> Cut {
        let (left, top) = self.corner_px();
        let (height, width) = pixels.dim();
        let side = self.side_px();
        let within = |start: i64, step: usize, n: usize| {
            usize::try_from(start.saturating_add(step as i64))
                .ok()
                .filter(|v| *v < n)
        };
        (0..side * side)
            .map(|i| {
                let x = within(left, i % side, width)?;
                let y = within(top, i / side, height)?;
                Some(pixels.at(y, x))
            })
            .collect()
    }
}

/// Counts of a cut-out, row-major; `None` beyond the edge of the frame.
pub(super) type Cut = Vec<Option<u16>>;

/// What was read.
pub(super) struct Again {
    /// Whole frames in the order of time.
    pub frames: Vec<(FrameIndex, Pixels)>,
    /// A cut-out for each wish, in their order; `None` where the frame could not be read again.
    pub cuts: Vec<Option<Cut>>,
}

/// Reads whole frames and cut-outs in one pass that ends with the last of them.
pub(super) fn read_again(
    source: &mut dyn FrameSource,
    whole: &[FrameIndex],
    wishes: &[Wish],
    cancel: &AtomicBool,
    progress: &dyn Fn(u64),
) -> Result<Again, AnalyzeError> {
    let mut left: BTreeSet<FrameIndex> = whole.iter().copied().collect();
    left.extend(wishes.iter().map(|w| w.frame));
    let mut again = Again {
        frames: Vec::new(),
        cuts: vec![None; wishes.len()],
    };
    source.rewind()?;
    let mut read = 0;
    while !left.is_empty() {
        if cancel.load(Ordering::Relaxed) {
            return Err(AnalyzeError::Cancelled);
        }
        let Some(packet) = source.next_packet()? else {
            break;
        };
        read += 1;
        progress(read);
        let frame = packet.index;
        if !left.remove(&frame) {
            continue;
        }
        let Ok(pixels) = source.decode(packet) else {
            continue;
        };
        for (wish, cut) in wishes.iter().zip(&mut again.cuts) {
            if wish.frame == frame {
                *cut = Some(wish.cut(&pixels));
            }
        }
        if whole.contains(&frame) {
            again.frames.push((frame, pixels));
        }
    }
    Ok(again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_cut_reaches_beyond_the_edge_without_pixels() {
        let frame = Pixels::U8(Array2::from_shape_fn((4, 5), |(y, x)| (10 * y + x) as u8));
        let wish = Wish::about(FrameIndex(0), 0.2, 2.9, 1);
        assert_eq!((wish.corner_px(), wish.side_px()), ((-1, 2), 3));
        let cut = wish.cut(&frame);
        let expected = [
            [None, Some(20), Some(21)],
            [None, Some(30), Some(31)],
            [None; 3],
        ];
        assert_eq!(cut, expected.concat());
        let far = Wish::about(FrameIndex(0), 1e300, -1e300, 1);
        assert_eq!(far.cut(&frame), vec![None; 9]);
    }
}
