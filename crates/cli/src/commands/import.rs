//! `nta import`.

use super::{print, watched};
use crate::args::ImportArgs;
use crate::talk::{self, Failure};
use nta_engine::{ImportRequest, import};
use std::io::ErrorKind;

pub(super) fn run(args: ImportArgs) -> Result<u8, Failure> {
    let running = &args.shared.running;
    let request = ImportRequest {
        inputs: args.inputs,
        plan: args.shared.plan.resolve().map_err(Failure::Plan)?,
        out: args.out,
        overwrite: running.overwrite,
        beside: args.beside,
        who: args.who.attribution(),
    };
    let outcome = watched(running, |runtime| import(&request, runtime))
        .map_err(|e| Failure::Import(Box::new(e)))?;
    for reason in &outcome.unreadable {
        talk::note(&format!("skipped: {reason}"), running.json);
    }
    let page = request.out.join("import.html");
    let printed = print(&format!(
        "{}\nbeside each other: {}\n",
        outcome.text.trim_end(),
        page.display()
    ));
    match printed {
        // A reader that has gone away does not change what came out.
        Err(Failure::Stdout(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(outcome.exit_code()),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome.exit_code()),
    }
}
