//! What is known where a formula stands: values that are present, enumerations narrowed to some names.

use crate::ir::{Expr, ExprKind};
use crate::syntax::ast::CmpOp;
use crate::value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of an enumeration.
pub type Names = BTreeSet<Arc<str>>;

/// Facts by path; a path names a value that cannot change while a formula is evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    present: BTreeSet<String>,
    one_of: BTreeMap<String, Names>,
}

impl Facts {
    /// Whether the value with this path is known to be present.
    pub fn is_present(&self, path: &str) -> bool {
        self.present.contains(path)
    }

    /// The names that the value with this path can have, where some are ruled out.
    pub fn one_of(&self, path: &str) -> Option<&Names> {
        self.one_of.get(path)
    }

    /// Whether some value can have no name left: what holds these facts is never reached.
    pub fn is_impossible(&self) -> bool {
        self.one_of.values().any(BTreeSet::is_empty)
    }

    /// Both these facts and the others.
    pub fn and(mut self, other: &Self) -> Self {
        self.present.extend(other.present.iter().cloned());
        for (path, names) in &other.one_of {
            let narrowed = match self.one_of.get(path) {
                Some(known) => known.intersection(names).cloned().collect(),
                None => names.clone(),
            };
            self.one_of.insert(path.clone(), narrowed);
        }
        self
    }

    /// What holds whichever of the two does.
    pub fn or(&self, other: &Self) -> Self {
        let present = self.present.intersection(&other.present).cloned().collect();
        let one_of = self
            .one_of
            .iter()
            .filter_map(|(path, names)| {
                let others = other.one_of.get(path)?;
                Some((path.clone(), names.union(others).cloned().collect()))
            })
            .collect();
        Self { present, one_of }
    }

