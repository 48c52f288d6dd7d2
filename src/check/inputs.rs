//! Defaults, bounds, steps and conditions of inputs.

use super::calls::STEP;
use super::context::{Allowed, Context, has_fault};
use super::declare::plain;
use super::facts;
use super::globals::Globals;
use super::terms;
use crate::diagnostic::{Code, Diagnostic, meant};
use crate::eval::compare;
use crate::ir::{
    Bound, Condition, Expr, ExprKind, Field, Holder, Program, Record, SCALARS, Table, Use, uses,
};
use crate::number::Num;
use crate::plan::{self, BoundKind, InputKind};
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::{Type, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Checks every input and hands them to the program.
pub fn check(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    let (mut table, mut record, mut scalar) = (0_usize, SCALARS.saturating_add(1), 0_usize);
    let mut conditions: Vec<(Holder, Vec<Condition>)> = Vec::new();
    let mut notes: Vec<(Holder, &plan::Notes)> = Vec::new();
    for input in &document.inputs {
        match &input.kind {
            InputKind::Scalar(field) => {
                let resolved = field_of(globals, Holder::Record(SCALARS), scalar, field);
                set_field(globals, Holder::Record(SCALARS), scalar, resolved);
                scalar = scalar.saturating_add(1);
            }
            InputKind::Record { fields, require, .. } => {
                let holder = Holder::Record(record);
                all_fields(globals, holder, fields);
                notes.push((holder, &input.notes));
                conditions.push((holder, all_conditions(globals, holder, require)));
                record = record.saturating_add(1);
            }
            InputKind::Table { fields, require, .. } => {
                let holder = Holder::Table(table);
                all_fields(globals, holder, fields);
                notes.push((holder, &input.notes));
                conditions.push((holder, all_conditions(globals, holder, require)));
                table = table.saturating_add(1);
            }
        }
    }
    let of = |holder: Holder| {
        conditions.iter().find(|(h, _)| *h == holder).map(|(_, c)| c.clone()).unwrap_or_default()
    };
    let cite = |holder: Holder| {
        notes.iter().find(|(h, _)| *h == holder).map(|(_, n)| plain(&n.cite)).unwrap_or_default()
    };
    let about = |holder: Holder| notes.iter().find(|(h, _)| *h == holder).and_then(|(_, n)| n.about.clone());
    globals.program.records = globals
        .records
        .iter()
        .enumerate()
        .map(|(i, r)| Record {
            name: r.name.clone(),
            optional: r.optional,
            fields: r.fields.clone(),
            conditions: of(Holder::Record(i)),
            cite: cite(Holder::Record(i)),
            about: about(Holder::Record(i)),
        })
        .collect();
    globals.program.tables = globals
        .tables
        .iter()
        .enumerate()
        .map(|(i, t)| Table {
            name: t.name.clone(),
            key: t.key.clone(),
            fields: t.fields.clone(),
            conditions: of(Holder::Table(i)),
            cite: cite(Holder::Table(i)),
            about: about(Holder::Table(i)),
        })
        .collect();
    leave_out_faulty(&mut globals.program);
}

fn all_fields(globals: &mut Globals, holder: Holder, fields: &[plan::Field]) {
    for (index, field) in fields.iter().enumerate() {
        let resolved = field_of(globals, holder, index, field);
        set_field(globals, holder, index, resolved);
    }
}

fn set_field(globals: &mut Globals, holder: Holder, index: usize, field: Option<Field>) {
    let fields = match holder {
        Holder::Record(r) => globals.records.get_mut(r).map(|r| &mut r.fields),
        Holder::Table(t) => globals.tables.get_mut(t).map(|t| &mut t.fields),
    };
    if let (Some(slot), Some(field)) = (fields.and_then(|f| f.get_mut(index)), field) {
        *slot = field;
    }
}

/// A context that sees the row or the record's fields by their bare names.
fn context_of(globals: &mut Globals, holder: Holder) -> Context<'_> {
    match holder {
        Holder::Table(table) => Context::new(globals, Allowed::Data, Some(table)),
        Holder::Record(record) => {
            let mut context = Context::new(globals, Allowed::Data, None);
            if record != SCALARS {
                context.record = Some(record);
            }
            // Defaults and conditions of a record are asked only where it is there.
            let whole = Expr { kind: ExprKind::Record(record), ty: Type::Absent, span: Span::default() };
            let asked = Expr {
                kind: ExprKind::IsPresent(Box::new(whole), false),
                ty: Type::Bool,
                span: Span::default(),
            };
            context.facts = facts::of_condition(&asked).0;
            context
        }
    }
}

