//! The conductor: the only frame-parallel loop.
