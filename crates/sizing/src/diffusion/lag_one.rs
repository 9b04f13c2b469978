//! Mean squared displacement from one frame to the next, as it is: what the instruments' own programs state.
//!
//! `D = <dx^2 + dy^2> / (4 dt)` (Einstein 1905, doi:10.1002/andp.19053220806). There is no term for motion blur nor for errors of
//! the positions, so that D comes out as `D (1 - 2R) + s^2/dt` with `R = exposure / (6 dt)`: with half the interval
//! exposed 17 % too small, and too large by `s^2/(D dt)` (Michalet 2010, doi:10.1103/PhysRevE.82.041914, eq. 5). The
//! diffusion coefficients in NanoSight's AllTracks follow from it to their last digit. Here to compare with; `cve` is the same with
//! both corrections.
//!
//! Differs from what those programs do in: bridged displacements are left out (see `Steps`), and there is a standard error,
//! `D / sqrt(n)`, that of displacements which have nothing in common.

use super::{DiffusionEstimate, DiffusionEstimator, MakeEstimator, with_normal_interval};
use crate::distribution::LagOne;
use crate::steps::Steps;
use nta_core::method::Entry;

pub(super) const ENTRY: Entry<MakeEstimator> = Entry {
    key: "lag-one",
    title: "mean squared displacement divided by four frame intervals, blind to blur and errors of positions, as instruments \
            state it",
    references: &[
        "doi:10.1002/andp.19053220806",
        "doi:10.1103/PhysRevE.82.041914",
    ],
    params: &[],
    make: |_| Box::new(Raw),
};

struct Raw;

impl DiffusionEstimator for Raw {
    fn estimate(&self, steps: &Steps) -> Option<DiffusionEstimate> {
        let lag_one = LagOne::of(steps);
        let (_, slope) = lag_one.line(false);
        let diffusion = lag_one.msd_um2 / slope;
        let variance = diffusion * diffusion / lag_one.steps;
        // None is taken into account.
        with_normal_interval(steps, lag_one.steps as usize, diffusion, variance, 0.0)
    }
}
