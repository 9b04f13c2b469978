//! nta-engine: the facade that everyone calls, from a plan to a report.

pub mod plan;
pub mod runtime;
