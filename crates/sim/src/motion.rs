//! What all particles share: flow, its pulsation, shear, the shaking of the stage.
//!
//! The velocity at r is u(t) + G (r - c), with u(t) = u0 (1 + f sin(w t)), c the centre of the view and G free of
//! compression. Over a time t the flow carries a particle by the integral of u, and the shear maps r to c + exp(G t)(r - c).
//! As the trace of G is 0, G^2 is a number s = -det G times the unit matrix, and exp(G t) = cosh(q t) + G sinh(q t) / q
//! with q^2 = s (cos and sin for s < 0); its determinant is 1, so that an even filling stays even.

use crate::Scene;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// What all particles share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Motion {
    /// Flow to the right and down, um/s; mean over a pulsation.
    pub flow_um_per_s: [f64; 2],
    /// Gradient of the velocity about the centre of the view, 1/s: `[[dvx/dx, dvx/dy], [dvy/dx, dvy/dy]]`, x to the
    /// right and y down. A liquid cannot be compressed, so the diagonal must add up to 0.
    pub shear_per_s: [[f64; 2]; 2],
    /// Amplitude of a pulsation of the flow, as a share of it, 0 to 1: flow x (1 + fraction sin(2 pi f t)). The shear
    /// does not pulsate.
    pub pulsation_fraction: f64,
    /// Frequency of the pulsation, Hz.
    pub pulsation_hz: f64,
    /// Shaking of the stage against the camera.
    pub vibration: Vibration,
}

/// Shaking of the stage: offset = amplitude sin(2 pi frequency t) along one direction. Stuck particles take part, the
/// background light and the pattern of the sensor do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vibration {
    /// Amplitude (half of peak to peak), um.
    pub amplitude_um: f64,
    /// Frequency, Hz.
    pub frequency_hz: f64,
    /// Direction, degrees from the x axis towards y.
    pub angle_deg: f64,
}

/// A stretch of time of a fixed length, in which every particle is carried alike.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    motion: Motion,
    duration_s: f64,
    /// exp(G t); `None` without shear.
    map: Option<[[f64; 2]; 2]>,
}

impl Stretch {
    pub(crate) fn new(scene: &Scene, duration_s: f64) -> Self {
        let motion = scene.motion;
        let sheared = motion.shear_per_s != [[0.0; 2]; 2];
        Self {
            motion,
            duration_s,
            map: sheared.then(|| shear_map(motion.shear_per_s, duration_s)),
        }
    }

    /// Way that the flow carries from `from_s` on, um, and by how much the mean way over the stretch exceeds half of it.
    pub(crate) fn flow_um(&self, from_s: f64) -> ([f64; 2], [f64; 2]) {
        let m = &self.motion;
        let t = self.duration_s;
        if m.pulsation_fraction == 0.0 || m.pulsation_hz == 0.0 || t <= 0.0 {
            return (m.flow_um_per_s.map(|v| v * t), [0.0; 2]);
        }
        let w = TAU * m.pulsation_hz;
        let (begin, end) = (w * from_s, w * (from_s + t));
        let gain = m.pulsation_fraction / w;
        let whole = t + gain * (libm::cos(begin) - libm::cos(end));
        let mean_cos = (libm::sin(end) - libm::sin(begin)) / (w * t);
        let mean = 0.5 * t + gain * (libm::cos(begin) - mean_cos);
        (
            m.flow_um_per_s.map(|v| v * whole),
            m.flow_um_per_s.map(|v| v * (mean - 0.5 * whole)),
        )
    }

    pub(crate) fn is_sheared(&self) -> bool {
        self.map.is_some()
    }

    /// Where the shear takes a place, both um from the view's corner.
    pub(crate) fn shear(&self, at: [f64; 2], centre: [f64; 2]) -> [f64; 2] {
        self.map.map_or(at, |m| about(centre, m, at))
    }

    /// Whence the shear came.
    pub(crate) fn shear_back(&self, at: [f64; 2], centre: [f64; 2]) -> [f64; 2] {
        // The inverse of a matrix of determinant 1.
        self.map
            .map_or(at, |[[a, b], [c, d]]| about(centre, [[d, -b], [-c, a]], at))
    }
}

/// c + M (r - c).
fn about(centre: [f64; 2], m: [[f64; 2]; 2], at: [f64; 2]) -> [f64; 2] {
    let d = [at[0] - centre[0], at[1] - centre[1]];
    std::array::from_fn(|i| centre[i] + m[i][0] * d[0] + m[i][1] * d[1])
}