fn field_of(globals: &mut Globals, holder: Holder, index: usize, field: &plan::Field) -> Option<Field> {
    let mut resolved = globals.fields(holder).get(index).cloned()?;
    let ty = resolved.ty.required().clone();
    let name = format!("`{}`", field.name.value);
    if let Some(default) = &field.default {
        let mut context = context_of(globals, holder);
        let checked = context.check(default, &resolved.ty, &format!("the default of {name}"));
        context.finish();
        resolved.default = Some(checked);
    }
    resolved.bounds = bounds(globals, Some(holder), &field.name, &ty, &field.bounds);
    resolved.step = step_of(globals, field, &ty);
    if let (Some(default), Some(source)) = (&resolved.default, &field.default)
        && let ExprKind::Const(value) = &default.kind
        && let Some(broken) = resolved.bounds.iter().find(|b| !b.holds(value))
    {
        globals.diagnostics.push(
            Diagnostic::error(Code::BadRange, format!("the default of {name} is outside its own bounds"))
                .label(source.span, "the default")
                .label(broken.span, format!("must be {} this", broken.kind.words()))
                .help("mend the default or the bound"),
        );
    }
    Some(resolved)
}

fn step_of(globals: &mut Globals, field: &plan::Field, ty: &Type) -> Option<Num> {
    let at = field.whole.or_else(|| field.step.as_ref().map(|s| s.span))?;
    let Type::Number(_) = ty else {
        if *ty != Type::Never {
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::BadRange,
                    format!("`{}` cannot have a step: its type is `{ty}`", field.name.value),
                )
                .label(at, "for numbers only")
                .help("leave `whole` and `step` out"),
            );
        }
        return None;
    };
    if field.whole.is_some() {
        return Some(Num::ONE);
    }
    let place = format!("the step of `{}`", field.name.value);
    match terms::constant(globals, field.step.as_ref()?, Some(ty), &place) {
        Some((_, Value::Number(step))) if step.is_positive() => Some(step),
        Some(_) => {
            globals.diagnostics.push(
                Diagnostic::error(Code::BadRange, format!("{place} must be above zero"))
                    .label(at, "not above zero")
                    .help(STEP),
            );
            None
        }
        None => None,
    }
}

/// The bounds of a field, or of a rule's conclusion where there is no holder.
pub(super) fn bounds(
    globals: &mut Globals,
    holder: Option<Holder>,
    name: &Name,
    ty: &Type,
    written: &[(BoundKind, ast::Expr)],
) -> Vec<Bound> {
    let of = format!("`{}`", name.value);
    let mut bounds = Vec::new();
    for (kind, expr) in written {
        if !matches!(ty, Type::Number(_) | Type::Date | Type::Never) {
            globals.diagnostics.push(
                Diagnostic::error(Code::BadRange, format!("{of} cannot have bounds: its type is `{ty}`"))
                    .label(expr.span, "a bound")
                    .help("bounds are for numbers and dates"),
            );
            continue;
        }
        let place = format!("a bound of {of}");
        if let Some((_, value)) = terms::constant_beside(globals, holder, expr, Some(ty), &place) {
            bounds.push(Bound { kind: *kind, value, span: expr.span });
        }
    }
    contradiction(globals, name, &bounds);
    bounds
}

fn contradiction(globals: &mut Globals, name: &Name, bounds: &[Bound]) {
    let least = bounds.iter().filter(|b| matches!(b.kind, BoundKind::Min | BoundKind::Above));
    for low in least {
        for high in bounds.iter().filter(|b| matches!(b.kind, BoundKind::Max | BoundKind::Below)) {
            let strict = low.kind == BoundKind::Above || high.kind == BoundKind::Below;
            let order = compare(&low.value, &high.value);
            if order == Some(Ordering::Greater) || (order == Some(Ordering::Equal) && strict) {
                let message = format!("no value of `{}` can satisfy its bounds", name.value);
                globals.diagnostics.push(
                    Diagnostic::error(Code::BadRange, message)
                        .label(low.span, format!("{} this", low.kind.words()))
                        .label(high.span, format!("and {} this", high.kind.words()))
                        .help("mend one of the bounds"),
                );
            }
        }
    }
}

