//! What a page holds, as plain data: every text ready to be written, every link with its anchor.

/// The kind of thing that a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A clause of the document.
    Clause,
    /// A term.
    Term,
    /// An input: a record, a table or a field.
    Input,
    /// A rule.
    Rule,
    /// A function of the plan.
    Function,
    /// A function of the language.
    Language,
    /// An assumption.
    Assumption,
    /// A calendar.
    Calendar,
    /// A fixture of the tests.
    Fixture,
    /// A test.
    Test,
}

/// A link to an entry of the same page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entry's anchor.
    pub id: String,
    /// What the link reads.
    pub text: String,
    /// What it leads to.
    pub target: Target,
}

/// How a piece of a formula is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is: operators, variables, blanks.
    Plain,
    /// A word of the language.
    Keyword,
    /// A number with its unit, or a date.
    Number,
    /// A text.
    Text,
    /// A name of an enumeration.
    Symbol,
    /// A remark.
    Remark,
}

/// A piece of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters.
    Plain(Style, String),
    /// A name with its definition.
    Name(Link),
}

/// A formula, in pieces that together are its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formula {
    /// The pieces.
    pub pieces: Vec<Piece>,
}

impl Formula {
    /// The formula's text.
    #[must_use]
    pub fn text(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Plain(_, text) => text.clone(),
            Piece::Name(link) => link.text.clone(),
        };
        self.pieces.iter().map(text).collect()
    }

    /// Whether it takes more than one line.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.pieces.iter().any(|p| matches!(p, Piece::Plain(_, text) if text.contains('\n')))
    }
}

/// A whole page.
#[derive(Clone, Debug)]
pub struct Page {
    /// "Plan" or "Part".
    pub kind: &'static str,
    /// The plan's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The document that it encodes.
    pub document: Option<String>,
    /// One line about it.
    pub about: Option<String>,
    /// Conventions: currency, rounding, the date of its terms.
    pub facts: Vec<Fact>,
    /// Clauses of the document, in its order.
    pub clauses: Vec<Clause>,
    /// Clauses of other documents that the plan or a part of it cites.
    pub other_clauses: Vec<Clause>,
    /// Whether the plan has an outline, or the clauses are those that it cites.
    pub has_outline: bool,
    /// Terms.
    pub terms: Vec<Item>,
    /// Inputs.
    pub inputs: Vec<HolderEntry>,
    /// Rules, the plan's figures first, then those of each table.
    pub rules: Vec<Group>,
    /// Functions of the plan.
    pub functions: Vec<Item>,
    /// Functions of the language that it uses.
    pub language: Vec<LanguageFunction>,
    /// Calendars.
    pub calendars: Vec<CalendarEntry>,
    /// Assumptions.
    pub assumptions: Vec<Item>,
    /// Pictures of what depends on what.
    pub pictures: Vec<Picture>,
    /// Data that tests share.
    pub fixtures: Vec<FixtureEntry>,
    /// Tests.
    pub tests: Vec<TestEntry>,
}

/// A line of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its anchor.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How many entries it has.
    pub count: usize,
    /// Its parts.
    pub parts: Vec<Section>,
}

/// Something that holds for the whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub label: &'static str,
    /// What holds.
    pub value: Formula,
}

/// A clause of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its anchor.
    pub id: String,
    /// The clause, as the document numbers it.
    pub name: String,
    /// Its heading in the document's words.
    pub heading: Option<String>,
    /// What became of it.
    pub status: Vec<Status>,
    /// What else cites it.
    pub cited_by: Vec<Link>,
    /// Tests about it.
    pub tests: Vec<Link>,
}

