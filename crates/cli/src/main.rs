//! The command `nta`: it parses, shows progress, prints and exits. No science and no formats live here.

mod args;
mod commands;
mod plan_args;
mod progress;
mod talk;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return talk::usage(&error),
    };
    match commands::run(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err((failure, json)) => talk::failure(&failure, json),
    }
}
