//! `nta compare`.

use super::print;
use crate::args::compare::CompareArgs;
use crate::talk::Failure;
use nta_engine::{CompareRequest, compare};
use std::io::ErrorKind;

/// Compares finished results. Ends with the exit code.
pub fn run(args: CompareArgs) -> Result<u8, Failure> {
    let request = CompareRequest {
        dirs: args.dirs,
        by: args.by,
        reference: args.reference,
        margin_percent: args.margin_percent,
        concentration_margin_percent: args.concentration_margin_percent,
        judged: args.judge,
        time_field: args.time_field,
        seed: args.seed,
        out: args.out,
        overwrite: args.overwrite,
    };
    let outcome = compare(&request).map_err(Failure::Compare)?;
    let printed = print(&format!(
        "{}comparison: {}\n",
        outcome.text,
        outcome.page_path.display()
    ));
    match printed {
        // A reader that has gone away does not change what came out.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(outcome.exit_code()),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome.exit_code()),
    }
}
