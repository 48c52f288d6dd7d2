//! The command: arguments in, functions of the library, text and an exit code out.
//!
//! Exit codes: 0 fine; 1 problems found in a plan or in data; 2 the command could not be carried out,
//! because of what it asks for or of what it cannot read or write ([`Exit::of`] holds the rule).

mod args;
mod check;
mod code;
mod diff;
mod doc;
mod explain;
mod file;
mod fix;
mod fmt;
mod git;
mod interrupt;
mod memory;
mod mutate;
mod output;
mod pack;
mod plan;
mod progress;
mod readings;
mod run;
mod shell;
mod test;

pub use args::{Cli, Command};

use crate::diagnostic::{Code, Diagnostic};
use clap::Parser;
use std::process::ExitCode;

/// How a command ended; of two, the later here counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Fine.
    Fine,
    /// Problems were found in the plan or the data.
    Problems,
    /// The command could not be carried out.
    CouldNotRun,
}

impl Exit {
    /// How a command ends that found these problems. What the command line names and there is not (a
    /// file, a field, a row, a rule, a reading, a date) is a command that cannot be carried out, and
    /// so is a file that cannot be written; all else is a problem of the plan or the data.
    #[must_use]
    pub fn of(problems: &[Diagnostic]) -> Self {
        let of_one = |problem: &Diagnostic| match problem.code {
            Code::BadAssume
            | Code::BadRequest
            | Code::BadSelection
            | Code::BadSet
            | Code::DataUnreadable
            | Code::FileUnreadable
            | Code::OutputFailed => Self::CouldNotRun,
            _ => Self::Problems,
        };
        problems.iter().map(of_one).max().unwrap_or(Self::Fine)
    }
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
    // Whatever is written, a file or a stream, may be a file that may not grow further.
    interrupt::outlast_full_files();
    let screen = output::Screen::new(cli.colour()).telling(cli.command.problems());
    let exit = match cli.command {
        Command::Check(args) => check::run(&args, &screen),
        Command::Run(args) => run::run(&args, &screen),
        Command::Explain(args) => explain::run(&args, &screen),
        Command::Readings(args) => readings::run(&args, &screen),
        Command::Test(args) => test::run(&args, &screen),
        Command::Mutate(args) => mutate::run(&args, &screen),
        Command::Doc(args) => doc::run(&args, &screen),
        Command::Diff(args) => diff::run(&args, &screen),
        Command::Fmt(args) => fmt::run(&args, &screen),
        Command::Code(args) => code::run(&args, &screen),
        Command::Completions(args) => shell::completions(&args, &screen),
        Command::Man(args) => shell::man(&args, &screen),
    };
    exit.into()
}
