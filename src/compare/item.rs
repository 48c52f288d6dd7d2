//! The definitions of one version, each as a list of what it says: what is compared, and in whose words.

use super::Version;
use super::normal::{self, Names};
use crate::ir::{ExprKind, Program, walk};
use crate::plan::{Change, Field, InputKind, Notes, OutlineStatus, Rule, RuleBody, Term};
use crate::source::{Name, SourceId, Span, Spanned};
use crate::syntax::ast::{Expr, TypeExpr};
use crate::syntax::{print_expr, print_type};
use crate::value::{Calendar, Type, Value};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What kind of thing a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Plan,
    Amendment,
    Calendar,
    Type,
    Term,
    Input,
    Field,
    Function,
    Rule,
    Assumption,
    Clause,
}

impl Kind {
    /// What it is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Amendment => "amendment",
            Self::Calendar => "calendar",
            Self::Type => "type",
            Self::Term => "term",
            Self::Input => "input",
            Self::Field => "field",
            Self::Function => "function",
            Self::Rule => "rule",
            Self::Assumption => "assumption",
            Self::Clause => "clause",
        }
    }
}

/// One thing that a definition says.
#[derive(Clone, Debug)]
pub(super) struct Aspect {
    /// What it is compared with: the same of the other version.
    pub key: String,
    /// What it is called.
    pub what: String,
    /// In the plan's words.
    pub shown: String,
    /// In normal form.
    pub normal: String,
    /// The clause of it alone.
    pub cite: Option<String>,
}

/// A version of a term.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    pub from: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    pub shown: String,
    pub normal: String,
    /// The value with its type, where the plan was checked.
    pub value: Option<(Type, Value)>,
}

/// One definition.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub kind: Kind,
    /// Its name as results write it, in the later version's words.
    pub name: String,
    /// Its name as written.
    pub own: String,
    pub cite: Vec<String>,
    pub about: Option<String>,
    pub change: Option<Change>,
    /// The part it comes from.
    pub from: Option<String>,
    pub aspects: Vec<Aspect>,
    /// A term's versions.
    pub dated: Vec<Dated>,
    /// A calendar's days.
    pub calendar: Option<Arc<Calendar>>,
    /// What says nothing to an evaluation: what it is called, and its text.
    pub wording: Vec<(String, String)>,
}

impl Item {
    /// Whether two say the same.
    pub fn says(&self) -> Vec<(&str, &str)> {
        let aspects = self.aspects.iter().map(|a| (a.key.as_str(), a.normal.as_str()));
        let dated = self.dated.iter().map(|d| ("", d.normal.as_str()));
        aspects.chain(dated).collect()
    }
}

/// Rules of which formulas ask more than their conclusions, by the names of the later version.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Rules whose clauses are conclusions too (`clause of`).
    pub clauses: BTreeSet<String>,
    /// Rules whose reasons are, in their order (`reasons of`).
    pub reasons: BTreeSet<String>,
}

impl Asked {
    /// Adds what the formulas of a program ask.
    pub fn by(mut self, program: &Program, names: &Names) -> Self {
        let mut see = |formula| {
            walk(formula, &mut |part| match &part.kind {
                ExprKind::ClauseOf(rule, _) => {
                    self.clauses.insert(names.path(&program.rule_name(*rule)));
                }
                ExprKind::ReasonsOf(rule, _) => {
                    self.reasons.insert(names.path(&program.rule_name(*rule)));
                }
                _ => {}
            });
        };
        program.rules.iter().for_each(|rule| rule.body.formulas(&mut |formula| see(formula)));
        program.functions.iter().for_each(|function| see(&function.body));
        self
    }
}

