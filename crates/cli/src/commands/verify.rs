//! `nta verify`.

use super::{print, watched};
use crate::args::{RunningArgs, VerifyArgs};
use crate::talk::Failure;
use nta_engine::verify::{VerifyRequest, verify};
use std::io::ErrorKind;

pub fn run(args: VerifyArgs) -> Result<u8, Failure> {
    let running = RunningArgs {
        threads: 1,
        overwrite: false,
        quiet: args.quiet,
        json: args.json,
    };
    let request = VerifyRequest {
        folder: args.folder,
        inputs: args.inputs,
        results_only: args.results_only,
        heads: args.head,
    };
    let found = watched(&running, |runtime| verify(&request, runtime)).map_err(Failure::Verify)?;
    let printed = if args.json {
        print(&format!("{:#}\n", found.to_json()))
    } else {
        print(&found.to_text())
    };
    match printed {
        // A reader that has gone away does not make anything sound.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(found.exit_code()),
        Err(failure) => Err(failure),
        Ok(()) => Ok(found.exit_code()),
    }
}
