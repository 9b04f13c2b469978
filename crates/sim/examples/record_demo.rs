//! Writes the demo film: `cargo run --release -p nta-sim --example record_demo -- fixtures/demo.avi`

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "fixtures/demo.avi".into());
    std::fs::write(path, nta_sim::demo::record()?)?;
    Ok(())
}