/// exp(G t) for a G of trace 0.
fn shear_map(g: [[f64; 2]; 2], t: f64) -> [[f64; 2]; 2] {
    let square = (g[0][1] * g[1][0] - g[0][0] * g[1][1]) * t * t;
    let q = square.abs().sqrt();
    let (even, odd) = if q < 1e-6 {
        // First terms of the series: the next are below 1e-24.
        (1.0 + 0.5 * square, 1.0 + square / 6.0)
    } else if square > 0.0 {
        (libm::cosh(q), libm::sinh(q) / q)
    } else {
        (libm::cos(q), libm::sin(q) / q)
    };
    [
        [even + odd * g[0][0] * t, odd * g[0][1] * t],
        [odd * g[1][0] * t, even + odd * g[1][1] * t],
    ]
}

/// Middle of sub-step `k` of frame `n`, s since the first frame.
pub(crate) fn sub_step_time_s(scene: &Scene, n: u32, k: usize) -> f64 {
    let share = (k as f64 + 0.5) / f64::from(scene.sub_steps);
    f64::from(n) * scene.frame_interval_s() + share * scene.exposure_s()
}

/// Offset of the stage at a time, um.
pub(crate) fn vibration_um(scene: &Scene, time_s: f64) -> [f64; 2] {
    let v = &scene.motion.vibration;
    if v.amplitude_um == 0.0 {
        return [0.0; 2];
    }
    let offset = v.amplitude_um * libm::sin(TAU * v.frequency_hz * time_s);
    let angle = v.angle_deg.to_radians();
    [offset * libm::cos(angle), offset * libm::sin(angle)]
}

/// Shared motion of frame `n`, mean over the exposure, px: the integral of the flow since the first frame's start, and
/// the vibration.
pub(crate) fn shift_px(scene: &Scene, n: u32) -> [f64; 2] {
    let start_s = f64::from(n) * scene.frame_interval_s();
    let middle_s = start_s + 0.5 * scene.exposure_s();
    let mut mean = [0.0; 2];
    for k in 0..scene.sub_steps as usize {
        let shake = vibration_um(scene, sub_step_time_s(scene, n, k));
        for i in 0..2 {
            mean[i] += shake[i] / f64::from(scene.sub_steps);
        }
    }
    let m = &scene.motion;
    let travelled: [f64; 2] = if m.pulsation_fraction == 0.0 || m.pulsation_hz == 0.0 {
        m.flow_um_per_s.map(|v| v * middle_s)
    } else {
        let (before, _) = Stretch::new(scene, start_s).flow_um(0.0);
        let (during, excess) = Stretch::new(scene, scene.exposure_s()).flow_um(start_s);
        std::array::from_fn(|i| before[i] + 0.5 * during[i] + excess[i])
    };
    std::array::from_fn(|i| (mean[i] + travelled[i]) / scene.pixel_size_um)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shear, a strain and a turn over a time in which they are large: closed forms.
    #[test]
    fn the_map_is_the_exponential_of_the_gradient() {
        let close = |got: [[f64; 2]; 2], want: [[f64; 2]; 2]| {
            for (g, w) in got.iter().flatten().zip(want.iter().flatten()) {
                assert!((g - w).abs() < 1e-12, "{got:?} for {want:?}");
            }
        };
        close(
            shear_map([[0.0, 2.0], [0.0, 0.0]], 0.5),
            [[1.0, 1.0], [0.0, 1.0]],
        );
        let e = std::f64::consts::E;
        close(
            shear_map([[2.0, 0.0], [0.0, -2.0]], 0.5),
            [[e, 0.0], [0.0, 1.0 / e]],
        );
        let (sin, cos) = 1_f64.sin_cos();
        close(
            shear_map([[0.0, -2.0], [2.0, 0.0]], 0.5),
            [[cos, -sin], [sin, cos]],
        );
    }

    /// The way back undoes the way there.
    #[test]
    fn shear_comes_back() {
        let mut scene = Scene::standard();
        scene.motion.shear_per_s = [[0.3, 1.0], [0.2, -0.3]];
        let stretch = Stretch::new(&scene, 0.7);
        let back = stretch.shear_back(stretch.shear([3.0, 50.0], [10.0, 20.0]), [10.0, 20.0]);
        assert!((back[0] - 3.0).abs() < 1e-9 && (back[1] - 50.0).abs() < 1e-9);
    }
}
