//! Concludes one rule for one row.

use super::machine::{Machine, set};
use super::outcome::Detail;
use super::shown::Shown;
use super::single::Own;
use super::trace::{AskedFor, Event};
use crate::ir::{Case, ExprKind, Rule, RuleBody, RuleId};
use crate::library::{Fault, FaultKind};
use crate::value::Value;
use std::sync::Arc;

/// How one conclusion was decided.
#[derive(Clone, Debug)]
pub enum Decided {
    /// By a formula.
    Formula,
    /// By this case.
    Case(u32),
    /// These requirements are not met.
    Unmet(Box<[u32]>),
}

impl Decided {
    /// Adds it to the column's, for this row; rows before it that failed are filled up.
    pub fn add_to(self, detail: &mut Detail, row: usize) {
        match self {
            Self::Formula => {}
            Self::Case(case) => {
                if !matches!(detail, Detail::Cases(_)) {
                    *detail = Detail::Cases(Vec::new());
                }
                if let Detail::Cases(cases) = detail {
                    cases.resize(row, 0);
                    cases.push(case);
                }
            }
            Self::Unmet(unmet) => {
                if !matches!(detail, Detail::Unmet(_)) {
                    *detail = Detail::Unmet(Vec::new());
                }
                if let Detail::Unmet(all) = detail {
                    all.resize(row, Box::default());
                    all.push(unmet);
                }
            }
        }
    }
}

impl Machine<'_> {
    /// A rule's conclusion for a row, within the rule's range, and how it was decided.
    pub(super) fn conclude(&mut self, rule: &Rule, row: Option<u32>) -> Result<(Value, Decided), Box<Fault>> {
        let (value, decided) = self.concludes(rule, row)?;
        self.within(rule, &value)?;
        Ok((value, decided))
    }

    /// Refuses a conclusion outside the range that its rule declares.
    pub(super) fn within(&self, rule: &Rule, value: &Value) -> Result<(), Box<Fault>> {
        let outside = rule.bounds.iter().find(|bound| *value != Value::Absent && !bound.holds(value));
        let Some(bound) = outside else { return Ok(()) };
        let shown = |value| Shown { program: self.program, data: self.data, ty: &rule.ty, value }.words();
        let kind = FaultKind::OutsideRange {
            value: shown(value),
            bound: format!("{} {}", bound.kind.words(), shown(&bound.value)),
        };
        Err(Box::new(Fault { kind, span: bound.span }))
    }

    fn concludes(&mut self, rule: &Rule, row: Option<u32>) -> Result<(Value, Decided), Box<Fault>> {
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        frame.resize(rule.slots, Value::Absent);
        if let (Some(row), Some(table)) = (row, rule.table) {
            let table = u32::try_from(table).unwrap_or(u32::MAX);
            set(&mut frame, 0, Value::Row { table, row });
        }
        let concluded = self.concludes_with(rule, &mut frame);
        self.frame = frame;
        concluded
    }

    /// As the frame says which row it is about.
    fn concludes_with(
        &mut self,
        rule: &Rule,
        frame: &mut Vec<Value>,
    ) -> Result<(Value, Decided), Box<Fault>> {
        let internal = || Box::new(Fault { kind: FaultKind::Internal, span: rule.name.span });
        match &rule.body {
            RuleBody::Value(formula) => Ok((self.eval(formula, frame)?, Decided::Formula)),
            RuleBody::Cases(cases) => {
                let never = |case: &Case| {
                    let when = case.when.as_ref().map(|when| &when.kind);
                    matches!(when, Some(ExprKind::Const(Value::Bool(false))))
                };
                let passed_over = |case: &Case| never(case) && self.is_plain();
                let first = cases.iter().take_while(|case| passed_over(case)).count();
                for (index, case) in cases.iter().enumerate().skip(first) {
                    let applies = match &case.when {
                        Some(when) => self.ask(AskedFor::Case(index), when, frame)?,
                        None => true,
                    };
                    if applies {
                        self.record(|| Event::Took(case.then.span));
                        let value = self.eval(&case.then, frame)?;
                        return Ok((value, Decided::Case(u32::try_from(index).unwrap_or(u32::MAX))));
                    }
                }
                Err(internal())
            }
            RuleBody::All(requirements) => {
                let mut unmet = Vec::new();
                for (index, requirement) in requirements.iter().enumerate() {
                    if !self.ask(AskedFor::Requirement(index), &requirement.require, frame)? {
                        unmet.push(u32::try_from(index).unwrap_or(u32::MAX));
                    }
                }
                Ok((Value::Bool(unmet.is_empty()), Decided::Unmet(unmet.into())))
            }
            RuleBody::Allocate(_) => Err(internal()),
        }
    }

    /// The clause of the case that decided; `row` is none where the row asked for is absent.
    pub(super) fn clause(&mut self, rule: RuleId, row: Option<Option<u32>>) -> Result<Value, FaultKind> {
        let Some(row) = row else { return Ok(Value::Absent) };
        self.conclusion(rule, row)?;
        let Decided::Case(case) = self.decided(rule, row)? else { return Err(FaultKind::Internal) };
        match self.program.rule(rule).map(|r| &r.body) {
            Some(RuleBody::Cases(all)) => {
                let clause = all.get(case as usize).and_then(|c| c.cite.clone());
                Ok(clause.map_or(Value::Absent, Value::Text))
            }
            _ => Err(FaultKind::Internal),
        }
    }

    /// How a rule decided for a row: as its column says, else by deciding once more.
    fn decided(&mut self, id: RuleId, row: Option<u32>) -> Result<Decided, FaultKind> {
        if let Some(Own::Done(_, decided)) = self.own.get(id.0) {
            return Ok(decided.clone());
        }
        let column = self.column(id).ok_or(FaultKind::Internal)?;
        let index = row.unwrap_or(0) as usize;
        match &column.detail {
            Detail::Cases(cases) => cases.get(index).copied().map(Decided::Case).ok_or(FaultKind::Internal),
            Detail::Unmet(all) => all.get(index).cloned().map(Decided::Unmet).ok_or(FaultKind::Internal),
            Detail::Formula => {
                let rule = self.program.rule(id).ok_or(FaultKind::Internal)?;
                self.conclude(rule, row).map(|(_, decided)| decided).map_err(|fault| fault.kind)
            }
        }
    }

    /// The reasons of the requirements that are not met, in the rule's order.
    pub(super) fn reasons(&mut self, rule: RuleId, row: Option<Option<u32>>) -> Result<Value, FaultKind> {
        let Some(row) = row else { return Ok(Value::Absent) };
        self.conclusion(rule, row)?;
        let Decided::Unmet(unmet) = self.decided(rule, row)? else { return Err(FaultKind::Internal) };
        let Some(RuleBody::All(requirements)) = self.program.rule(rule).map(|r| &r.body) else {
            return Err(FaultKind::Internal);
        };
        let mut reasons: Vec<Value> = Vec::new();
        for index in unmet {
            let reason = requirements.get(index as usize).ok_or(FaultKind::Internal)?;
            let reason = Value::Symbol(Arc::clone(&reason.reason));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        Ok(Value::List(reasons.into()))
    }
}
