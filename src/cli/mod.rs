//! The command: arguments in, functions of the library, text and an exit code out.
//!
//! Exit codes: 0 fine; 1 problems found in the plan or the data; 2 could not run.

mod args;
mod check;
mod code;
mod doc;
mod explain;
mod output;
mod plan;
mod readings;
mod run;
mod test;

pub use args::{Cli, Command};

use clap::Parser;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Fine.
    Fine,
    /// Problems were found in the plan or the data.
    Problems,
    /// The command could not be carried out.
    CouldNotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::from(0),
            Exit::Problems => Self::from(1),
            Exit::CouldNotRun => Self::from(2),
        }
    }
}

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; anything else is a command that cannot be carried out.
            let fine = !error.use_stderr();
            let _ = error.print();
            return if fine { Exit::Fine.into() } else { Exit::CouldNotRun.into() };
        }
    };
    let screen = output::Screen::new(cli.colour());
    let exit = match cli.command {
        Command::Check(args) => check::run(&args, &screen),
        Command::Run(args) => run::run(&args, &screen),
        Command::Explain(args) => explain::run(&args, &screen),
        Command::Readings(args) => readings::run(&args, &screen),
        Command::Test(args) => test::run(&args, &screen),
        Command::Doc(args) => doc::run(&args, &screen),
        Command::Code(args) => code::run(&args, &screen),
    };
    exit.into()
}
