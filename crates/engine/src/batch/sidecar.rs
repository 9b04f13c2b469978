//! What instruments wrote beside their films: conditions of the acquisition, and which films are one sample.

use super::find::FoundCapture;
use crate::plan::{PlanError, PlanInput};
use std::path::Path;

/// All sidecars of a folder.
#[derive(Default)]
pub(super) struct Sidecars {
    /// What is to be told of files that could not be used.
    pub(super) notes: Vec<String>,
}

impl Sidecars {
    /// Reads what lies beside the captures.
    pub(super) fn read(_folder: &Path, _captures: &[FoundCapture]) -> Self {
        Self::default()
    }

    /// Samples of several captures that a sidecar names.
    pub(super) fn samples(&self, _captures: &[FoundCapture]) -> Vec<(String, Vec<usize>)> {
        Vec::new()
    }

    /// Puts the conditions of these captures into the plan.
    pub(super) fn fill(
        &self,
        _captures: &[FoundCapture],
        _input: &mut PlanInput,
    ) -> Result<(), PlanError> {
        Ok(())
    }
}
