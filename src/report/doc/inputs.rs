//! Inputs as entries of the page, and calendars.

use super::items::Maker;
use super::model::{CalendarEntry, Condition, Field, HolderEntry, HolderKind, Limit};
use super::words::{clean, imported_from, type_text, value_text};
use crate::ir::{self, Expectation, Holder, SCALARS, Use};
use crate::source::Name;
use crate::value::{Type, Value};
use std::sync::Arc;

/// What records and tables have in common.
struct Parts<'a> {
    holder: Holder,
    name: &'a Name,
    fields: &'a [ir::Field],
    conditions: &'a [ir::Condition],
    cite: &'a [Arc<str>],
    about: Option<&'a Arc<str>>,
}

impl Maker<'_> {
    /// Every input: single values, records, tables.
    pub fn inputs(&self) -> Vec<HolderEntry> {
        let mut found = Vec::new();
        for (index, record) in self.program.records.iter().enumerate() {
            if index == SCALARS && record.fields.is_empty() {
                continue;
            }
            let kind = if index == SCALARS { HolderKind::Scalars } else { HolderKind::Record };
            let parts = Parts {
                holder: Holder::Record(index),
                name: &record.name,
                fields: &record.fields,
                conditions: &record.conditions,
                cite: &record.cite,
                about: record.about.as_ref(),
            };
            let used_by = self.users(Use::Record(index));
            found.push(HolderEntry { optional: record.optional, used_by, ..self.holder(kind, &parts, &[]) });
        }
        for (index, table) in self.program.tables.iter().enumerate() {
            let parts = Parts {
                holder: Holder::Table(index),
                name: &table.name,
                fields: &table.fields,
                conditions: &table.conditions,
                cite: &table.cite,
                about: table.about.as_ref(),
            };
            let used_by = self.users(Use::Table(index));
            found.push(HolderEntry { used_by, ..self.holder(HolderKind::Table, &parts, &table.key) });
        }
        found
    }

    fn holder(&self, kind: HolderKind, parts: &Parts<'_>, key: &[usize]) -> HolderEntry {
        let condition = |c: &ir::Condition| Condition {
            that: self.formulas.formula(c.that.span),
            field: self.anchors.field(parts.holder, c.field),
            message: clean(&c.message),
        };
        let from =
            if kind == HolderKind::Scalars { None } else { imported_from(self.program, parts.name.span) };
        let fields = parts.fields.iter().enumerate();
        HolderEntry {
            id: self.anchors.holder(parts.holder).id,
            name: clean(&parts.name.value),
            kind,
            optional: false,
            key: key.iter().map(|index| self.anchors.field(parts.holder, *index)).collect(),
            from,
            cite: self.anchors.cites(parts.cite),
            about: parts.about.map(|a| clean(a)),
            fields: fields.map(|(i, f)| self.field(parts.holder, i, f, key == [i])).collect(),
            conditions: parts.conditions.iter().map(condition).collect(),
            used_by: Vec::new(),
        }
    }

    fn field(&self, holder: Holder, index: usize, field: &ir::Field, alone: bool) -> Field {
        let link = self.anchors.field(holder, index);
        let used = Use::field(holder, index);
        let key = match holder {
            Holder::Table(table) => self.program.tables.get(table).is_some_and(|t| t.key.contains(&index)),
            Holder::Record(_) => false,
        };
        let required = field.ty.required();
        let refers = match required {
            Type::Row(table) => Some(self.anchors.holder(Holder::Table(*table))),
            _ => None,
        };
        let refused =
            |t: &ir::Test| matches!(&t.expect, Expectation::Refused(name) if *name.value == *link.text);
        let ty = match &refers {
            Some(table) => format!("ref {}", table.text),
            None => type_text(self.program, required),
        };
        Field {
            id: link.id.clone(),
            name: clean(&field.name.value),
            ty,
            refers,
            key,
            limits: self.limits(field, alone),
            cite: self.anchors.cites(&field.cite),
            about: field.about.as_ref().map(|a| clean(a)),
            used_by: self.users(used),
            tests: self.tests(refused),
        }
    }

    fn limits(&self, field: &ir::Field, alone: bool) -> Vec<Limit> {
        let ty = field.ty.required();
        let mut limits = Vec::new();
        if field.ty.is_optional() {
            limits.push(Limit::Words("may be absent".to_owned()));
        }
        for bound in &field.bounds {
            limits.push(Limit::Words(format!(
                "{} {}",
                bound.kind.words(),
                value_text(self.program, ty, &bound.value)
            )));
        }
        if let Some(step) = &field.step {
            let step = value_text(self.program, ty, &Value::Number(step.clone()));
            limits.push(Limit::Words(format!("a multiple of {step}")));
        }
        if field.unique && !alone {
            limits.push(Limit::Words("no two rows alike".to_owned()));
        }
        if let Some(default) = &field.default {
            limits.push(Limit::Default(self.formulas.formula(default.span)));
        }
        limits
    }

    /// Calendars.
    pub fn calendars(&self) -> Vec<CalendarEntry> {
        let named = self.program.calendars.iter().zip(&self.program.calendar_names).enumerate();
        named
            .map(|(index, (calendar, name))| CalendarEntry {
                id: self.anchors.calendar(index).id,
                name: clean(&name.value),
                title: clean(calendar.title()),
                source: calendar.source().map(clean),
                days: format!("from {} to {}", calendar.first_day(), calendar.last_day()),
                used_by: self.links(self.uses.of_calendar(index)),
            })
            .collect()
    }
}
