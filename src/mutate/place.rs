//! Where a plan can be changed: its definitions, and the formulas of each.

use crate::plan::document::{BoundKind, Document, Field, InputKind, RuleBody};
use crate::source::Name;
use crate::syntax::ast::Expr;
use std::sync::Arc;

/// A definition of a plan, by its place in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A version of a term.
    Term(usize, usize),
    /// The default of a field: the input, and the field.
    Default(usize, usize),
    /// The bounds and the step of a field: the input, and the field.
    Bounds(usize, usize),
    /// A condition of an input: the input, and the condition.
    Condition(usize, usize),
    /// A function.
    Function(usize),
    /// A rule.
    Rule(usize),
    /// The range of a rule.
    Range(usize),
}

/// What a formula is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It gives a value.
    Value,
    /// It decides something.
    Condition,
}

/// Every definition, in the order of the document.
pub fn places(document: &Document) -> Vec<Place> {
    let mut places = Vec::new();
    for (term, found) in document.terms.iter().enumerate() {
        places.extend((0..found.versions.len()).map(|version| Place::Term(term, version)));
    }
    for (input, found) in document.inputs.iter().enumerate() {
        for field in 0..found.kind.fields().len() {
            places.extend([Place::Default(input, field), Place::Bounds(input, field)]);
        }
        places.extend((0..found.kind.conditions().len()).map(|condition| Place::Condition(input, condition)));
    }
    places.extend((0..document.functions.len()).map(Place::Function));
    for rule in 0..document.rules.len() {
        places.extend([Place::Rule(rule), Place::Range(rule)]);
    }
    places
}

impl Place {
    /// The definition as people name it: `participants.refund`.
    pub fn name(self, document: &Document) -> String {
        let name = |name: Option<&Name>| name.map(|n| n.value.to_string()).unwrap_or_default();
        match self {
            Self::Term(term, _) => name(document.terms.get(term).map(|t| &t.name)),
            Self::Default(input, field) | Self::Bounds(input, field) => {
                let input = document.inputs.get(input);
                let field = input.and_then(|i| i.kind.fields().get(field)).map(|f| &f.name);
                member(input.map(|i| (&i.name, &i.kind)), name(field))
            }
            Self::Condition(input, condition) => {
                let input = document.inputs.get(input);
                let field = input.and_then(|i| i.kind.conditions().get(condition)).map(|c| &c.field);
                member(input.map(|i| (&i.name, &i.kind)), name(field))
            }
            Self::Function(function) => name(document.functions.get(function).map(|f| &f.name)),
            Self::Rule(rule) | Self::Range(rule) => {
                let Some(rule) = document.rules.get(rule) else { return String::new() };
                let table = rule.table.as_ref().map(|t| format!("{}.", t.value)).unwrap_or_default();
                format!("{table}{}", rule.name.value)
            }
        }
    }

