//! One scale of the matched filter: its kernels, and its picture in units of the noise there (`scale_noise.rs`).

use super::peaks::add_high_blocks;
use crate::filter::{Difference, Kernel, Plane, Scratch, Surround, View, halve};
use crate::model::Flat;

/// The surround is this much wider than the centre.
const SURROUND: f64 = 3.0;

/// One frame on the way through the filters, and room for them.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The frame on squares of two pixels: the surrounds of fine scales and the picture of coarser ones.
    half: Plane,
    binned: Plane,
    scratch: Scratch,
}

impl Workspace {
    /// Takes in a frame, for all scales.
    pub(super) fn take_in(&mut self, flat: &Flat) {
        match View::of(&flat.image) {
            Some(picture) => halve(picture, &mut self.half),
            None => self.half.bin(&flat.image, 2),
        }
    }
}

/// A difference of Gaussians of one width with what was learned of its noise.
#[derive(Debug)]
pub(super) struct Scale {
    /// Standard deviation of the centre, px of the film.
    pub(super) width_px: f64,
    /// Side of the squares of film pixels that make one pixel of this scale.
    pub(super) step: usize,
    pub(super) centre: Kernel,
    pub(super) surround: Surround,
    /// 2 (1 - rho_1) of the kernel: how wavy filtered white noise is, per pixel of this scale.
    pub(super) waviness: f64,
    /// Skewness of the filtered background.
    pub(super) skewness: f64,
    pub(super) per_noise: Plane,
}

impl Scale {
    /// A scale of `width_px` that knows nothing of its noise.
    pub(super) fn new(width_px: f64) -> Self {
        // The centre must stay at least 1.15 px wide, so that peaks are not missed between pixels.
        let mut step = 1;
        while width_px / (2.0 * step as f64) >= 1.15 && step < 8 {
            step *= 2;
        }
        let sigma = width_px / step as f64;
        let (centre, surround) = (Kernel::gauss(sigma), Surround::gauss(SURROUND * sigma));
        let power = |lag: isize| {
            let part = |a: &Kernel, b: &Kernel| a.overlap(b, lag) * a.overlap(b, 0);
            part(&centre, &centre) - 2.0 * part(&centre, &surround.kernel)
                + part(&surround.kernel, &surround.kernel)
        };
        let norm2 = power(0).max(1e-12);
        Self {
            width_px,
            step,
            waviness: 2.0 * (1.0 - power(1) / norm2),
            skewness: 0.0,
            per_noise: Plane::default(),
            centre,
            surround,
        }
    }

    /// Position in the film of a position in this scale's picture, along either axis.
    pub(super) fn film_px(&self, position: f64) -> f64 {
        (position + 0.5) * self.step as f64 - 0.5
    }

    /// Position in this scale's picture of a position in the film, along either axis.
    pub(super) fn own_px(&self, position: f64) -> f64 {
        (position + 0.5) / self.step as f64 - 0.5
    }

    /// The frame's matched-filter statistic: filtered height over the noise there. The room has taken in the frame. Gives
    /// the blocks that have something above the limit.
    pub(super) fn response(
        &self,
        flat: &Flat,
        limit: f32,
        out: &mut Plane,
        room: &mut Workspace,
    ) -> Vec<(usize, usize)> {
        let mut high = Vec::new();
        self.filtered(flat, out, room, |y, row| {
            if y < self.per_noise.height {
                for (o, n) in row.iter_mut().zip(self.per_noise.row(y)) {
                    *o *= n;
                }
            }
            add_high_blocks(row, y, limit, &mut high);
        });
        high
    }

    pub(super) fn filtered(
        &self,
        flat: &Flat,
        out: &mut Plane,
        room: &mut Workspace,
        finish: impl FnMut(usize, &mut [f32]),
    ) {
        let Workspace {
            half,
            binned,
            scratch,
        } = room;
        let (picture, its_half) = match (self.step, View::of(&flat.image)) {
            (1, Some(picture)) => (picture, Some(&*half)),
            (2, _) => (half.view(), None),
            _ => {
                binned.bin(&flat.image, self.step);
                (binned.view(), None)
            }
        };
        let filter = Difference {
            centre: &self.centre,
            surround: &self.surround,
        };
        filter.rows(picture, its_half, out, scratch, finish);
    }
}
