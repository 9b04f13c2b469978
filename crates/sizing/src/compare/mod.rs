//! Whether two groups of results agree: pure numbers, one file per method.
//!
//! What is compared stands on one scale on which differences add up: the logarithm for positive numbers (diameters,
//! concentrations), the number itself for shares. A [`Difference`] is what all tests read; [`difference()`] makes one
//! of what is known of each result.

pub mod curves;
mod difference;
pub mod holm;
pub mod line;
mod mover;
pub mod permutation;
pub mod student;
pub mod tost;
pub mod tracks;
mod welch;

pub use difference::{Basis, Difference, Measured, difference, difference_of_shares};
pub use tost::{Equivalence, Outcome};