    /// What kind of definition it is.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Term(..) => "term",
            Self::Default(..) => "default",
            Self::Bounds(..) => "bound",
            Self::Condition(..) => "condition",
            Self::Function(_) => "function",
            Self::Rule(_) => "rule",
            Self::Range(_) => "range",
        }
    }

    /// The clauses of the definition.
    pub fn cite(self, document: &Document) -> Vec<Arc<str>> {
        let plain = |notes: &crate::plan::document::Notes| -> Vec<Arc<str>> {
            notes.cite.iter().map(|c| Arc::clone(&c.value)).collect()
        };
        match self {
            Self::Term(term, _) => document.terms.get(term).map(|t| plain(&t.notes)),
            Self::Default(input, field) | Self::Bounds(input, field) => document.inputs.get(input).map(|i| {
                let own = i.kind.fields().get(field).map(|f| plain(&f.notes)).unwrap_or_default();
                if own.is_empty() { plain(&i.notes) } else { own }
            }),
            Self::Condition(input, _) => document.inputs.get(input).map(|i| plain(&i.notes)),
            Self::Function(function) => document.functions.get(function).map(|f| plain(&f.notes)),
            Self::Rule(rule) | Self::Range(rule) => document.rules.get(rule).map(|r| plain(&r.notes)),
        }
        .unwrap_or_default()
    }

    /// The formulas of the definition, with the clause that each has of its own.
    pub fn formulas(self, document: &Document) -> Vec<Formula<'_>> {
        let mut found = Vec::new();
        let mut add = |expr, role, cite: Option<&Arc<str>>| {
            found.push(Formula { expr, role, cite: cite.cloned() });
        };
        match self {
            Self::Term(term, version) => {
                let version = document.terms.get(term).and_then(|t| t.versions.get(version));
                version.into_iter().for_each(|v| add(&v.value, Role::Value, None));
            }
            Self::Default(input, field) => {
                let field = document.inputs.get(input).and_then(|i| i.kind.fields().get(field));
                field.and_then(|f| f.default.as_ref()).into_iter().for_each(|d| add(d, Role::Value, None));
            }
            Self::Bounds(input, field) => {
                let field = document.inputs.get(input).and_then(|i| i.kind.fields().get(field));
                for bound in field.into_iter().flat_map(|f| f.bounds.iter().map(|(_, b)| b).chain(&f.step)) {
                    add(bound, Role::Value, None);
                }
            }
            Self::Range(rule) => {
                let rule = document.rules.get(rule);
                rule.into_iter().flat_map(|r| &r.bounds).for_each(|(_, b)| add(b, Role::Value, None));
            }
            Self::Condition(input, condition) => {
                let condition = document.inputs.get(input).and_then(|i| i.kind.conditions().get(condition));
                condition.into_iter().for_each(|c| add(&c.that, Role::Condition, None));
            }
            Self::Function(function) => {
                let function = document.functions.get(function);
                function.into_iter().for_each(|f| add(&f.body, Role::Value, None));
            }
            Self::Rule(rule) => match document.rules.get(rule).map(|r| &r.body) {
                None => {}
                Some(RuleBody::Value(value)) => add(value, Role::Value, None),
                Some(RuleBody::Cases { cases, otherwise }) => {
                    for case in cases {
                        let cite = case.cite.as_ref().map(|c| &c.value);
                        add(&case.when, Role::Condition, cite);
                        add(&case.then, Role::Value, cite);
                    }
                    if let Some(last) = otherwise {
                        add(&last.then, Role::Value, last.cite.as_ref().map(|c| &c.value));
                    }
                }
                Some(RuleBody::All(all)) => {
                    let cite = |c: Option<&crate::source::Spanned<Arc<str>>>| c.map(|c| Arc::clone(&c.value));
                    for one in all {
                        add(&one.require, Role::Condition, cite(one.cite.as_ref()).as_ref());
                    }
                }
                Some(RuleBody::Allocate(all)) => {
                    for part in [&all.parts, &all.step, &all.ties].into_iter().chain(&all.within) {
                        add(part, Role::Value, None);
                    }
                }
            },
        }
        found
    }

    /// The same formulas, to change them.
    pub fn formulas_mut(self, document: &mut Document) -> Vec<&mut Expr> {
        match self {
            Self::Term(term, version) => {
                let version = document.terms.get_mut(term).and_then(|t| t.versions.get_mut(version));
                version.into_iter().map(|v| &mut v.value).collect()
            }
            Self::Default(input, field) => {
                field_mut(document, input, field).and_then(|f| f.default.as_mut()).into_iter().collect()
            }
            Self::Bounds(input, field) => {
                let field = field_mut(document, input, field).into_iter();
                field.flat_map(|f| f.bounds.iter_mut().map(|(_, bound)| bound).chain(&mut f.step)).collect()
            }
            Self::Range(rule) => {
                let rule = document.rules.get_mut(rule).into_iter();
                rule.flat_map(|r| &mut r.bounds).map(|(_, bound)| bound).collect()
            }
            Self::Condition(input, condition) => {
                let input = document.inputs.get_mut(input);
                let condition = input.and_then(|i| i.kind.conditions_mut().get_mut(condition));
                condition.into_iter().map(|c| &mut c.that).collect()
            }
            Self::Function(function) => {
                document.functions.get_mut(function).into_iter().map(|f| &mut f.body).collect()
            }
            Self::Rule(rule) => match document.rules.get_mut(rule).map(|r| &mut r.body) {
                None => Vec::new(),
                Some(RuleBody::Value(value)) => vec![value],
                Some(RuleBody::Cases { cases, otherwise }) => {
                    let cases = cases.iter_mut().flat_map(|c| [&mut c.when, &mut c.then]);
                    cases.chain(otherwise.as_mut().map(|o| &mut o.then)).collect()
                }
                Some(RuleBody::All(all)) => all.iter_mut().map(|r| &mut r.require).collect(),
                Some(RuleBody::Allocate(all)) => {
                    let parts = [&mut all.parts, &mut all.step, &mut all.ties];
                    parts.into_iter().chain(&mut all.within).collect()
                }
            },
        }
    }
}

fn field_mut(document: &mut Document, input: usize, field: usize) -> Option<&mut Field> {
    document.inputs.get_mut(input)?.kind.fields_mut().get_mut(field)
}

impl Place {
    /// The bounds of the definition: of a field, or of a rule.
    pub fn bounds(self, document: &Document) -> &[(BoundKind, Expr)] {
        match self {
            Self::Bounds(input, field) => {
                let input = document.inputs.get(input);
                input.and_then(|i| i.kind.fields().get(field)).map_or(&[], |f| &f.bounds)
            }
            Self::Range(rule) => document.rules.get(rule).map_or(&[], |r| &r.bounds),
            _ => &[],
        }
    }

    /// The same bounds, to change them.
    pub fn bounds_mut(self, document: &mut Document) -> Option<&mut Vec<(BoundKind, Expr)>> {
        match self {
            Self::Bounds(input, field) => field_mut(document, input, field).map(|f| &mut f.bounds),
            Self::Range(rule) => document.rules.get_mut(rule).map(|r| &mut r.bounds),
            _ => None,
        }
    }
}

/// A field as people name it: with its record or table, where it has one.
fn member(input: Option<(&Name, &InputKind)>, field: String) -> String {
    match input {
        Some((_, InputKind::Scalar(_))) | None => field,
        Some((input, _)) => format!("{}.{field}", input.value),
    }
}

/// A formula of a definition.
pub struct Formula<'d> {
    /// The formula.
    pub expr: &'d Expr,
    /// What it is for.
    pub role: Role,
    /// Its own clause.
    pub cite: Option<Arc<str>>,
}
