//! The first pass: every definition by name, with its declared type.

use super::globals::{
    FunctionInfo, Global, Globals, Member, Progress, RecordInfo, RuleInfo, Standing, TableInfo,
};
use super::types;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, meant};
use crate::ir::{Assumption, Field, Program, RuleId};
use crate::limits::Limits;
use crate::plan::{self, Document, InputKind};
use crate::source::{Name, Span, Spanned};
use crate::value::{EnumType, Type};
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Collects a plan's definitions.
pub fn declare(document: Document, limits: &Limits) -> Globals {
    let document = Arc::new(document);
    let mut globals = Globals {
        document: Arc::clone(&document),
        diagnostics: Diagnostics::new(),
        confined: 0,
        program: header(&document),
        items: IndexMap::new(),
        aliases: IndexMap::new(),
        records: Vec::new(),
        tables: Vec::new(),
        terms: Vec::new(),
        terms_checked: 0,
        functions: Vec::new(),
        rules: Vec::new(),
        waiting: Vec::new(),
        circles: Vec::new(),
        named_circles: Vec::new(),
        unbounded: false,
        edges: BTreeMap::new(),
        broken: document
            .broken
            .iter()
            .map(|n| Arc::clone(&n.value))
            .chain(document.lost.iter().cloned())
            .collect(),
        touched: IndexSet::new(),
        meant: BTreeSet::new(),
        rule_types: Vec::new(),
        gaps: Vec::new(),
        max_depth: limits.depth,
        constants: Limits { steps: limits.constant_steps, values: limits.constant_values, ..*limits },
    };
    // What could not be read is known by name, so that its uses are not faults too.
    for name in &globals.broken {
        globals.items.insert(Arc::clone(name), Global::Broken);
    }
    // Tables come first by name: types may refer to them.
    let scalars = Spanned::new(Arc::from(""), Span::default());
    globals.records.push(RecordInfo {
        name: scalars,
        optional: false,
        fields: Vec::new(),
        implications: Vec::new(),
        uncertain: false,
    });
    for input in &document.inputs {
        if let InputKind::Table { .. } = input.kind {
            globals.tables.push(TableInfo {
                name: input.name.clone(),
                key: Vec::new(),
                fields: Vec::new(),
                rules: IndexMap::new(),
                implications: Vec::new(),
                uncertain: false,
            });
        }
    }
    for alias in &document.types {
        match types::resolve(&globals, &alias.ty) {
            Ok(ty) => {
                let ty = if globals.is_bounded(&ty, &alias.name) { ty } else { Type::Never };
                globals.aliases.insert(Arc::clone(&alias.name.value), ty);
            }
            Err(fault) => {
                // Its uses are no further faults.
                globals.aliases.insert(Arc::clone(&alias.name.value), Type::Never);
                globals.diagnostics.push(*fault);
            }
        }
    }
    assumptions(&mut globals);
    inputs(&mut globals);
    references(&mut globals);
    for (index, term) in document.terms.iter().enumerate() {
        globals.items.insert(Arc::clone(&term.name.value), Global::Term(index));
        globals.terms.push(None);
    }
    for (index, import) in document.calendars.iter().enumerate() {
        globals.items.insert(Arc::clone(&import.name.value), Global::Calendar(index));
        globals.program.calendars.push(Arc::clone(&import.calendar));
        globals.program.calendar_names.push(import.name.clone());
    }
    functions(&mut globals);
    rules(&mut globals);
    globals
}

fn header(document: &Document) -> Program {
    let header = &document.header;
    Program {
        sources: document.sources.clone(),
        id: Arc::clone(&header.id),
        title: Arc::clone(&header.title),
        source: header.source.clone(),
        about: header.about.clone(),
        language: header.language,
        units: header.units.clone(),
        fixtures: document.fixtures.clone(),
        mutants: document.mutants.clone(),
        currencies: header.currencies.iter().map(|c| (Arc::clone(&c.code.value), c.decimals)).collect(),
        month_end: document.conventions.month_end.as_ref().map(|m| m.value),
        rounding: document.conventions.rounding.as_ref().map(|r| r.value),
        ..Program::default()
    }
}