/// What became of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Entries of one kind: "rules", "terms".
    Entries(&'static str, Vec<Link>),
    /// A reason in words: "discretion", "narrative".
    Words(&'static str, String),
}

/// A term, rule, function or assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its anchor.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What follows the name of a function: `(day: date)`.
    pub params: Option<String>,
    /// Its type.
    pub ty: Option<String>,
    /// Whether it is a step of the calculation, left out of the results.
    pub private: bool,
    /// The part of the plan that it comes from, where that is not the plan file itself.
    pub from: Option<String>,
    /// Its clauses.
    pub cite: Vec<Link>,
    /// One line about it.
    pub about: Option<String>,
    /// Who may change it.
    pub change: Option<String>,
    /// What it says.
    pub body: Body,
    /// What uses it.
    pub used_by: Vec<Link>,
    /// The results that it bears on, by whatever way; for assumptions.
    pub bears_on: Vec<Link>,
    /// Tests that expect a value of it, or choose a reading.
    pub tests: Vec<Link>,
}

/// What an item says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A formula.
    Formula(Formula),
    /// Values by date.
    Versions(Vec<Version>),
    /// Cases tried in order.
    Cases(Vec<Case>),
    /// Requirements, all of them to be met.
    All(Vec<Requirement>),
    /// Exact parts cut to whole steps: each entry with its formula.
    Allocate(Vec<(&'static str, Formula)>),
    /// Readings.
    Readings(Vec<Reading>),
}

/// A term's value from a date on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// When it is in force: "from 2001-01-01", empty where always.
    pub when: String,
    /// The value.
    pub value: Formula,
}

/// A case of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// When it applies; always, for the last.
    pub when: Option<Formula>,
    /// What it gives.
    pub then: Formula,
    /// Its clause.
    pub cite: Option<Link>,
}

/// A requirement of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What must hold.
    pub require: Formula,
    /// The reason where it does not.
    pub reason: String,
    /// Its clause.
    pub cite: Option<Link>,
}

/// A reading of an assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Whether the plan chose it.
    pub chosen: bool,
}

/// Rules that conclude about the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its anchor.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The table, where it is one.
    pub table: Option<Link>,
    /// The rules.
    pub rules: Vec<Item>,
}

/// What kind of input holds fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// Single values.
    Scalars,
    /// A record.
    Record,
    /// A table.
    Table,
}

/// An input record or table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderEntry {
    /// Its anchor.
    pub id: String,
    /// Its name; empty for single values.
    pub name: String,
    /// What it is.
    pub kind: HolderKind,
    /// Whether it may be absent as a whole.
    pub optional: bool,
    /// The fields of its key.
    pub key: Vec<Link>,
    /// Where it comes from, where that is not the plan file itself.
    pub from: Option<String>,
    /// Its clauses.
    pub cite: Vec<Link>,
    /// One line about it.
    pub about: Option<String>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What must hold of it.
    pub conditions: Vec<Condition>,
    /// What uses it as a whole.
    pub used_by: Vec<Link>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its anchor.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, without its being absent.
    pub ty: String,
    /// The table that it refers to.
    pub refers: Option<Link>,
    /// Whether it is part of the key.
    pub key: bool,
    /// What holds of its values, one entry each.
    pub limits: Vec<Limit>,
    /// Its clauses.
    pub cite: Vec<Link>,
    /// One line about it.
    pub about: Option<String>,
    /// What uses it.
    pub used_by: Vec<Link>,
    /// Tests that expect data to be refused for it.
    pub tests: Vec<Link>,
}

/// What holds of a field's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// In words: "at least 0 USD".
    Words(String),
    /// What it is where the data do not say.
    Default(Formula),
}

/// A condition of a record or of each row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What must hold.
    pub that: Formula,
    /// The field that is blamed.
    pub field: Link,
    /// What is said of it.
    pub message: String,
}

/// A function of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageFunction {
    /// Its anchor.
    pub id: String,
    /// Its signature.
    pub signature: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// What uses it.
    pub used_by: Vec<Link>,
}

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Its anchor.
    pub id: String,
    /// The name that formulas use.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Where it comes from.
    pub source: Option<String>,
    /// The days that it covers.
    pub days: String,
    /// What uses it.
    pub used_by: Vec<Link>,
}

