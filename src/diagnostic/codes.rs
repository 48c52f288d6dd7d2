//! The catalogue of codes: one row for each kind of problem. Its page, the reference and the tests
//! come from it.

use serde::{Serialize, Serializer};
use std::fmt;

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct CodeEntry {
    /// The code.
    pub code: Code,
    /// Its name, in kebab case.
    pub name: &'static str,
    /// One line that says what it means.
    pub summary: &'static str,
    /// Its page, in Markdown: a failing and a mended example.
    pub page: &'static str,
}

macro_rules! catalogue {
    ($($variant:ident $name:literal $summary:literal,)*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        /// Every code, in the order in which a plan meets them.
        pub const CODES: &[CodeEntry] = &[
            $(CodeEntry {
                code: Code::$variant,
                name: $name,
                summary: $summary,
                page: include_str!(concat!("pages/", $name, ".md")),
            },)*
        ];

        impl Code {
            /// The name shown to users and taken by `whereas code`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

impl Code {
    /// The codes of rules that have no value for some data, leaving out the limits of an evaluation.
    pub const OF_FAILURES: [Self; 8] = [
        Self::BadRange,
        Self::CalendarRange,
        Self::DateOutOfRange,
        Self::DivisionByZero,
        Self::HistoryRange,
        Self::OutsideRange,
        Self::NotWhole,
        Self::RuleFailed,
    ];
}

catalogue! {
    // the file
    FileUnreadable "file-unreadable" "a file cannot be read: it is missing, a directory, or not permitted",
    FileNotText "file-not-text" "a file is empty, binary or not UTF-8",
    FileTooLarge "file-too-large" "a file is larger than the limit",
    TomlSyntax "toml-syntax" "the file is not valid TOML",
    // the plan's entries
    UnknownEntry "unknown-entry" "an entry that the plan language does not have",
    MissingEntry "missing-entry" "an entry that must be there is missing",
    WrongEntry "wrong-entry" "an entry holds the wrong kind of value",
    UnsupportedLanguage "unsupported-language" "the plan is written in a version of the language that this program does not know",
    BadName "bad-name" "a name that cannot be used",
    DuplicateName "duplicate-name" "two definitions have the same name",
    ImportFailed "import-failed" "an imported file cannot be found or used",
    ImportCycle "import-cycle" "files import each other in a circle",
    BadCalendar "bad-calendar" "a calendar file that does not make sense",
    PlanTooLarge "plan-too-large" "the plan is larger than a limit allows",
    // formulas
    FormulaSyntax "formula-syntax" "a formula cannot be read",
    TypeSyntax "type-syntax" "a type cannot be read",
    TooDeep "too-deep" "a formula or a type nests too deeply",
    BadNumber "bad-number" "a number that cannot be read or is too long",
    BadDate "bad-date" "a date that does not exist",
    UnknownName "unknown-name" "a name that nothing in the plan has",
    UnknownFunction "unknown-function" "a function that neither the language nor the plan has",
    UnknownUnit "unknown-unit" "a unit that is neither built in nor declared",
    UnknownType "unknown-type" "a type that neither the language nor the plan has",
    UnknownField "unknown-field" "a field that a record or table does not have",
    UnknownValue "unknown-value" "a value that an enumeration does not have",
    WrongUnit "wrong-unit" "values whose units do not go together",
    WrongType "wrong-type" "a value of another type than the place needs",
    WrongArguments "wrong-arguments" "a function called with the wrong arguments",
    UnhandledAbsence "unhandled-absence" "a value that may be absent is used as if it were there",
    NeedlessOtherwise "needless-otherwise" "a value that is never absent is guarded against absence",
    MissingOtherwise "missing-otherwise" "cases or a match that leave something without a value",
    UnreachableCase "unreachable-case" "a case or a branch that can never be reached",
    OverlappingCases "overlapping-cases" "two cases that both apply, where only their order decides",
    ContradictoryRequirements "contradictory-requirements" "requirements that can never be met",
    RedundantRequirement "redundant-requirement" "a requirement that says nothing",
    ZeroDivisor "zero-divisor" "a divisor that can be zero within what the inputs allow",
    MayLeaveRange "may-leave-range" "a result that may leave the range that its rule declares",
    Undecided "undecided" "a question about the plan that the analysis does not decide",
    ShadowedName "shadowed-name" "a variable with the name of something else that the formula could mean",
    MagicNumber "magic-number" "a figure written into a formula that should be a term",
    UntestedRule "untested-rule" "a rule that no test of the plan comes to use",
    ComparisonWords "comparison-words" "a comparison that takes the boundary in another way than the words beside it",
    RoundedTwice "rounded-twice" "an amount that is rounded in the middle of a calculation",
    LongFormula "long-formula" "a formula too long to be checked by eye",
    NoFiniteDecimal "no-finite-decimal" "an amount that may have no finite decimal",
    NotConstant "not-constant" "a formula that must be constant is not",
    Cycle "cycle" "rules or functions that depend on themselves",
    MissingConvention "missing-convention" "month arithmetic or rounding without a declared convention",
    MissingTermDate "missing-term-date" "a term with a history is read without a date",
    BadHistory "bad-history" "the versions of a term do not follow each other",
    BadRange "bad-range" "bounds, steps or defaults that contradict each other or their type",
    BadKey "bad-key" "a table's key that cannot identify its rows",
    BadAssumption "bad-assumption" "an assumption whose readings do not make sense",
    BadOutline "bad-outline" "an outline entry that names nothing in the plan, or a clause cited but not outlined",
    BadRule "bad-rule" "a rule whose entries do not go together",
    // what is left over
    UnusedTerm "unused-term" "a term that no rule uses",
    UnusedInput "unused-input" "an input or a field that no rule uses",
    UnusedFunction "unused-function" "a function that nothing calls",
    UnusedRule "unused-rule" "a private rule that nothing uses",
    UnusedAssumption "unused-assumption" "an assumption that nothing branches on",
    UnusedVariable "unused-variable" "a variable that its formula does not use",
    MissingCite "missing-cite" "a term, rule or assumption that names no clause",
    BadTest "bad-test" "a test that cannot run",
    // data
    DataUnreadable "data-unreadable" "a data file cannot be read",
    DataSyntax "data-syntax" "a data file cannot be understood",
    DataUnknownTable "data-unknown-table" "data for a table or record that the plan does not have",
    DataUnknownField "data-unknown-field" "a field that the table or record does not have",
    DataGivenTwice "data-given-twice" "a table, record or field that is given twice",
    DataMissing "data-missing" "a value that is required is missing",
    DataWrongType "data-wrong-type" "a value that is not of its field's type",
    DataBinaryFloat "data-binary-float" "a binary floating-point number for an exact field",
    DataUnknownValue "data-unknown-value" "a value that an enumeration does not have",
    DataUnknownReference "data-unknown-reference" "a reference to a row that does not exist",
    DataOutOfRange "data-out-of-range" "a value outside its field's bounds",
    DataNotWhole "data-not-whole" "a value that is not a multiple of its field's step",
    DataDuplicateKey "data-duplicate-key" "two rows with the same key",
    DataNotUnique "data-not-unique" "two rows with the same value in a unique field",
    DataCondition "data-condition" "values that break a condition between fields",
    // asking
    BadSet "bad-set" "a --set that names no field",
    BadAssume "bad-assume" "an --assume that names no assumption or reading",
    BadSelection "bad-selection" "a rule, table or row asked for that does not exist",
    BadRequest "bad-request" "a command line that cannot be carried out",
    // evaluating
    DivisionByZero "division-by-zero" "a division by zero",
    DateOutOfRange "date-out-of-range" "a date outside the years 1 to 9999",
    CalendarRange "calendar-range" "a day outside a calendar's years",
    HistoryRange "history-range" "a term read outside its history",
    NotWhole "not-whole" "a number that must be whole is not",
    NumberLimit "number-limit" "an exact number larger than the limit",
    EvaluationLimit "evaluation-limit" "an evaluation that takes more than its limit",
    OutsideRange "outside-range" "a conclusion outside the range that its rule declares",
    RuleFailed "rule-failed" "a rule says that it cannot conclude",
    TestFailed "test-failed" "a test whose expectations are not met",
    StaleMutant "stale-mutant" "a change accepted as told by no test that is not so",
    // writing
    OutputFailed "output-failed" "results cannot be written",
    RowsRefused "rows-refused" "results are without the rows that were refused",
}

impl Code {
    /// The row of the catalogue with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static CodeEntry> {
        CODES.iter().find(|entry| entry.name == name)
    }
}

/// How much a lint weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is not said.
    Allow,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

impl Level {
    /// As `[lints]` writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl Code {
    /// How much a warning of this kind weighs unless the plan's `[lints]` say otherwise; none for what
    /// is no matter of choice.
    #[must_use]
    pub fn level(self) -> Option<Level> {
        match self {
            Self::NeedlessOtherwise
            | Self::UnreachableCase
            | Self::BadOutline
            | Self::UnusedTerm
            | Self::UnusedInput
            | Self::UnusedFunction
            | Self::UnusedRule
            | Self::UnusedAssumption
            | Self::UnusedVariable
            | Self::MissingCite
            | Self::ContradictoryRequirements
            | Self::MayLeaveRange
            | Self::RedundantRequirement
            | Self::ZeroDivisor
            | Self::ComparisonWords
            | Self::LongFormula
            | Self::RoundedTwice
            | Self::NoFiniteDecimal
            | Self::UntestedRule
            | Self::ShadowedName => Some(Level::Warn),
            Self::OverlappingCases | Self::Undecided | Self::MagicNumber => Some(Level::Allow),
            _ => None,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