fn all_conditions(globals: &mut Globals, holder: Holder, conditions: &[plan::Condition]) -> Vec<Condition> {
    let mut checked = Vec::new();
    for condition in conditions {
        let that = one_condition(globals, holder, &condition.that);
        let fields: Vec<Arc<str>> =
            globals.fields(holder).iter().map(|f| Arc::clone(&f.name.value)).collect();
        let Some(field) = fields.iter().position(|f| *f == condition.field.value) else {
            if globals.is_broken(&condition.field.value) {
                continue;
            }
            let near = meant(&condition.field.value, fields.iter().map(|f| &**f));
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::UnknownField,
                    format!("there is no field `{}` to blame", condition.field.value),
                )
                .label(condition.field.span, "no such field")
                .help_maybe(
                    near.or_else(|| Some(format!("name one of {}", super::context::quoted(&fields)))),
                ),
            );
            continue;
        };
        let fault = has_fault(&that);
        match holder {
            Holder::Record(r) => globals.records.get_mut(r).map(|r| &mut r.uncertain),
            Holder::Table(t) => globals.tables.get_mut(t).map(|t| &mut t.uncertain),
        }
        .into_iter()
        .for_each(|uncertain| *uncertain |= fault);
        let found = facts::implications(&that, &|e| field_index(e, holder));
        let known = match holder {
            Holder::Record(r) => globals.records.get_mut(r).map(|r| &mut r.implications),
            Holder::Table(t) => globals.tables.get_mut(t).map(|t| &mut t.implications),
        };
        if let Some(known) = known {
            known.extend(found);
        }
        checked.push(Condition { that, field, message: Arc::clone(&condition.message) });
    }
    checked
}

fn one_condition(globals: &mut Globals, holder: Holder, expr: &ast::Expr) -> Expr {
    let mut context = context_of(globals, holder);
    let checked = context.condition(expr, "`that`");
    context.finish();
    checked
}

/// The field of the holder's own row or record that a part of a condition reads.
fn field_index(expr: &Expr, holder: Holder) -> Option<usize> {
    match (&expr.kind, holder) {
        (ExprKind::RowField(base, field), Holder::Table(_)) => {
            matches!(base.kind, ExprKind::Local(0)).then_some(*field)
        }
        (ExprKind::Input { record, field }, Holder::Record(own)) => (*record == own).then_some(*field),
        _ => None,
    }
}

/// Leaves out what nothing can be said about data by: conditions with a fault, and fields whose default
/// has one, as far as that follows from others.
fn leave_out_faulty(program: &mut Program) {
    let unknown = unknown_fields(program);
    let records = program.records.iter_mut().map(|r| (&mut r.fields, &mut r.conditions));
    for (fields, conditions) in
        records.chain(program.tables.iter_mut().map(|t| (&mut t.fields, &mut t.conditions)))
    {
        conditions.retain(|condition| !is_in_doubt(&condition.that, &unknown));
        for field in fields {
            if field.default.as_ref().is_some_and(|default| is_in_doubt(default, &unknown)) {
                field.ty = Type::Never;
            }
        }
    }
}

/// The fields of which not even the type is known.
fn unknown_fields(program: &Program) -> Vec<Use> {
    let never = |fields: &[Field]| -> Vec<usize> {
        fields.iter().enumerate().filter(|(_, f)| f.ty == Type::Never).map(|(index, _)| index).collect()
    };
    let records = program.records.iter().enumerate();
    let of_records =
        records.flat_map(|(i, r)| never(&r.fields).into_iter().map(move |field| Use::RecordField(i, field)));
    let tables = program.tables.iter().enumerate();
    let of_tables =
        tables.flat_map(|(i, t)| never(&t.fields).into_iter().map(move |field| Use::TableField(i, field)));
    of_records.chain(of_tables).collect()
}

fn is_in_doubt(formula: &Expr, unknown: &[Use]) -> bool {
    let mut reads_unknown = false;
    uses(formula, &mut |found| reads_unknown |= unknown.contains(&found));
    reads_unknown || has_fault(formula)
}