/// Every definition of a version, its names as `names` calls them.
pub(super) fn items(version: &Version, names: &Names, asked: &Asked) -> Vec<Item> {
    let document = &version.document;
    let maker = Maker { version, names, asked, own: document.header.file };
    let mut items = vec![maker.plan(), maker.amendment()];
    for import in &document.calendars {
        let mut item = maker.item(Kind::Calendar, "", &import.name, &Notes::default());
        item.wording.push(("title".to_owned(), import.calendar.title().to_owned()));
        item.calendar = Some(Arc::clone(&import.calendar));
        items.push(item);
    }
    for alias in &document.types {
        let mut item = maker.item(Kind::Type, "", &alias.name, &Notes::default());
        item.aspects.push(maker.ty("type", &alias.ty));
        items.push(item);
    }
    items.extend(document.terms.iter().map(|term| maker.term(term)));
    for input in &document.inputs {
        maker.input(input, &mut items);
    }
    for function in &document.functions {
        let mut item = maker.item(Kind::Function, "", &function.name, &function.notes);
        let params: Vec<Arc<str>> = function.params.iter().map(|(name, _)| Arc::clone(&name.value)).collect();
        for (index, (name, ty)) in function.params.iter().enumerate() {
            let mut aspect = maker.ty("", ty);
            aspect.key = format!("parameter {index}");
            aspect.what = format!("parameter `{}`", name.value);
            item.aspects.push(aspect);
        }
        item.aspects.extend(function.ty.as_ref().map(|ty| maker.ty("type", ty)));
        let body = maker.formula_under("value", &function.body, &params);
        maker.spelling(&mut item, "formula", &function.body);
        item.aspects.push(body);
        items.push(item);
    }
    items.extend(document.rules.iter().map(|rule| maker.rule(rule)));
    for assumption in &document.assumptions {
        let mut item = maker.item(Kind::Assumption, "", &assumption.name, &assumption.notes);
        item.aspects.push(maker.word("chosen", &assumption.chosen.value));
        for (reading, meaning) in &assumption.readings {
            let mut aspect = maker.word("", &reading.value);
            aspect.key = format!("reading {}", reading.value);
            "reading".clone_into(&mut aspect.what);
            item.aspects.push(aspect);
            item.wording.push((format!("reading `{}`", reading.value), meaning.to_string()));
        }
        items.push(item);
    }
    for clause in &document.outline {
        let mut item = maker.item(Kind::Clause, "", &clause.clause, &Notes::default());
        item.wording.extend(clause.heading.as_ref().map(|h| ("heading".to_owned(), h.to_string())));
        for status in &clause.status {
            let (what, name) = match status {
                OutlineStatus::Rule(name) => ("rule", name),
                OutlineStatus::Input(name) => ("input", name),
                OutlineStatus::Term(name) => ("term", name),
                OutlineStatus::Assumption(name) => ("assumption", name),
                OutlineStatus::Discretion(text) => {
                    item.wording.push(("discretion".to_owned(), text.value.to_string()));
                    item.aspects.push(maker.kept("discretion"));
                    continue;
                }
                OutlineStatus::Narrative(text) => {
                    item.wording.push(("narrative".to_owned(), text.value.to_string()));
                    item.aspects.push(maker.kept("narrative"));
                    continue;
                }
            };
            let renamed: Vec<&str> = name.value.split('.').map(|part| names.of(part)).collect();
            let mut aspect = maker.word("", &name.value);
            aspect.key = format!("{what} {}", renamed.join("."));
            aspect.normal.clone_from(&aspect.key);
            what.clone_into(&mut aspect.what);
            item.aspects.push(aspect);
        }
        items.push(item);
    }
    items
}

struct Maker<'v> {
    version: &'v Version,
    names: &'v Names,
    asked: &'v Asked,
    own: SourceId,
}

