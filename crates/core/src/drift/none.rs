//! No drift is taken away.
//!
//! For comparison, and for samples of which it is known that nothing flows. A flow of speed `u` left in makes the
//! diffusion coefficient too large by about `u^2 dt / 4 D`.

use super::{Drift, DriftEstimator, MakeDrift};
use crate::Finding;
use crate::method::Entry;
use crate::model::Track;
use std::sync::atomic::AtomicBool;

/// The entry in the table of drift estimators.
pub(super) const ENTRY: Entry<MakeDrift> = Entry {
    key: "none",
    title: "no drift is taken away",
    references: &[],
    params: &[],
    make: |_| Box::new(NoDrift),
};

#[derive(Debug)]
struct NoDrift;

impl DriftEstimator for NoDrift {
    fn estimate_until(&self, _: &[Track], _: u32, _: &AtomicBool) -> (Drift, Vec<Finding>) {
        (Drift::none(), Vec::new())
    }
}
