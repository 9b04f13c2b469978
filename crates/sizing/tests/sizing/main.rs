//! Sizing meets its truth: simulated trajectories of known diffusion go in, the known sizes must come out.

mod simulate;

mod bound;
mod causes;
mod compared;
mod coverage;
mod depth;
mod detectable;
mod distributions;
mod edges;
mod estimators;
mod film_constants;
mod measurements;
mod twelve;
mod weightings;
