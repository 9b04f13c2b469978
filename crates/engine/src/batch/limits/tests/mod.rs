//! Files of limits, good and bad, and samples held against them.

mod holding;
mod reading;

use super::Limits;

fn limits(text: &str) -> Limits {
    Limits::from_text(text, "limits.toml").unwrap_or_else(|e| panic!("{e}"))
}
