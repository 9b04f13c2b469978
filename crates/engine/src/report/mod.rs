//! What comes out: the result, the tables, the page, and the folder that holds them.
//!
//! [`Report`] is `result.json`; everything else that is written follows from it and from the rows and pictures that
//! are too large for it.

mod json;
mod model;

pub use json::ReadError;
pub use model::*;
