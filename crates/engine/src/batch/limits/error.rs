//! What can be wrong with a file of limits.

use crate::plan::PlanError;

/// What is wrong with a file of limits, in one sentence with what to do. `place` is in words: "in limits.toml, limit 2".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LimitsError {
    /// The file cannot be read, is not TOML, or one of its keys or values is wrong by itself.
    #[error(transparent)]
    Key(#[from] PlanError),
    /// A limit without its quantity, or a quantity without a key that it needs.
    #[error("{key} is missing ({place}); {advice}")]
    Missing {
        /// The dotted key.
        key: String,
        /// Where.
        place: String,
        /// What to write.
        advice: String,
    },
    /// A limit on neither side.
    #[error("limit.min and limit.max are both missing ({place}); give one of them or both")]
    NoBound {
        /// Where.
        place: String,
    },
    /// Nothing lies between these two.
    #[error(
        "{low_key} is {low} and {high_key} is {high} ({place}), but {low_key} must be below {high_key}"
    )]
    Reversed {
        /// Key of the lower end.
        low_key: String,
        /// Key of the upper end.
        high_key: String,
        /// What was given as the lower end.
        low: f64,
        /// What was given as the upper end.
        high: f64,
        /// Where.
        place: String,
    },
    /// A key that says nothing about this quantity.
    #[error(
        "{key} does not go with quantity = \"{quantity}\" ({place}); leave it out, or choose {belongs_to}"
    )]
    NotOfThisQuantity {
        /// The dotted key.
        key: String,
        /// The quantity of the limit.
        quantity: String,
        /// The quantities that take the key.
        belongs_to: String,
        /// Where.
        place: String,
    },
    /// Two limits of one name could not be told apart in the results.
    #[error("two limits are called '{name}' ({place}); give one of them another limit.name")]
    SameName {
        /// The name.
        name: String,
        /// Where.
        place: String,
    },
}

impl LimitsError {
    /// The exit code that the contract gives to a wrong plan.
    pub fn exit_code(&self) -> u8 {
        2
    }
}
