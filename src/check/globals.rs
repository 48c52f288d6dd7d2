//! The plan's definitions while they are being checked.

use super::facts::Implication;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Field, Function, FunctionId, Holder, Program, Rule, RuleId, Term, Use};
use crate::limits::Limits;
use crate::plan::Document;
use crate::source::{Name, Span};
use crate::value::{RecordType, Type};
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a name of the plan stands for.
#[derive(Clone, Debug)]
pub enum Global {
    /// A scalar input.
    Scalar(usize),
    /// An input record.
    Record(usize),
    /// An input table.
    Table(usize),
    /// A term.
    Term(usize),
    /// A figure of the plan.
    Rule(RuleId),
    /// A calendar.
    Calendar(usize),
    /// A definition that has a fault of its own.
    Broken,
}

/// What a name of a table's row stands for.
#[derive(Clone, Copy, Debug)]
pub enum Member {
    /// A field.
    Field(usize),
    /// A rule.
    Rule(RuleId),
    /// A definition that has a fault of its own.
    Broken,
}

/// An input record being checked.
#[derive(Clone, Debug)]
pub struct RecordInfo {
    /// Its name.
    pub name: Name,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its fields, without defaults until those are checked.
    pub fields: Vec<Field>,
    /// What its conditions say of presence.
    pub implications: Vec<Implication>,
    /// Whether some condition has a fault, so that what it says of presence is not known.
    pub uncertain: bool,
}

/// An input table being checked.
#[derive(Clone, Debug)]
pub struct TableInfo {
    /// Its name.
    pub name: Name,
    /// Its key.
    pub key: Vec<usize>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its rules by name.
    pub rules: IndexMap<Arc<str>, Member>,
    /// What its conditions say of presence.
    pub implications: Vec<Implication>,
    /// Whether some condition has a fault, so that what it says of presence is not known.
    pub uncertain: bool,
}

/// How far a definition has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not yet.
    Waiting,
    /// Being checked: whoever needs it now is part of a cycle.
    Busy,
    /// Done, or given up.
    Done,
}

/// What is known of a function or rule while types are inferred.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its type: as declared, else inferred once it is checked.
    pub ty: Option<Type>,
    /// How far it has been checked.
    pub progress: Progress,
}

/// A function being checked.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    /// Its name.
    pub name: Name,
    /// Its parameters; none where a type has a fault.
    pub params: Option<Vec<(Name, Type)>>,
    /// Its result, and how far it has been checked.
    pub standing: Standing,
    /// The function, once it is checked and has no fault.
    pub checked: Option<Box<Function>>,
}

/// A rule being checked.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Its type, and how far it has been checked.
    pub standing: Standing,
    /// Its table.
    pub table: Option<usize>,
    /// The rule, once it is checked and has no fault.
    pub checked: Option<Box<Rule>>,
}

/// Cases without `otherwise` that may leave a gap.
pub struct PossibleGap {
    /// The rule.
    pub rule: RuleId,
    /// Whether numbers or dates may come to close it.
    pub has_order: bool,
    /// What is said where they do not.
    pub problem: Diagnostic,
}

/// All definitions, as far as they are known.
pub struct Globals {
    /// The plan as read.
    pub document: Arc<Document>,
    /// Faults of definitions checked on the way.
    pub diagnostics: Diagnostics,
    /// How many of these leave only one field or one condition of the inputs in doubt.
    pub confined: usize,
    /// What is finished.
    pub program: Program,
    /// Names of the plan.
    pub items: IndexMap<Arc<str>, Global>,
    /// Named types.
    pub aliases: IndexMap<Arc<str>, Type>,
    /// Records, the scalars first.
    pub records: Vec<RecordInfo>,
    /// Tables.
    pub tables: Vec<TableInfo>,
    /// Terms, none where one has a fault.
    pub terms: Vec<Option<Term>>,
    /// How many terms have been checked: a term may use those before it.
    pub terms_checked: usize,
    /// Functions.
    pub functions: Vec<FunctionInfo>,
    /// Rules.
    pub rules: Vec<RuleInfo>,
    /// Functions, and after them rules, that wait for each other while types are inferred.
    pub waiting: Vec<usize>,
    /// Circles by names alone, where types wait for each other along them for too long.
    pub circles: Vec<Vec<usize>>,
    /// Circles of functions and rules as far as the names tell that their formulas mention.
    pub named_circles: Vec<Vec<usize>>,
    /// Whether a type was met that is too large.
    pub unbounded: bool,
    /// Which function or rule asked for the type of which other: what each of them uses, also where
    /// its formula has a fault or is part of a circle.
    pub edges: BTreeMap<usize, IndexSet<usize>>,
    /// Names that cannot be read or are not known to be read: their definitions are broken.
    pub broken: BTreeSet<Arc<str>>,
    /// What faulty formulas, and all others, came upon: it counts as used where there are faults.
    pub touched: IndexSet<Use>,
    /// Names that a faulty name may have been meant to be: they count as used.
    pub meant: BTreeSet<Arc<str>>,
    /// The types of rules, where they are known, in the order of the document.
    pub rule_types: Vec<Option<Type>>,
    /// Rules whose cases leave a gap as far as presence and names tell.
    pub gaps: Vec<PossibleGap>,
    /// How many may wait for each other.
    pub max_depth: usize,
    /// What constants may take; their steps are those that are left to all of them.
    pub constants: Limits,
}