impl Maker<'_> {
    fn item(&self, kind: Kind, table: &str, name: &Name, notes: &Notes) -> Item {
        let prefixed = |table: &str, name: &str| match table {
            "" => name.to_owned(),
            table => format!("{table}.{name}"),
        };
        let from = (name.span.source != self.own && name.span != Span::default())
            .then(|| self.version.document.sources.name_of(name.span).to_owned());
        let mut item = Item {
            kind,
            name: prefixed(self.names.of(table), self.names.of(&name.value)),
            own: prefixed(table, &name.value),
            cite: texts(&notes.cite),
            about: notes.about.as_ref().map(ToString::to_string),
            change: notes.change.clone(),
            from,
            aspects: Vec::new(),
            dated: Vec::new(),
            calendar: None,
            wording: Vec::new(),
        };
        item.wording.extend(item.about.clone().map(|about| ("about".to_owned(), about)));
        if !item.cite.is_empty() {
            item.wording.push(("cite".to_owned(), item.cite.join(", ")));
        }
        item.aspects.extend(item.change.as_ref().map(|change| self.word("change", &change.to_string())));
        item
    }

    fn word(&self, what: &str, shown: &str) -> Aspect {
        Aspect {
            key: what.to_owned(),
            what: what.to_owned(),
            shown: shown.to_owned(),
            normal: self.names.of(shown).to_owned(),
            cite: None,
        }
    }

    /// Something that is there or not, its text being wording.
    fn kept(&self, what: &str) -> Aspect {
        Aspect { shown: "said".to_owned(), normal: String::new(), ..self.word(what, "") }
    }

    fn formula(&self, what: &str, expr: &Expr) -> Aspect {
        self.formula_under(what, expr, &[])
    }

    fn formula_under(&self, what: &str, expr: &Expr, params: &[Arc<str>]) -> Aspect {
        let normal = normal::formula(expr, params, self.names);
        Aspect { shown: print_expr(expr), normal, ..self.word(what, "") }
    }

    fn ty(&self, what: &str, ty: &TypeExpr) -> Aspect {
        Aspect { shown: print_type(ty), normal: normal::ty(ty, self.names), ..self.word(what, "") }
    }

    /// How a formula is spelt, where names stay: other variables, brackets, remarks between its words.
    fn spelling(&self, item: &mut Item, what: &str, expr: &Expr) {
        if self.names.by_old.is_empty() {
            let written = self.version.document.sources.slice(expr.span);
            let bare: String = written.split_whitespace().collect();
            item.wording.push((what.to_owned(), bare));
        }
    }

    /// The clause of a case, by its key and how it is called: a conclusion where it is asked for, else words.
    fn clause(&self, item: &mut Item, (key, what): (String, String), cite: Option<&str>) {
        if self.asked.clauses.contains(&item.name) {
            let shown = cite.unwrap_or("no clause").to_owned();
            item.aspects.push(Aspect { key, what, normal: shown.clone(), shown, cite: None });
        } else {
            item.wording.push((key, cite.unwrap_or_default().to_owned()));
        }
    }

    fn order(&self, what: &str, order: &[String]) -> Aspect {
        Aspect { shown: "as written".to_owned(), normal: order.join("\n"), ..self.word(what, "") }
    }

    fn plan(&self) -> Item {
        let document = &self.version.document;
        let header = &document.header;
        let name = Spanned::new(Arc::from("plan"), Span::default());
        let mut item = self.item(Kind::Plan, "", &name, &Notes::default());
        item.aspects.push(self.word("id", &header.id));
        item.aspects.push(self.word("language", &header.language.to_string()));
        for currency in &header.currencies {
            let mut aspect = self
                .word("currency", &format!("{} with {} decimals", currency.code.value, currency.decimals));
            aspect.key = format!("currency {}", currency.code.value);
            item.aspects.push(aspect);
        }
        for unit in &header.units {
            item.aspects
                .push(Aspect { key: format!("unit {}", unit.value), ..self.word("unit", &unit.value) });
        }
        item.aspects.extend(header.term_date.as_ref().map(|e| self.formula("term_date", e)));
        let conventions = &document.conventions;
        item.aspects.extend(conventions.rounding.as_ref().map(|r| self.word("rounding", r.value.name())));
        item.aspects.extend(conventions.month_end.as_ref().map(|_| self.word("month_end", "clamp")));
        item.wording.push(("title".to_owned(), header.title.to_string()));
        item.wording.extend(header.source.as_ref().map(|s| ("source".to_owned(), s.to_string())));
        item.wording.extend(header.about.as_ref().map(|s| ("about".to_owned(), s.to_string())));
        item
    }

    fn amendment(&self) -> Item {
        let name = Spanned::new(Arc::from("amendment"), Span::default());
        let mut item = self.item(Kind::Amendment, "", &name, &Notes::default());
        let Some(amendment) = &self.version.document.amendment else { return item };
        item.change = amendment.change.clone().map(|any| Change { any: Some(any), ..Change::default() });
        item.aspects.extend(amendment.default.as_ref().map(|d| self.word("default", &d.value)));
        for approval in &amendment.approvals {
            let mut aspect = self.word(&format!("approval `{}`", approval.name.value), &approval.by);
            aspect.normal = approval.by.to_string();
            item.aspects.push(aspect);
            let words = approval.words.as_deref().unwrap_or_default();
            item.wording.push((format!("words of `{}`", approval.name.value), words.to_owned()));
            let cite = texts(&approval.cite).join(", ");
            item.wording.push((format!("clause of `{}`", approval.name.value), cite));
        }
        item
    }

    fn term(&self, term: &Term) -> Item {
        let mut item = self.item(Kind::Term, "", &term.name, &term.notes);
        let checked = checked_term(&self.version.program, &term.name);
        for (index, version) in term.versions.iter().enumerate() {
            let value = checked.and_then(|t| Some((&t.ty, &t.versions.get(index)?.value)));
            item.dated.push(Dated {
                from: version.from.as_ref().map(|d| d.value),
                until: version.until.as_ref().map(|d| d.value),
                shown: print_expr(&version.value),
                value: value.map(|(ty, value)| (ty.clone(), value.clone())),
                normal: value
                    .map_or_else(|| print_expr(&version.value), |(ty, value)| format!("{value:?} {ty:?}")),
            });
        }
        item
    }

    fn input(&self, input: &crate::plan::Input, items: &mut Vec<Item>) {
        let name = &input.name;
        let (what, key, optional, fields, require) = match &input.kind {
            InputKind::Scalar(field) => {
                let mut item = self.item(Kind::Input, "", name, &field.notes);
                self.field(field, &mut item);
                items.push(item);
                return;
            }
            InputKind::Record { optional, fields, require } => {
                ("record", &[][..], *optional, fields, require)
            }
            InputKind::Table { key, fields, require } => ("table", &key[..], false, fields, require),
        };
        let mut item = self.item(Kind::Input, "", name, &input.notes);
        item.aspects.push(self.word("kind", what));
        if optional {
            item.aspects.push(self.word("optional", "true"));
        }
        if !key.is_empty() {
            // Look-ups name the fields of a key in its order.
            let normal: Vec<&str> = key.iter().map(|field| self.names.of(&field.value)).collect();
            let shown: Vec<&str> = key.iter().map(|field| &*field.value).collect();
            item.aspects.push(Aspect { normal: normal.join(", "), ..self.word("key", &shown.join(", ")) });
        }
        for condition in require {
            let field = self.names.of(&condition.field.value);
            let earlier =
                item.aspects.iter().filter(|a| a.key.starts_with(&format!("condition {field} "))).count();
            let mut aspect =
                self.formula(&format!("condition on `{}`", condition.field.value), &condition.that);
            aspect.key = format!("condition {field} {earlier}");
            item.aspects.push(aspect);
            self.spelling(&mut item, "condition", &condition.that);
            item.wording.push(("message".to_owned(), condition.message.to_string()));
        }
        items.push(item);
        for field in fields {
            let mut item = self.item(Kind::Field, &name.value, &field.name, &field.notes);
            self.field(field, &mut item);
            items.push(item);
        }
    }

    fn field(&self, field: &Field, item: &mut Item) {
        item.aspects.push(self.ty("type", &field.ty));
        item.aspects.extend(field.default.as_ref().map(|e| self.formula("default", e)));
        for (kind, bound) in &field.bounds {
            item.aspects.push(self.formula(kind.words(), bound));
        }
        item.aspects.extend(field.step.as_ref().map(|e| self.formula("step", e)));
        item.aspects.extend(field.whole.map(|_| self.word("whole", "true")));
        item.aspects.extend(field.unique.map(|_| self.word("unique", "true")));
    }

    fn rule(&self, rule: &Rule) -> Item {
        let table = rule.table.as_ref().map_or("", |t| &t.value);
        let mut item = self.item(Kind::Rule, table, &rule.name, &rule.notes);
        item.aspects.extend(rule.ty.as_ref().map(|ty| self.ty("type", ty)));
        if rule.private {
            item.aspects.push(self.word("private", "true"));
        }
        for (kind, bound) in &rule.bounds {
            item.aspects.push(self.formula(kind.words(), bound));
        }
        match &rule.body {
            RuleBody::Value(expr) => {
                item.aspects.push(self.formula("value", expr));
                self.spelling(&mut item, "formula", expr);
            }
            RuleBody::Cases { cases, otherwise } => {
                let mut order = Vec::new();
                for case in cases {
                    let (when, then) = (self.formula("", &case.when), self.formula("", &case.then));
                    let cite = case.cite.as_ref().map(|c| c.value.to_string());
                    order.push(when.normal.clone());
                    let what = format!("clause of `{}`", when.shown);
                    self.clause(&mut item, (format!("clause of `{}`", when.normal), what), cite.as_deref());
                    item.aspects.push(Aspect {
                        key: format!("case {}", when.normal),
                        what: format!("case `{}`", when.shown),
                        shown: then.shown,
                        normal: then.normal,
                        cite,
                    });
                }
                if let Some(otherwise) = otherwise {
                    let cite = otherwise.cite.as_ref().map(|c| c.value.to_string());
                    let what = "clause of `otherwise`".to_owned();
                    self.clause(&mut item, (what.clone(), what), cite.as_deref());
                    item.aspects.push(Aspect { cite, ..self.formula("otherwise", &otherwise.then) });
                }
                item.aspects.push(self.order(ORDER, &order));
            }
            RuleBody::All(requirements) => {
                let mut order = Vec::new();
                for requirement in requirements {
                    let cite = requirement.cite.as_ref().map(|c| c.value.to_string());
                    let what = format!("requirement `{}`", requirement.reason.value);
                    order.push(requirement.reason.value.to_string());
                    item.wording.push((format!("clause of {what}"), cite.clone().unwrap_or_default()));
                    item.aspects.push(Aspect { cite, ..self.formula(&what, &requirement.require) });
                }
                if self.asked.reasons.contains(&item.name) {
                    item.aspects.push(self.order(ORDER_OF_REASONS, &order));
                } else {
                    item.wording.push((ORDER_OF_REASONS.to_owned(), order.join("\n")));
                }
            }
            RuleBody::Allocate(allocate) => {
                let parts = [("parts", &allocate.parts), ("step", &allocate.step), ("ties", &allocate.ties)];
                item.aspects.extend(parts.map(|(what, expr)| self.formula(what, expr)));
                item.aspects.extend(allocate.within.as_ref().map(|e| self.formula("within", e)));
            }
        }
        item
    }
}

/// The aspect that holds the conditions of cases in their order.
const ORDER: &str = "order of cases";
/// The aspect that holds reasons in their order.
const ORDER_OF_REASONS: &str = "order of requirements";

impl Aspect {
    /// Whether it is an order of things that are compared one by one beside it.
    pub fn is_order(&self) -> bool {
        self.key == ORDER || self.key == ORDER_OF_REASONS
    }
}

fn checked_term<'p>(program: &'p Program, name: &Name) -> Option<&'p crate::ir::Term> {
    program.terms.iter().find(|t| t.name.value == name.value)
}

fn texts(cite: &[Spanned<Arc<str>>]) -> Vec<String> {
    cite.iter().map(|c| c.value.to_string()).collect()
}
