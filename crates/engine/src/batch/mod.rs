//! Many samples at once: finds the captures under a folder, groups replicates, analyses each sample, and writes one table.

pub mod limits;
#[cfg(test)]
mod made;
pub mod quality;
mod record;

pub use record::{Channel, Role, SampleEntry, SampleOutcome, SampleRecord};