impl Globals {
    /// What a name of a table's row stands for.
    pub fn member(&self, table: usize, name: &str) -> Option<Member> {
        let table = self.tables.get(table)?;
        if let Some(index) = table.fields.iter().position(|f| &*f.name.value == name) {
            return Some(Member::Field(index));
        }
        table.rules.get(name).copied().or_else(|| self.is_broken(name).then_some(Member::Broken))
    }

    /// The fields of a record or table, without defaults until those are checked.
    pub fn fields(&self, holder: Holder) -> &[Field] {
        match holder {
            Holder::Record(record) => self.records.get(record).map_or(&[], |r| &r.fields),
            Holder::Table(table) => self.tables.get(table).map_or(&[], |t| &t.fields),
        }
    }

    /// Whether a name belongs to a definition that could not be read, so that its use is no further fault.
    pub fn is_broken(&self, name: &str) -> bool {
        self.document.incomplete || self.broken.contains(name)
    }

    /// Every name of a table's row.
    pub fn members(&self, table: usize) -> Vec<Arc<str>> {
        self.tables.get(table).map_or_else(Vec::new, |t| {
            t.fields.iter().map(|f| Arc::clone(&f.name.value)).chain(t.rules.keys().cloned()).collect()
        })
    }

    /// A record's type as one value.
    pub fn record_type(&self, record: usize) -> Type {
        let Some(info) = self.records.get(record) else { return Type::Never };
        let fields = info
            .fields
            .iter()
            .map(|f| crate::value::Field { name: Arc::clone(&f.name.value), ty: f.ty.clone() })
            .collect();
        let ty = Type::Record(Arc::new(RecordType { fields }));
        if info.optional { ty.optional() } else { ty }
    }

    /// A rule's name as results show it.
    pub fn rule_name(&self, id: RuleId) -> String {
        let Some(rule) = self.document.rules.get(id.0) else { return String::new() };
        match &rule.table {
            Some(table) => format!("{}.{}", table.value, rule.name.value),
            None => rule.name.value.to_string(),
        }
    }

    /// The function with this name.
    pub fn function(&self, name: &str) -> Option<FunctionId> {
        self.functions.iter().position(|f| &*f.name.value == name).map(FunctionId)
    }

    /// A type in the plan's words.
    pub fn show(&self, ty: &Type) -> String {
        match ty {
            Type::Row(table) => {
                let name = self.tables.get(*table).map(|t| t.name.value.to_string()).unwrap_or_default();
                format!("row of {name}")
            }
            Type::Optional(inner) => format!("{}?", self.show(inner)),
            Type::List(item) => format!("list of {}", self.show(item)),
            other => other.to_string(),
        }
    }

    /// Notes that the definition being checked uses this one.
    pub fn note_use(&mut self, node: usize) {
        if let Some(user) = self.waiting.last() {
            self.edges.entry(*user).or_default().insert(node);
        }
    }

