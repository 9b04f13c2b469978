//! Names of media. Their viscosities are the business of `nta-sizing`.

/// Media that a plan may name; the first is the default.
pub(super) const MEDIA: &[&str] = &["water", "pbs"];
