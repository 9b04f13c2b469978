//! The options that are also keys of the plan. They follow from the engine's table of keys, so that a new key at the
//! top of the plan is an option with help without a line here.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use nta_engine::plan::keys::{KEYS, KeySpec, Kind};
use nta_engine::plan::{Plan, PlanError, PlanInput};
use std::path::PathBuf;

const HEADING: &str = "Plan";

/// What was typed of the plan, not yet checked.
#[derive(Debug, Default)]
pub struct PlanArgs {
    file: Option<PathBuf>,
    assignments: Vec<String>,
    options: Vec<(&'static str, String)>,
}

impl PlanArgs {
    /// The plan in force.
    pub fn resolve(&self) -> Result<Plan, PlanError> {
        self.input()?.resolve()
    }

    /// What was typed, for commands that add to it.
    pub fn input(&self) -> Result<PlanInput, PlanError> {
        let mut input = PlanInput::new();
        if let Some(path) = &self.file {
            input.plan_file(path)?;
        }
        for (key, text) in &self.options {
            input.option(key, text)?;
        }
        for assignment in &self.assignments {
            input.set(assignment)?;
        }
        Ok(input)
    }
}

impl Args for PlanArgs {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("plan")
            .long("plan")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("Plan file; `nta plan` prints one to fill in")
            .help_heading(HEADING);
        let set = Arg::new("set")
            .long("set")
            .value_name("KEY=VALUE")
            .action(ArgAction::Append)
            .help("Any key of the plan, such as film.polarity=dark; may be repeated")
            .help_heading(HEADING);
        let command = command.arg(file).arg(set);
        top_keys().fold(command, |command, (spec, name)| {
            command.arg(option(spec, name))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PlanArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.file = matches.get_one::<PathBuf>("plan").cloned();
        self.assignments = matches
            .get_many::<String>("set")
            .map(|all| all.cloned().collect())
            .unwrap_or_default();
        self.options = top_keys()
            .filter_map(|(spec, _)| {
                let text = matches.get_one::<String>(spec.key)?;
                Some((spec.key, text.clone()))
            })
            .collect();
        Ok(())
    }
}

fn top_keys() -> impl Iterator<Item = (&'static KeySpec, String)> {
    KEYS.iter().filter_map(|k| Some((k, k.option()?)))
}

fn option(spec: &'static KeySpec, name: String) -> Arg {
    let value_name = match spec.kind {
        Kind::Number { .. } => "F",
        Kind::Whole { .. } => "N",
        Kind::Text if spec.key == "instrument" => "NAME|FILE",
        _ => "NAME",
    };
    // clap wants names that live as long as the program; each is made once per command.
    Arg::new(spec.key)
        .long(&*name.leak())
        .value_name(value_name)
        .allow_negative_numbers(true)
        .help(format!(
            "{} [{}; {}]",
            spec.meaning,
            spec.range(),
            spec.default_words()
        ))
        .help_heading(HEADING)
}
