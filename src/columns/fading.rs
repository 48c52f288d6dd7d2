//! Columns of inputs that nobody needs once rules have read them: who reads each, and so when it is read
//! for the last time.

use super::chosen::Chosen;
use crate::eval::Dataset;
use crate::ir::{Expr, ExprKind, RuleId, Use};
use crate::value::{Cells, Meaning};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A field of a table.
pub type FieldOf = (usize, usize);

/// Fields that fade: rules about their tables read them, each of the row at hand and in no other way, and
/// neither results nor keys need them. None by default.
#[derive(Debug, Default)]
pub struct Fading {
    /// The rules that are to read each field yet.
    readers: BTreeMap<FieldOf, BTreeSet<RuleId>>,
}

impl Fading {
    /// The fields of some data that fade where these rules, and no others, are concluded.
    pub fn of(chosen: Chosen<'_>, rules: &[RuleId], data: &Dataset) -> Self {
        let program = chosen.program;
        let tables = program.tables.iter().zip(&data.tables).enumerate();
        let mut readers: BTreeMap<FieldOf, BTreeSet<RuleId>> = tables
            .flat_map(|(table, (info, data))| {
                let fields = data.fields.iter().enumerate();
                // Of a key, rows are told by it; texts are shared as they are.
                let fades = |(field, cells): &(usize, &Cells)| match cells {
                    Cells::Packed(packed) => {
                        let is_text = matches!(packed.meaning(), Meaning::Text | Meaning::Whole);
                        packed.store().is_none() && !is_text && !info.key.contains(field)
                    }
                    Cells::Each(_) => false,
                };
                let fields: Vec<usize> = fields.filter(fades).map(|(field, _)| field).collect();
                fields.into_iter().map(move |field| ((table, field), BTreeSet::new()))
            })
            .collect();
        let mut otherwise: BTreeSet<FieldOf> = BTreeSet::new();
        // What decided a rule the reference evaluator finds by concluding it once more, whenever it is asked.
        let mut asked_of: BTreeSet<RuleId> = BTreeSet::new();
        let mut note = |part: &Expr, of: Option<(RuleId, Option<usize>)>| {
            if let ExprKind::ClauseOf(id, _) | ExprKind::ReasonsOf(id, _) = &part.kind {
                asked_of.insert(*id);
            }
            let Some(Use::TableField(table, field)) = Use::of(part) else { return };
            let is_own =
                matches!(&part.kind, ExprKind::RowField(of, _) if matches!(of.kind, ExprKind::Local(0)));
            match of {
                Some((id, about)) if is_own && about == Some(table) => {
                    if let Some(readers) = readers.get_mut(&(table, field)) {
                        readers.insert(id);
                    }
                }
                _ => {
                    otherwise.insert((table, field));
                }
            }
        };
        for id in rules {
            let Some(rule) = program.rule(*id) else { continue };
            chosen.formulas(&rule.body, &mut |formula| {
                chosen.walk(formula, &mut |part| note(part, Some((*id, rule.table))));
            });
        }
        let elsewhere = program.functions.iter().map(|f| &f.body).chain(&program.term_date);
        elsewhere.for_each(|formula| chosen.walk(formula, &mut |part| note(part, None)));
        readers.retain(|field, by| !otherwise.contains(field) && by.is_disjoint(&asked_of));
        Self { readers }
    }

    /// Whether nothing fades.
    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// Has the columns lent, so that they can be given up while an evaluation shares them.
    pub fn lend(&self, data: &mut Dataset) {
        for (table, field) in self.readers.keys() {
            let table = data.tables.get_mut(*table).map(Arc::make_mut);
            if let Some(Cells::Packed(packed)) = table.and_then(|t| t.fields.get_mut(*field)) {
                *packed = Arc::new(packed.lent());
            }
        }
    }

    /// The fields that none but some of these rules are to read yet.
    pub fn read_last(&self, rules: &BTreeSet<RuleId>) -> Vec<FieldOf> {
        let last = self.readers.iter().filter(|(_, readers)| readers.is_subset(rules));
        last.map(|(field, _)| *field).collect()
    }

    /// Takes away the fields that no rule is to read any more, once these are concluded.
    pub fn without(&mut self, done: &BTreeSet<RuleId>) -> Vec<FieldOf> {
        self.readers.values_mut().for_each(|readers| readers.retain(|id| !done.contains(id)));
        let gone = self.read_last(&BTreeSet::new());
        self.readers.retain(|_, readers| !readers.is_empty());
        gone
    }
}