fn assumptions(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    for assumption in &document.assumptions {
        let values: Vec<Arc<str>> = assumption.readings.iter().map(|(n, _)| Arc::clone(&n.value)).collect();
        let chosen = values.iter().position(|v| *v == assumption.chosen.value).unwrap_or(0);
        globals.program.assumptions.push(Assumption {
            name: assumption.name.clone(),
            readings: Arc::new(EnumType { values }),
            meanings: assumption.readings.iter().map(|(_, m)| Arc::clone(m)).collect(),
            chosen,
            cite: plain(&assumption.notes.cite),
            about: assumption.notes.about.clone(),
            change: assumption.notes.approval(),
        });
    }
}

/// Citations without their places.
pub fn plain(cite: &[Spanned<Arc<str>>]) -> Vec<Arc<str>> {
    cite.iter().map(|c| Arc::clone(&c.value)).collect()
}

fn inputs(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    let mut table = 0_usize;
    for input in &document.inputs {
        let name = Arc::clone(&input.name.value);
        match &input.kind {
            InputKind::Scalar(field) => {
                let resolved = resolve_field(globals, field);
                if let Some(scalars) = globals.records.first_mut() {
                    globals.items.insert(name, Global::Scalar(scalars.fields.len()));
                    scalars.fields.push(resolved);
                }
            }
            InputKind::Record { optional, fields, .. } => {
                let fields = fields.iter().map(|f| resolve_field(globals, f)).collect();
                globals.items.insert(name, Global::Record(globals.records.len()));
                globals.records.push(RecordInfo {
                    name: input.name.clone(),
                    optional: *optional,
                    fields,
                    implications: Vec::new(),
                    uncertain: false,
                });
            }
            InputKind::Table { key, fields, .. } => {
                let resolved: Vec<Field> = fields.iter().map(|f| resolve_field(globals, f)).collect();
                let defaults: Vec<Option<Span>> =
                    fields.iter().map(|f| f.default.as_ref().map(|d| d.span)).collect();
                let key = key_of(globals, &input.name, key, &resolved, &defaults);
                globals.items.insert(name, Global::Table(table));
                if let Some(info) = globals.tables.get_mut(table) {
                    info.fields = resolved;
                    info.key = key;
                }
                table = table.saturating_add(1);
            }
        }
    }
}

/// A reference names the one field of a key, and a key that is itself a reference goes no further.
fn references(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    let mut faults = Diagnostics::new();
    for input in &document.inputs {
        for field in input.kind.fields() {
            let Ok(ty) = types::resolve(globals, &field.ty) else { continue };
            let target = match ty.required() {
                Type::Row(target) => *target,
                Type::List(item) => match item.required() {
                    Type::Row(target) => *target,
                    _ => continue,
                },
                _ => continue,
            };
            let Some(info) = globals.tables.get(target) else { continue };
            let name = &info.name.value;
            if info.key.len() > 1 {
                faults.push(
                    Diagnostic::error(Code::BadKey, format!("`{name}` cannot be referred to: its key has {} fields", info.key.len()))
                        .label(field.ty.span, "a reference names a key of one field")
                        .help("give that table a key of one field, or take the fields of the key here and look the row up"),
                );
            }
            let chained =
                info.key.iter().filter_map(|k| info.fields.get(*k)).any(|f| matches!(f.ty, Type::Row(_)));
            let own_key = matches!(&input.kind, InputKind::Table { key, .. } if key.iter().any(|k| k.value == field.name.value));
            if chained && own_key {
                faults.push(
                    Diagnostic::error(
                        Code::BadKey,
                        format!(
                            "the key `{}` refers to `{name}`, whose own key is a reference",
                            field.name.value
                        ),
                    )
                    .label(field.ty.span, "keys refer to keys")
                    .help("give one of the two tables a key of text"),
                );
            }
        }
    }
    globals.diagnostics.append(&mut faults);
}