    /// Drops what is known of a variable's slot, when it is used anew.
    pub fn forget_slot(&mut self, slot: usize) {
        let root = format!("l{slot}");
        let other = |path: &str| {
            !path.split(['(', ',', ')']).any(|part| {
                part.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.present.retain(|p| other(p));
        self.one_of.retain(|p, _| other(p));
    }

    fn presence(expr: &Expr) -> Self {
        let mut facts = Self::default();
        let mut at = Some(expr);
        while let Some(e) = at {
            if let Some(path) = path(e) {
                facts.present.insert(path);
            }
            if let ExprKind::Input { record, .. } = e.kind {
                facts.present.insert(format!("i{record}"));
            }
            at = match &e.kind {
                ExprKind::RowField(base, _) | ExprKind::RowRule(base, _) | ExprKind::RecordField(base, _) => {
                    Some(base)
                }
                _ => None,
            };
        }
        facts
    }
}

/// The path of a value, where it has one: a variable, an input, a conclusion, a field of these, or a
/// function of such values (functions are pure).
pub fn path(expr: &Expr) -> Option<String> {
    Some(match &expr.kind {
        ExprKind::Local(slot) => format!("l{slot}"),
        ExprKind::Input { record, field } => format!("i{record}.{field}"),
        ExprKind::Record(record) => format!("i{record}"),
        ExprKind::Rule(id) => format!("r{}", id.0),
        ExprKind::Assumption(id) => format!("a{id}"),
        ExprKind::RowField(base, field) => format!("{}.f{field}", path(base)?),
        ExprKind::RowRule(base, id) => format!("{}.r{}", path(base)?, id.0),
        ExprKind::RecordField(base, field) => format!("{}.c{field}", path(base)?),
        ExprKind::Call(id, args) => format!("c{}({})", id.0, paths(args)?),
        ExprKind::Lookup(table, keys) => format!("k{table}({})", paths(keys)?),
        ExprKind::Const(Value::Date(date)) => date.to_string(),
        ExprKind::Const(Value::Symbol(name)) => format!("'{name}"),
        ExprKind::Const(Value::Text(text)) => format!("{text:?}"),
        ExprKind::Const(Value::Number(number)) => number.to_string(),
        _ => return None,
    })
}

fn paths(args: &[Expr]) -> Option<String> {
    Some(args.iter().map(path).collect::<Option<Vec<_>>>()?.join(","))
}

/// What is known where a condition is true, and where it is false.
pub fn of_condition(condition: &Expr) -> (Facts, Facts) {
    match &condition.kind {
        ExprKind::Not(inner) => {
            let (yes, no) = of_condition(inner);
            (no, yes)
        }
        ExprKind::And(a, b) => {
            let ((a_yes, a_no), (b_yes, b_no)) = (of_condition(a), of_condition(b));
            (a_yes.clone().and(&b_yes), a_no.or(&a_yes.and(&b_no)))
        }
        ExprKind::Or(a, b) => {
            let ((a_yes, a_no), (b_yes, b_no)) = (of_condition(a), of_condition(b));
            (a_yes.or(&a_no.clone().and(&b_yes)), a_no.and(&b_no))
        }
        ExprKind::IsPresent(value, negated) => {
            let present = Facts::presence(value);
            if *negated { (Facts::default(), present) } else { (present, Facts::default()) }
        }
        ExprKind::Compare(first, rest) => match rest.as_slice() {
            [(CmpOp::Eq, other)] => of_equality(first, other),
            [(CmpOp::Ne, other)] => {
                let (yes, no) = of_equality(first, other);
                (no, yes)
            }
            _ => (Facts::default(), Facts::default()),
        },
        ExprKind::In(item, list, negated) => {
            let names = match &list.kind {
                ExprKind::List(items) => items.iter().map(symbol).collect::<Option<Names>>(),
                _ => None,
            };
            let (yes, no) = names.map_or_else(Default::default, |names| of_names(item, &names));
            if *negated { (no, yes) } else { (yes, no) }
        }
        _ => (Facts::default(), Facts::default()),
    }
}

fn symbol(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Const(Value::Symbol(name)) => Some(Arc::clone(name)),
        _ => None,
    }
}

fn of_equality(a: &Expr, b: &Expr) -> (Facts, Facts) {
    let (value, name) = match (symbol(a), symbol(b)) {
        (None, Some(name)) => (a, name),
        (Some(name), None) => (b, name),
        _ => return Default::default(),
    };
    of_names(value, &Names::from([name]))
}

/// What is known where an enumeration's value is one of some names, and where it is none of them.
pub fn of_names(value: &Expr, names: &Names) -> (Facts, Facts) {
    let (Type::Enum(all), Some(path)) = (value.ty.required(), path(value)) else {
        return Default::default();
    };
    let others = all.values.iter().filter(|v| !names.contains(*v)).cloned().collect();
    let with = |names: Names| Facts { one_of: BTreeMap::from([(path.clone(), names)]), ..Facts::default() };
    (with(names.clone()), with(others))
}

/// From a data condition `A or x is present`: the field `x` is present unless the enumeration's field
/// has one of the names.
#[derive(Clone, Debug)]
pub struct Implication {
    /// The enumeration's field.
    pub of: usize,
    /// Where it has one of these names, nothing follows.
    pub unless: Names,
    /// The field that is present otherwise.
    pub present: usize,
}

/// Reads implications out of a data condition; `field_of` answers the index of a field of the row or
/// record that the condition is about.
pub fn implications(condition: &Expr, field_of: &dyn Fn(&Expr) -> Option<usize>) -> Vec<Implication> {
    let ExprKind::Or(a, b) = &condition.kind else { return Vec::new() };
    let mut found = Vec::new();
    for (enumeration, presence) in [(a, b), (b, a)] {
        let ExprKind::IsPresent(value, false) = &presence.kind else { continue };
        let subject = match &enumeration.kind {
            ExprKind::Compare(first, rest) => match rest.as_slice() {
                [(_, other)] => {
                    if symbol(first).is_some() {
                        Some(other)
                    } else {
                        Some(&**first)
                    }
                }
                _ => None,
            },
            ExprKind::In(item, _, _) => Some(&**item),
            _ => None,
        };
        let Some(subject) = subject else { continue };
        let (yes, _) = of_condition(enumeration);
        let names = path(subject).and_then(|p| yes.one_of(&p).cloned());
        if let (Some(names), Some(of), Some(present)) = (names, field_of(subject), field_of(value)) {
            found.push(Implication { of, unless: names, present });
        }
    }
    found
}
