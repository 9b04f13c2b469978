//! nta-engine: the facade, from a plan to a report.

pub mod report;