fn resolve_field(globals: &mut Globals, field: &plan::Field) -> Field {
    let ty = match types::resolve(globals, &field.ty) {
        Ok(ty) => ty,
        Err(fault) => {
            globals.diagnostics.push(*fault);
            globals.confined = globals.confined.saturating_add(1);
            Type::Never
        }
    };
    if let Type::Record(_) | Type::Calendar = ty.required() {
        globals.diagnostics.push(
            Diagnostic::error(Code::WrongType, format!("the field `{}` cannot hold a `{ty}`", field.name.value))
                .label(field.ty.span, "not a type of data")
                .help("a field holds text, a date, a number, a boolean, one of some names, a reference to a table, or a list of these"),
        );
    }
    Field {
        name: field.name.clone(),
        ty,
        default: None,
        bounds: Vec::new(),
        step: None,
        unique: field.unique.is_some(),
        cite: plain(&field.notes.cite),
        about: field.notes.about.clone(),
    }
}

fn key_of(
    globals: &mut Globals,
    table: &Name,
    key: &[Name],
    fields: &[Field],
    defaults: &[Option<Span>],
) -> Vec<usize> {
    let mut indices = Vec::new();
    for name in key {
        let Some(index) = fields.iter().position(|f| f.name.value == name.value) else {
            // That there are no fields, or that this one cannot be read, is reported already.
            if fields.is_empty() || globals.is_broken(&name.value) {
                continue;
            }
            let near = meant(&name.value, fields.iter().map(|f| &*f.name.value));
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::BadKey,
                    format!("the table `{}` has no field `{}`", table.value, name.value),
                )
                .label(name.span, "the key must be one of its fields")
                .help_maybe(near),
            );
            continue;
        };
        let ty = fields.get(index).map(|f| &f.ty);
        if let Some(ty) = ty
            && !matches!(
                ty,
                Type::Text | Type::Date | Type::Number(_) | Type::Enum(_) | Type::Row(_) | Type::Never
            )
        {
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::BadKey,
                    format!("`{}` cannot be part of a key: its type is `{ty}`", name.value),
                )
                .label(name.span, "not a value that every row has")
                .help("a key's fields are text, dates, numbers, names or references, and never absent"),
            );
        }
        if let Some(default) = defaults.get(index).copied().flatten() {
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::BadKey,
                    format!("`{}` is part of a key and has a default", name.value),
                )
                .label(default, "a key is always given")
                .help("leave the default out: each row must say its own key"),
            );
        }
        indices.push(index);
    }
    indices
}

fn functions(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    for function in &document.functions {
        let mut params = Some(Vec::new());
        for (name, ty) in &function.params {
            match types::resolve(globals, ty) {
                Ok(ty) => {
                    if let Some(params) = &mut params {
                        params.push((name.clone(), ty));
                    }
                }
                Err(fault) => {
                    globals.diagnostics.push(*fault);
                    params = None;
                }
            }
        }
        let standing = declared(globals, function.ty.as_ref());
        globals.functions.push(FunctionInfo { name: function.name.clone(), params, standing, checked: None });
    }
}

/// What a function or rule declares of its type; one whose type has a fault is not checked further.
fn declared(globals: &mut Globals, ty: Option<&crate::syntax::ast::TypeExpr>) -> Standing {
    match ty.map(|ty| types::resolve(globals, ty)) {
        None => Standing { ty: None, progress: Progress::Waiting },
        Some(Ok(ty)) => Standing { ty: Some(ty), progress: Progress::Waiting },
        Some(Err(fault)) => {
            globals.diagnostics.push(*fault);
            Standing { ty: None, progress: Progress::Done }
        }
    }
}

fn rules(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    for (index, rule) in document.rules.iter().enumerate() {
        let id = RuleId(index);
        let standing = declared(globals, rule.ty.as_ref());
        let table =
            rule.table.as_ref().and_then(|t| globals.tables.iter().position(|i| i.name.value == t.value));
        globals.rules.push(RuleInfo { standing, table, checked: None });
        match table {
            Some(table) => {
                if let Some(info) = globals.tables.get_mut(table) {
                    info.rules.insert(Arc::clone(&rule.name.value), Member::Rule(id));
                }
            }
            None if rule.table.is_none() => {
                globals.items.insert(Arc::clone(&rule.name.value), Global::Rule(id));
            }
            None => {}
        }
    }
}
