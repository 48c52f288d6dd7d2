//! The command line's arguments.

use crate::data::{ExtraColumns, InputFormat};
use crate::report::ColourChoice;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Plan files: checked, evaluated exactly, explained.
#[derive(Debug, Parser)]
#[command(
    name = "whereas",
    version,
    about,
    max_term_width = 100,
    disable_help_flag = true,
    after_help = "\
Exit codes:
  0  fine
  1  problems found in a plan or in data
  2  could not run: the command line names something that is not there,
     or a file cannot be read or written

Example:
  whereas run plans/espp.toml --data examples/espp/period-2001

`whereas help COMMAND` tells more of a command.
`whereas code` lists the problems that are found in plans and data."
)]
pub struct Cli {
    /// When to use colours; `NO_COLOR` is respected.
    #[arg(
        long,
        alias = "colour",
        global = true,
        value_enum,
        default_value_t = Colour::Auto,
        value_name = "WHEN",
        display_order = 900
    )]
    color: Colour,
    /// Print help.
    // One line for each option, wherever it is asked for.
    #[arg(long, short, global = true, action = ArgAction::HelpShort, display_order = 901)]
    help: Option<bool>,
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
    #[command(after_help = "\
Example:
  whereas check plans/espp.toml plans/stock-option.toml")]
    Check(CheckArgs),
    /// Evaluate a plan over data and write its conclusions.
    #[command(after_help = r"Examples:
  whereas run plans/espp.toml --data examples/espp/period-2001
  whereas run plans/espp.toml --data examples/espp/period-2001 \
    --only participants --out results.csv
  whereas run plans/espp.toml --data examples/espp/period-2001 \
    --set participants.E1042.pay=5000 --only participants.refund")]
    Run(RunArgs),
    /// Explain one conclusion: where it comes from, down to the inputs.
    #[command(after_help = r#"Examples:
  whereas explain plans/espp.toml participants.refund --for E1042 \
    --data examples/espp/period-2001
  whereas explain plans/espp.toml purchase_price --depth 1 \
    --data examples/espp/period-2001

A key of several fields is written with ` / ` between them: 2001-01-02 / NYSE
A field that itself holds ` / ` stands in quotes: "New York / NYSE" / A"#)]
    Explain(ExplainArgs),
    /// Evaluate every other reading of every assumption and show which conclusions move.
    #[command(after_help = r"Example:
  whereas readings plans/espp.toml --data examples/espp/period-2001 \
    --only total_refund")]
    Readings(ReadingsArgs),
    /// Run the tests that plan files hold.
    #[command(after_help = "\
Example:
  whereas test plans/espp.toml --only retired
  whereas test plans/espp.toml --coverage --out coverage.html")]
    Test(TestArgs),
    /// Change one thing of a plan at a time and report which changes its tests do not tell.
    #[command(after_help = "\
Example:
  whereas mutate plans/severance.toml --least 95%

For every change that survives a test is proposed, marked `unconfirmed`: it counts for
nothing until a person adds its calculation and removes the mark.")]
    Mutate(MutateArgs),
    /// Write a plan as one page to read, linked and searchable.
    #[command(after_help = "\
Example:
  whereas doc plans/espp.toml --format markdown")]
    Doc(DocArgs),
    /// Compare two versions of a plan in meaning, and say whose approval the changes need.
    #[command(after_help = "\
Examples:
  whereas diff plans/espp.toml amended.toml
  whereas diff HEAD~1 -- plans/espp.toml
  whereas diff HEAD~1 HEAD -- plans/espp.toml --format markdown
  whereas diff plans/espp.toml amended.toml \\
    --data examples/espp/period-2001

Exit codes: 0 where both versions mean the same, 1 where they differ
(or have problems), 2 where they cannot be compared.")]
    Diff(DiffArgs),
    /// Put plan files into one form: blanks, indentation, formulas; never what they mean.
    #[command(after_help = "\
