//! The command line's arguments.

use crate::report::ColourChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Plan files: checked, evaluated exactly, explained.
#[derive(Debug, Parser)]
#[command(
    name = "whereas",
    version,
    about,
    max_term_width = 100,
    after_help = "Exit codes: 0 fine, 1 problems found in the plan or the data, 2 could not run."
)]
pub struct Cli {
    /// When to use colours; `NO_COLOR` is respected.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// When to use colours.
    #[must_use]
    pub fn colour(&self) -> ColourChoice {
        match self.color {
            Colour::Auto => ColourChoice::Auto,
            Colour::Always => ColourChoice::Always,
            Colour::Never => ColourChoice::Never,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check plan files and report every problem at once.
    Check(CheckArgs),
    /// Evaluate a plan over data and write its conclusions.
    Run(RunArgs),
    /// Explain one conclusion: where it comes from, down to the inputs.
    Explain(ExplainArgs),
    /// Evaluate every other reading of every assumption and show which conclusions move.
    Readings(ReadingsArgs),
    /// Run the tests that plan files hold.
    Test(TestArgs),
    /// Write a plan as one page to read, linked and searchable.
    Doc(DocArgs),
    /// Print the page of a problem's code, or list all codes.
    Code(CodeArgs),
}

/// How problems are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// With the plan's text, for people.
    #[default]
    Human,
    /// A JSON array.
    Json,
    /// One line each.
    Short,
}

/// `whereas check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Plan files (or parts).
    #[arg(required = true, value_name = "PLAN")]
    pub plans: Vec<PathBuf>,
    /// How problems are printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
    /// Exit with 0 where there are warnings and no errors.
    #[arg(long)]
    pub allow_warnings: bool,
}

/// A plan and its data.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// The plan file.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Data: a JSON or TOML document, a folder with a file for each record or table, or NAME=FILE
    /// for one table (repeatable; `-` is a JSON document on standard input).
    #[arg(long, value_name = "DATA")]
    pub data: Vec<String>,
    /// Override one field: `company.shares_issued=0`, `participants.E1042.pay=100` (repeatable).
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Take another reading of an assumption (repeatable).
    #[arg(long, value_name = "NAME=READING")]
    pub assume: Vec<String>,
    /// Recorded decisions on assumptions: a TOML file with the reading, who decided, when, and a note.
    #[arg(long, value_name = "FILE")]
    pub determinations: Option<PathBuf>,
    /// Read terms as of this date instead of the plan's own.
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// How problems are printed.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub problems: CheckFormat,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// A table for people.
    Table,
    /// JSON.
    Json,
    /// CSV: one table, or the plan's figures.
    Csv,
}

/// Which evaluator works out conclusions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// A row at a time.
    Reference,
    /// Whole tables at a time.
    Columns,
}

/// `whereas run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The plan and its data.
    #[command(flatten)]
    pub data: DataArgs,
    /// How results are written; by default as the ending of `--out` says, else a table on a terminal and JSON in a pipe.
    #[arg(long, value_enum)]
    pub format: Option<RunFormat>,
    /// Write results to this file, whole or not at all.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only these conclusions: a rule, a table, `table.rule`, or `plan` (repeatable).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Which evaluator works out the conclusions; by default the one that fits the size of the data.
    #[arg(long, value_enum, value_name = "NAME")]
    pub engine: Option<Engine>,
    /// Threads to share the work among; results do not depend on how many.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Say which assumptions each conclusion rests on.
    #[arg(long)]
    pub with_assumptions: bool,
}

/// How an explanation is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// A tree, for people.
    #[default]
    Tree,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
}

/// `whereas explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The plan and its data.
    #[command(flatten)]
    pub data: DataArgs,
    /// The rule, as results name it: `total_cost`, `participants.refund`.
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// The key of the row, for a rule of a table.
    #[arg(long = "for", value_name = "KEY")]
    pub key: Option<String>,
    /// How many levels of figures below the one asked for are opened; all without it.
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
    /// How many steps of each walk (a fold, a list whose items call functions or round) are told, the
    /// first and the last; by default all that JSON has room for, and in the tree and in Markdown 6, of a
    /// walk within another's step 2.
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// How the explanation is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

/// How readings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReadingsFormat {
    /// Tables, for people.
    #[default]
    Table,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
}

/// `whereas readings`.
#[derive(Debug, Args)]
pub struct ReadingsArgs {
    /// The plan and its data.
    #[command(flatten)]
    pub data: DataArgs,
    /// Only these conclusions: a rule, a table, `table.rule`, or `plan` (repeatable).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Also every pair of readings of two assumptions.
    #[arg(long)]
    pub pairs: bool,
    /// How many conclusions of a rule are listed one by one (JSON lists all).
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rows: usize,
    /// How readings are printed; by default as the ending of `--out` says (`.json`, `.md`), else as tables.
    #[arg(long, value_enum)]
    pub format: Option<ReadingsFormat>,
    /// Write to this file, whole or not at all.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `whereas test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Plan files.
    #[arg(required = true, value_name = "PLAN")]
    pub plans: Vec<PathBuf>,
    /// Only tests whose name holds this text.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Print the tests that pass too.
    #[arg(long)]
    pub verbose: bool,
}

/// How a plan's page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocFormat {
    /// One HTML file that needs no other.
    Html,
    /// Markdown.
    Markdown,
}

/// `whereas doc`.
#[derive(Debug, Args)]
pub struct DocArgs {
    /// The plan file (or a part).
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// How the page is written; by default as the ending of `--out` says, else HTML.
    #[arg(long, value_enum)]
    pub format: Option<DocFormat>,
    /// Write the page to this file, whole or not at all.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `whereas code`.
#[derive(Debug, Args)]
pub struct CodeArgs {
    /// The code's name; all are listed without one.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}
