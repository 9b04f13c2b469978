//! Folders of captures, as a lab has them: samples, beads and a blank, films that cannot be read, kills at any moment.

#![allow(clippy::print_stdout)] // A skipped test says so.

mod kills;
mod limits;
mod made;
mod refusals;
mod sixty;
mod watching;
mod workflow;