/// A picture: boxes in the order of their links, and arrows between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its anchor.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it shows.
    pub caption: String,
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The arrows.
    pub edges: Vec<Edge>,
}

/// A box of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub link: Link,
    /// One line about it.
    pub about: Option<String>,
    /// Whether it is a step of the calculation only.
    pub private: bool,
    /// The table it concludes about, where the picture mixes several.
    pub of: Option<String>,
    /// What it reads besides the boxes that lead to it.
    pub reads: Vec<Link>,
}

/// An arrow from what is used to what uses it, both by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// What is used.
    pub from: usize,
    /// What uses it.
    pub to: usize,
}

/// One line of data: where it belongs, and its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The record or table; none for single values.
    pub of: Option<Link>,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

/// Data that tests share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureEntry {
    /// Its anchor.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The fixture it starts from.
    pub base: Option<Link>,
    /// Its data.
    pub given: Vec<Given>,
    /// What every row of a table has.
    pub rows: Vec<Given>,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEntry {
    /// Its anchor.
    pub id: String,
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// The clauses it is about.
    pub cite: Vec<Link>,
    /// The fixture it starts from.
    pub base: Option<Link>,
    /// Its own data.
    pub given: Vec<Given>,
    /// Readings it takes.
    pub assume: Vec<(Link, String)>,
    /// The date at which it reads terms.
    pub as_of: Option<String>,
    /// What it expects.
    pub expects: Expects,
    /// Whether it passes, where it was run, with what is wrong.
    pub verdict: Option<Result<(), Vec<String>>>,
    /// Whether it is only proposed.
    pub unconfirmed: bool,
}

/// What a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expects {
    /// Conclusions.
    Values(Vec<Expected>),
    /// That the data are refused for this field.
    Refused(Part),
    /// That this rule has no value, for a reason with this code where the test says it.
    Fails(Link, Option<&'static str>),
}

/// A name that may have an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It has one.
    Link(Link),
    /// It has none.
    Words(String),
}

/// One expected conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The rule.
    pub rule: Link,
    /// The row's key.
    pub row: Option<String>,
    /// The value.
    pub value: String,
}

impl Page {
    /// The table of contents: sections that have entries, in their order.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        let plain = |id: &str, title: &str, count: usize| Section {
            id: id.to_owned(),
            title: title.to_owned(),
            count,
            parts: Vec::new(),
        };
        let part = |id: &str, title: &str, count: usize| plain(id, title, count);
        let inputs = self.inputs.iter().map(|h| part(&h.id, h.title(), h.fields.len()));
        let rules = self.rules.iter().map(|g| part(&g.id, &g.title, g.rules.len()));
        let pictures = self.pictures.iter().map(|p| part(&p.id, &p.title, p.nodes.len()));
        let clauses = if self.has_outline { "Outline of the document" } else { "Clauses cited" };
        let rule_count = self.rules.iter().fold(0_usize, |n, g| n.saturating_add(g.rules.len()));
        let all = [
            plain("outline", clauses, self.clauses.len()),
            plain("other-clauses", "Clauses of other documents", self.other_clauses.len()),
            plain("terms", "Terms", self.terms.len()),
            Section { parts: inputs.collect(), ..plain("inputs", "Inputs", self.inputs.len()) },
            Section { parts: rules.collect(), ..plain("rules", "Rules", rule_count) },
            plain("functions", "Functions", self.functions.len().saturating_add(self.language.len())),
            plain("calendars", "Calendars", self.calendars.len()),
            plain("assumptions", "Assumptions", self.assumptions.len()),
            Section {
                parts: pictures.collect(),
                ..plain("pictures", "What depends on what", self.pictures.len())
            },
            plain("tests", "Tests", self.tests.len()),
        ];
        all.into_iter().filter(|s| s.count > 0).collect()
    }
}

impl HolderEntry {
    /// Its heading.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.kind == HolderKind::Scalars { "Single values" } else { &self.name }
    }
}