Examples:
  whereas fmt plans/espp.toml
  whereas fmt --check plans/*.toml

Exit codes: 1 where `--check` finds a file in another form, or where a
formula or line cannot be read and is left as it is.")]
    Fmt(FmtArgs),
    /// Print the page of a problem's code, or list all codes.
    #[command(after_help = "\
Example:
  whereas code wrong-unit")]
    Code(CodeArgs),
    /// Print what a shell needs to complete this command's words.
    #[command(after_help = "\
Example:
  whereas completions bash > ~/.local/share/bash-completion/completions/whereas")]
    Completions(CompletionsArgs),
    /// Print this command's manual page, or write those of all commands into a folder.
    #[command(after_help = "\
Example:
  whereas man --out ~/.local/share/man/man1")]
    Man(ManArgs),
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

impl Command {
    /// How problems of the command itself are printed.
    #[must_use]
    pub fn problems(&self) -> CheckFormat {
        match self {
            Self::Run(args) => args.data.given.problems,
            Self::Explain(args) => args.data.given.problems,
            Self::Readings(args) => args.data.given.problems,
            Self::Diff(args) => args.given.problems,
            _ => CheckFormat::Human,
        }
    }
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
    /// Mend in place what can be mended without a choice, and say what was changed.
    #[arg(long)]
    pub fix: bool,
    /// Say also which questions about cases, requirements and divisors are not decided.
    #[arg(long)]
    pub undecided: bool,
}

/// A plan and its data.
#[derive(Clone, Debug, Args)]
pub struct DataArgs {
    /// The plan file.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Its data and choices.
    #[command(flatten)]
    pub given: GivenArgs,
}

/// Data, and what an evaluation over them may choose.
#[derive(Clone, Debug, Args)]
pub struct GivenArgs {
    /// Data: a JSON or TOML document, a folder with a file for each record or table, or NAME=FILE
    /// for one table (repeatable; `-` is a JSON document on standard input).
    #[arg(long, value_name = "DATA")]
    pub data: Vec<String>,
    /// How files that `--data` names are written, whatever their endings say: `csv`, `csv.gz`, `json`,
    /// `ndjson`, `toml`, `xlsx`, `parquet`, `arrow`; or NAME=FORMAT for one table's file (repeatable).
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Vec<InputFormat>,
    /// What becomes of columns of tables that the plan does not know.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub extra_columns: Extra,
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

/// What becomes of columns that the plan does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Extra {
    /// They are refused by name.
    #[default]
    Refuse,
    /// They are left out.
    Ignore,
    /// They are carried through to the results of their table.
    Keep,
}

impl GivenArgs {
    /// What becomes of columns that the plan does not know.
    #[must_use]
    pub fn extra(&self) -> ExtraColumns {
        match self.extra_columns {
            Extra::Refuse => ExtraColumns::Refuse,
            Extra::Ignore => ExtraColumns::Ignore,
            Extra::Keep => ExtraColumns::Keep,
        }
    }

    /// The files and folders that the arguments name.
    pub fn reads(&self) -> impl Iterator<Item = &Path> {
        let data = self.data.iter().map(|d| {
            let path = Path::new(d);
            if path.exists() { path } else { d.split_once('=').map_or(path, |(_, file)| Path::new(file)) }
        });
        data.chain(self.determinations.as_deref())
    }
}

impl DataArgs {
    /// The files and folders that the arguments name.
    pub fn reads(&self) -> impl Iterator<Item = &Path> {
        self.given.reads().chain([self.plan.as_path()])
    }
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
    /// JSON of one table, a row on each line.
    Ndjson,
    /// A workbook: a sheet for each table.
    Xlsx,
    /// Parquet: one table, or the plan's figures.
    Parquet,
    /// Arrow IPC: one table, or the plan's figures.
    Arrow,
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
    /// Write results to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only these conclusions: a rule, a table, `table.rule`, or `plan` (repeatable).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Which evaluator works out the conclusions; by default the one that fits the size of the data.
    #[arg(long, value_enum, value_name = "NAME")]
    pub engine: Option<Engine>,
    /// Threads to share the work among, from 1 to 256; results do not depend on how many.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// The most memory to take, such as `200MB`, whatever the size of the data; what has no room goes to a file
    /// in the folder of temporary files (`TMPDIR`).
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Say in JSON which assumptions each conclusion rests on, and which readings are in force.
    #[arg(long)]
    pub with_assumptions: bool,
    /// Write rows that are refused to this file, each with its reasons: CSV or JSON by the file's ending.
    #[arg(long, value_name = "FILE")]
    pub reject: Option<PathBuf>,
    /// Go on without the rows that are refused; the results say how many are missing.
    #[arg(long, requires = "reject")]
    pub keep_going: bool,
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
    /// The key of the row, for a rule of a table; fields of a composite key are joined by ` / `.
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
    /// Also every pair of readings of two assumptions that moves more than the two do alone.
    #[arg(long)]
    pub pairs: bool,
    /// How many conclusions of a rule are listed one by one (JSON lists all).
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rows: usize,
    /// How readings are printed; by default as the ending of `--out` says (`.json`, `.md`), else as tables.
    #[arg(long, value_enum)]
    pub format: Option<ReadingsFormat>,
    /// Write to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How coverage is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// A summary, and what is not covered.
    Human,
    /// JSON, with every point.
    Json,
    /// Records of LCOV, for editors and continuous integration.
    Lcov,
    /// A page that shows the plan with every formula marked.
    Html,
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
    /// Report what the tests cover: rules, cases, requirements, boundaries, readings, clauses.
    #[arg(long)]
    pub coverage: bool,
    /// How coverage is printed; by default as the ending of `--out` says (`.json`, `.info`, `.html`), else for people.
    #[arg(long, value_enum, requires = "coverage")]
    pub format: Option<CoverageFormat>,
    /// Write the coverage to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE", requires = "coverage")]
    pub out: Option<PathBuf>,
}

/// How surviving changes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MutateFormat {
    /// For people.
    Human,
    /// JSON, with every change.
    Json,
    /// Markdown.
    Markdown,
}

/// `whereas mutate`.
#[derive(Debug, Args)]
pub struct MutateArgs {
    /// The plan file.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Only changes of definitions whose name holds this text.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Exit with 0 where at least so much of the changes is told: `95%`. Without it every change must be
    /// told, or accepted in the plan, and nothing else accepted.
    #[arg(long, value_name = "SHARE")]
    pub least: Option<String>,
    /// Do not look for the tests that are missing.
    #[arg(long)]
    pub no_proposals: bool,
    /// Threads to share the work among, from 1 to 256; the report does not depend on how many.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Keep the report in this file, and start from it while neither the plan nor this program changed.
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
    /// How the report is printed; by default as the ending of `--out` says (`.json`, `.md`), else for people.
    #[arg(long, value_enum)]
    pub format: Option<MutateFormat>,
    /// Write the report to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
    /// Write the page to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How differences are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Text,
    /// JSON.
    Json,
    /// Markdown, for a pull request.
    Markdown,
}

/// `whereas diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Two plan files; before `-- FILE` one revision (compared with the file as it is), or two.
    #[arg(value_name = "VERSION", required = true, num_args = 1..=2)]
    pub versions: Vec<String>,
    /// The plan file, where versions are revisions of git.
    #[arg(value_name = "FILE", last = true)]
    pub file: Option<PathBuf>,
    /// Data over which both versions are evaluated too, and the choices made for that.
    #[command(flatten)]
    pub given: GivenArgs,
    /// Only these conclusions: a rule, a table, `table.rule`, or `plan` (repeatable).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// How many conclusions of a rule are listed one by one (JSON lists all).
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rows: usize,
    /// How differences are printed; by default as the ending of `--out` says (`.json`, `.md`), else as text.
    #[arg(long, value_enum)]
    pub format: Option<DiffFormat>,
    /// Write to this file, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `whereas fmt`.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Plans, parts and calendars; `-` is standard input, and its form goes to standard output.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write nothing, and show what would change.
    #[arg(long, conflicts_with = "stdout")]
    pub check: bool,
    /// Write to standard output, and leave the files alone.
    #[arg(long)]
    pub stdout: bool,
}

/// `whereas completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `whereas man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder that the pages of all commands are written into.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `whereas code`.
#[derive(Debug, Args)]
pub struct CodeArgs {
    /// The code's name; all are listed without one.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Threads that work may be shared among, at most: more only wait for each other.
const MOST_THREADS: usize = 256;

/// How many threads an argument asks for.
fn threads(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST_THREADS).contains(count));
    count.ok_or_else(|| format!("expected a whole number from 1 to {MOST_THREADS}"))
}