    /// What a name that is not known was probably meant to be, for a help line; it counts as used from
    /// then on.
    pub fn near<'n>(&mut self, found: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let near = did_you_mean(found, names)?;
        self.meant.insert(Arc::from(near));
        Some(format!("did you mean `{near}`?"))
    }

    /// Keeps what was found in a definition, `faulty` where one of its formulas has a fault or names
    /// what has one; answers whether its type cannot be relied upon. What only follows from the types
    /// of its parts is not said of it then.
    pub fn settle(&mut self, mut found: Diagnostics, faulty: bool) -> bool {
        let failed =
            found.iter().any(Diagnostic::is_error) || (faulty && (self.document.faulty || self.has_errors()));
        if failed {
            let follows = [Code::NeedlessOtherwise, Code::UnreachableCase, Code::UnusedVariable];
            found.retain(|d| d.is_error() || !follows.contains(&d.code));
        }
        self.diagnostics.append(&mut found);
        failed
    }

    /// Whether an error was found so far.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many errors were found so far.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.is_error()).count()
    }

    /// The number of a rule among functions and rules: rules come after functions.
    pub fn node_of(&self, id: RuleId) -> usize {
        self.functions.len().saturating_add(id.0)
    }

    /// What is known of the function or rule with this number.
    pub fn standing(&mut self, node: usize) -> Option<&mut Standing> {
        match node.checked_sub(self.functions.len()) {
            Some(rule) => self.rules.get_mut(rule).map(|r| &mut r.standing),
            None => self.functions.get_mut(node).map(|f| &mut f.standing),
        }
    }

    /// The name of the function or rule with this number, and where it is defined.
    pub fn node_name(&self, node: usize) -> Option<(String, Span)> {
        match node.checked_sub(self.functions.len()) {
            Some(rule) => {
                let span = self.document.rules.get(rule)?.name.span;
                Some((self.rule_name(RuleId(rule)), span))
            }
            None => self.functions.get(node).map(|f| (f.name.value.to_string(), f.name.span)),
        }
    }

    /// Adds the fault of a type that waits for too many others: a circle, where all that wait for each
    /// other are part of one.
    pub fn too_deep(&mut self, node: usize) {
        let around = self.named_circles.iter().find(|circle| {
            circle.contains(&node) && self.waiting.iter().all(|waiting| circle.contains(waiting))
        });
        if let Some(circle) = around {
            self.circles.push(circle.clone());
            return;
        }
        let Some((name, span)) = self.node_name(node) else { return };
        self.diagnostics.push(
            Diagnostic::error(
                Code::TooDeep,
                format!("the type of `{name}` depends on too many others in a row"),
            )
            .label(span, "its type is not declared")
            .help("declare the `type` of this rule or function"),
        );
    }

    /// Whether a type is small enough to be gone through; adds the fault of one that is not. Types are
    /// inferred from each other, so that a few lines can make one of any size.
    pub fn is_bounded(&mut self, ty: &Type, name: &Name) -> bool {
        let bounded = ty.is_within(self.max_depth, self.constants.definitions);
        // Types grow from each other, so that one fault is enough.
        if !bounded && !std::mem::replace(&mut self.unbounded, true) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::TooDeep,
                    format!("the type of `{}` has too many lists and records inside each other", name.value),
                )
                .label(name.span, "its lists and records grow with each definition that it uses")
                .help("build a flatter list or record"),
            );
        }
        bounded
    }

    /// The record or table that has a field or rule of this name, and which of the two it is.
    pub fn owner_of(&self, name: &str) -> Option<(String, &'static str)> {
        let has = |fields: &[Field]| fields.iter().any(|f| &*f.name.value == name);
        let record = self.records.iter().skip(1).find(|r| has(&r.fields));
        if let Some(record) = record {
            return Some((record.name.value.to_string(), "field"));
        }
        self.tables.iter().find_map(|table| {
            let what = if has(&table.fields) { "field" } else { "rule" };
            let found = what == "field" || table.rules.contains_key(name);
            found.then(|| (table.name.value.to_string(), what))
        })
    }

    /// A field whose enumeration has this value, for a help line.
    pub fn enumeration_with(&self, value: &str) -> Option<String> {
        let has = |ty: &Type| match ty.required() {
            Type::Enum(names) => names.values.iter().any(|v| &**v == value),
            _ => false,
        };
        let of_table = self.tables.iter().flat_map(|t| t.fields.iter()).find(|f| has(&f.ty));
        of_table.map(|f| f.name.value.to_string()).or_else(|| {
            self.records.iter().find_map(|r| {
                let field = r.fields.iter().find(|f| has(&f.ty))?;
                let prefix =
                    if r.name.value.is_empty() { String::new() } else { format!("{}.", r.name.value) };
                Some(format!("{prefix}{}", field.name.value))
            })
        })
    }
}
