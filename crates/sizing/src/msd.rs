//! Mean squared displacement of one trajectory.

use crate::steps::Steps;

/// Mean squared displacements by lag.
#[derive(Clone, Debug, PartialEq)]
pub struct MsdCurve {
    /// Mean time between the positions that were compared, s.
    pub lag_s: Vec<f64>,
    /// Mean squared displacement in two dimensions, um^2.
    pub msd_um2: Vec<f64>,
    /// Number of pairs of positions.
    pub pairs: Vec<usize>,
}

/// The curve over lags of 1 to `longest_lag_frames` frames, all (overlapping) pairs. Lags without a pair are left
/// out. The lag is counted in frames and its time is the mean over its pairs, so that gaps need no filling.
pub fn msd_curve(steps: &Steps, longest_lag_frames: u32) -> MsdCurve {
    let n = steps.len() + 1;
    let (mut frame, mut time, mut x, mut y) =
        (vec![0u64; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    for k in 0..steps.len() {
        frame[k + 1] = frame[k] + u64::from(steps.span_frames[k]);
        time[k + 1] = time[k] + steps.span_s[k];
        x[k + 1] = x[k] + steps.dx_um[k];
        y[k + 1] = y[k] + steps.dy_um[k];
    }
    let lags =
        (longest_lag_frames as usize).min(steps.span_frames.iter().map(|s| *s as usize).sum());
    let (mut lag_sum, mut square_sum, mut pairs) =
        (vec![0.0; lags], vec![0.0; lags], vec![0usize; lags]);
    for i in 0..n {
        for j in i + 1..n {
            let lag = frame[j] - frame[i];
            if lag > lags as u64 {
                break;
            }
            let slot = lag as usize - 1;
            lag_sum[slot] += time[j] - time[i];
            square_sum[slot] += (x[j] - x[i]).powi(2) + (y[j] - y[i]).powi(2);
            pairs[slot] += 1;
        }
    }
    let mut curve = MsdCurve {
        lag_s: Vec::new(),
        msd_um2: Vec::new(),
        pairs: Vec::new(),
    };
    for slot in (0..lags).filter(|s| pairs[*s] > 0) {
        curve.lag_s.push(lag_sum[slot] / pairs[slot] as f64);
        curve.msd_um2.push(square_sum[slot] / pairs[slot] as f64);
        curve.pairs.push(pairs[slot]);
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Sampling;
    use nta_core::TrackId;

    #[test]
    fn straight_run_with_a_gap_has_a_parabola() {
        let steps = Steps {
            track: TrackId(0),
            span_s: vec![0.1, 0.2, 0.1],
            span_frames: vec![1, 2, 1],
            bridged: vec![false, true, false],
            dx_um: vec![1.0, 2.0, 1.0],
            dy_um: vec![0.0; 3],
            variance_um2: vec![0.0; 4],
            sampling: Sampling {
                frame_interval_s: 0.1,
                exposure_s: 0.0,
            },
        };
        let curve = msd_curve(&steps, 10);
        assert_eq!(curve.pairs, vec![2, 1, 2, 1]);
        for (t, m) in curve.lag_s.iter().zip(&curve.msd_um2) {
            assert!((m - (t / 0.1).powi(2)).abs() < 1e-9);
        }
        assert_eq!(msd_curve(&steps, 2).pairs, vec![2, 1]);
    }
}
