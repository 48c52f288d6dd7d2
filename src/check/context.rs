//! Where a formula stands: the names it can see, what is known there, and the slots of its variables.

use super::facts::{self, Facts};
use super::globals::{Global, Globals, Member};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, meant};
use crate::ir::{Expr, ExprKind, RuleId, Use};
use crate::source::{Name, Span};
use crate::value::{EnumType, Type, Value};
use std::sync::Arc;

/// The name of the row itself in a table's rules, conditions and defaults.
const THIS_ROW: &str = "this";

/// A variable in scope.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Name,
    /// Its slot.
    pub slot: usize,
    /// Its type.
    pub ty: Type,
    /// Whether the formula reads it.
    pub used: bool,
}

/// What formulas of one place may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Everything.
    Rules,
    /// Inputs, terms and functions: data is read before any rule concludes.
    Data,
    /// Nothing but constants.
    Constants,
}

/// Checks the formulas of one definition.
pub struct Context<'a> {
    /// The plan's definitions, as far as they are known.
    pub globals: &'a mut Globals,
    /// Faults found.
    pub diagnostics: Diagnostics,
    /// What may be used.
    pub allowed: Allowed,
    /// The table whose row is in slot 0.
    pub row: Option<usize>,
    /// The record whose fields are seen by their bare names.
    pub record: Option<usize>,
    /// Variables, innermost last.
    pub variables: Vec<Variable>,
    /// What is known here.
    pub facts: Facts,
    /// Slots needed so far.
    pub slots: usize,
    next: usize,
}

impl<'a> Context<'a> {
    /// A context for a definition: of a table's row, where one is given.
    pub fn new(globals: &'a mut Globals, allowed: Allowed, row: Option<usize>) -> Self {
        let first = usize::from(row.is_some());
        Self {
            globals,
            diagnostics: Vec::new(),
            allowed,
            row,
            record: None,
            variables: Vec::new(),
            facts: Facts::default(),
            slots: first,
            next: first,
        }
    }

    /// Adds a fault and answers a formula that fits everywhere, so that nothing follows from it.
    pub fn fault(&mut self, diagnostic: Diagnostic, span: Span) -> Expr {
        self.diagnostics.push(diagnostic);
        broken(span)
    }

    /// Hands the faults found to the plan's; answers whether the definition has no error.
    pub fn finish(self) -> bool {
        let sound = !self.diagnostics.iter().any(Diagnostic::is_error);
        self.globals.diagnostics.extend(self.diagnostics);
        sound
    }

    /// Hands the faults found to the plan's; answers whether the definition may be relied upon. Where
    /// one of its formulas is `faulty`, what only follows from the types of its parts is not said of it.
    pub fn settle(self, faulty: bool) -> bool {
        !self.globals.settle(self.diagnostics, faulty)
    }

    /// Brings a variable into scope and answers its slot.
    pub fn bind(&mut self, name: &Name, ty: Type) -> usize {
        let slot = self.next;
        self.next = self.next.saturating_add(1);
        self.slots = self.slots.max(self.next);
        self.facts.forget_slot(slot);
        if !name.value.starts_with('_')
            && let Some(what) = self.hidden_by(&name.value)
        {
            self.diagnostics.push(
                Diagnostic::warning(
                    Code::ShadowedName,
                    format!("the variable `{}` hides {what}", name.value),
                )
                .label(name.span, "within this formula the name means the variable")
                .help("give the variable a name of its own"),
            );
        }
        self.variables.push(Variable { name: name.clone(), slot, ty, used: false });
        slot
    }

    /// What a variable of this name hides, in words.
    fn hidden_by(&self, name: &str) -> Option<&'static str> {
        if self.variables.iter().any(|variable| &*variable.name.value == name) {
            return Some("another variable of the formula");
        }
        // A rule cannot mean itself, so that nobody takes its own name for it.
        let own = |id: RuleId| self.globals.waiting.last() == Some(&self.globals.node_of(id));
        match self.row.and_then(|table| self.globals.member(table, name)) {
            Some(Member::Rule(id)) if own(id) => return None,
            Some(Member::Broken) => return None,
            Some(Member::Field(_) | Member::Rule(_)) => return Some("what the row has under that name"),
            None => {}
        }
        match self.globals.items.get(name)? {
            Global::Broken => None,
            Global::Scalar(_) | Global::Record(_) | Global::Table(_) => Some("the input of that name"),
            Global::Term(_) => Some("the term of that name"),
            Global::Rule(id) if own(*id) => None,
            Global::Rule(_) => Some("the rule of that name"),
            Global::Calendar(_) => Some("the calendar of that name"),
        }
    }

    /// Takes the innermost variable out of scope, with a warning where it was not used.
    pub fn unbind(&mut self, warn: bool) {
        let Some(variable) = self.variables.pop() else { return };
        self.next = variable.slot;
        self.facts.forget_slot(variable.slot);
        // Where the formula has a fault, the name may be what it was meant to use.
        let sound = !self.diagnostics.iter().any(Diagnostic::is_error);
        if warn && sound && !variable.used && !variable.name.value.starts_with('_') {
            let name = &variable.name.value;
            self.diagnostics.push(
                Diagnostic::warning(Code::UnusedVariable, format!("the variable `{name}` is not used"))
                    .label(variable.name.span, "this name is never read")
                    .help("leave the variable out, or use it in the formula after it"),
            );
        }
    }

    /// Checks a part with further facts.
    pub fn knowing<T>(&mut self, more: &Facts, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.facts.clone();
        self.facts = std::mem::take(&mut self.facts).and(more);
        let result = check(self);
        self.facts = before;
        result
    }

    /// Types a part that reads a value, narrowed by what is known of it.
    pub fn narrowed(&self, kind: ExprKind, ty: Type, span: Span) -> Expr {
        let mut expr = Expr { kind, ty, span };
        if expr.ty.is_optional() && self.is_known_present(&expr) {
            expr.ty = expr.ty.required().clone();
        } else if expr.ty.is_optional() && self.may_be_known(&expr) {
            expr.ty = Type::Never;
        }
        expr
    }

    /// Whether a condition that has a fault may say that a field is present: then nothing is said of it.
    fn may_be_known(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::RowField(base, _) => match base.ty.required() {
                Type::Row(table) => self.globals.tables.get(*table).is_some_and(|t| t.uncertain),
                _ => false,
            },
            ExprKind::Input { record, .. } => self.globals.records.get(*record).is_some_and(|r| r.uncertain),
            _ => false,
        }
    }

    fn is_known_present(&self, expr: &Expr) -> bool {
        let Some(path) = facts::path(expr) else { return false };
        if self.facts.is_present(&path) {
            return true;
        }
        let (implications, base, field, sibling): (_, _, _, &dyn Fn(usize) -> String) = match &expr.kind {
            ExprKind::RowField(base, field) => {
                let (Type::Row(table), Some(root)) = (base.ty.required(), facts::path(base)) else {
                    return false;
                };
                let known = self.globals.tables.get(*table).map(|t| &t.implications);
                (known, base.ty.is_optional(), *field, &move |f| format!("{root}.f{f}"))
            }
            ExprKind::Input { record, field } => {
                let known = self.globals.records.get(*record);
                let absent =
                    known.is_some_and(|r| r.optional) && !self.facts.is_present(&format!("i{record}"));
                (known.map(|r| &r.implications), absent, *field, &move |f| format!("i{record}.{f}"))
            }
            _ => return false,
        };
        !base
            && implications.into_iter().flatten().any(|i| {
                i.present == field
                    && self.facts.one_of(&sibling(i.of)).is_some_and(|names| names.is_disjoint(&i.unless))
            })
    }

    /// A type in the plan's words: rows by their table's name.
    pub fn show(&self, ty: &Type) -> String {
        self.globals.show(ty)
    }

    /// Resolves a name; `expected` is the type that its place needs, where known.
    pub fn name(&mut self, name: &Name, expected: Option<&Type>) -> Expr {
        let text = &*name.value;
        let span = name.span;
        let names = match expected.map(Type::required) {
            Some(Type::Enum(names)) => Some(Arc::clone(names)),
            _ => None,
        };
        if let Some(names) = &names
            && names.values.iter().any(|v| &**v == text)
        {
            return symbol(&name.value, names, span);
        }
        if let Some(found) = self.visible(name) {
            return found;
        }
        // Beside a formula that has a fault of its own a name may be a value of an enumeration.
        if self.globals.is_broken(text) || expected.map(Type::required) == Some(&Type::Never) {
            return broken(span);
        }
        if let Some(names) = names {
            let help = meant(text, names.values.iter().map(|v| &**v))
                .unwrap_or_else(|| format!("write one of {}", quoted(&names.values)));
            return self.fault(
                Diagnostic::error(
                    Code::UnknownValue,
                    format!("`{text}` is not one of {}", quoted(&names.values)),
                )
                .label(span, "no such value")
                .help(help),
                span,
            );
        }
        let candidates = self.candidates();
        let owner = self.globals.owner_of(text);
        if let Some((of, _)) = &owner {
            self.globals.meant.extend([Arc::clone(&name.value), Arc::from(&**of)]);
        }
        let place = self.globals.enumeration_with(text);
        self.globals.meant.extend(place.iter().flat_map(|place| place.split('.')).map(Arc::from));
        let help = match self.globals.near(text, candidates.iter().map(|c| &**c)) {
            _ if owner.is_some() => {
                let (of, what) = owner.unwrap_or_default();
                format!("`{text}` is a {what} of `{of}`: write `{of}.{text}`")
            }
            Some(near) => near,
            None if self.globals.functions.iter().any(|f| &*f.name.value == text) || crate::library::find(text).is_some() => {
                format!("`{text}` is a function: write its arguments in parentheses after it")
            }
            None => place.map_or_else(
                || "a name must be an input, a field of the row, a term, a rule or a variable of the formula".to_owned(),
                |place| format!("`{text}` is a value of `{place}`; compare the field with it, as in `{place} = {text}`"),
            ),
        };
        self.fault(
            Diagnostic::error(Code::UnknownName, format!("nothing here is called `{text}`"))
                .label(span, "not an input, field, term, rule or variable")
                .help(help),
            span,
        )
    }

    /// Whether a bare name stands for something here, apart from enumerations' values.
    pub fn sees(&self, name: &str) -> bool {
        self.variables.iter().any(|v| &*v.name.value == name)
            || self.row.is_some_and(|t| self.globals.member(t, name).is_some())
            || self.record_member(name).is_some()
            || (name == THIS_ROW && self.row.is_some())
            || self.globals.items.contains_key(name)
    }

    /// Whether a name is a field or a rule of the row. One that may have been, where definitions are
    /// lost, gives way to what the plan has under that name.
    pub fn is_member(&self, table: usize, name: &str) -> bool {
        let known = || self.globals.items.get(name).is_some_and(|item| !matches!(item, Global::Broken));
        match self.globals.member(table, name) {
            Some(super::globals::Member::Broken) => !known(),
            member => member.is_some(),
        }
    }

    fn visible(&mut self, name: &Name) -> Option<Expr> {
        let text = &*name.value;
        if let Some(variable) = self.variables.iter_mut().rev().find(|v| &*v.name.value == text) {
            variable.used = true;
            let (slot, ty) = (variable.slot, variable.ty.clone());
            return Some(self.narrowed(ExprKind::Local(slot), ty, name.span));
        }
        if let Some(table) = self.row
            && self.is_member(table, text)
        {
            let row = Expr { kind: ExprKind::Local(0), ty: Type::Row(table), span: name.span };
            return Some(self.row_member(row, table, name, name.span));
        }
        if let Some((record, field)) = self.record_member(text) {
            if self.allowed == Allowed::Constants {
                return Some(self.not_constant(name));
            }
            return Some(self.record_field(record, field, name.span));
        }
        if let Some(table) = self.row.filter(|_| text == THIS_ROW) {
            return Some(Expr { kind: ExprKind::Local(0), ty: Type::Row(table), span: name.span });
        }
        self.global(name)
    }

    /// The fault of a name that stands for data where only constants may stand.
    fn not_constant(&mut self, name: &Name) -> Expr {
        self.fault(
            Diagnostic::error(Code::NotConstant, format!("`{}` is not a constant", name.value))
                .label(name.span, "this depends on data")
                .help("write a number, a date or a name of the enumeration; what depends on data is a rule, or a `require` of an input"),
            name.span,
        )
    }

    fn record_member(&self, name: &str) -> Option<(usize, usize)> {
        let record = self.record?;
        let fields = &self.globals.records.get(record)?.fields;
        Some((record, fields.iter().position(|f| &*f.name.value == name)?))
    }

    /// Resolves a name of the plan: an input, a term, a figure of the plan, a calendar.
    pub fn global(&mut self, name: &Name) -> Option<Expr> {
        let span = name.span;
        let item = self.globals.items.get(&*name.value)?.clone();
        if self.allowed == Allowed::Constants && !matches!(item, Global::Term(_)) {
            return Some(self.not_constant(name));
        }
        Some(match item {
            Global::Scalar(field) => self.record_field(crate::ir::SCALARS, field, span),
            Global::Record(record) => {
                self.globals.touched.insert(Use::Record(record));
                let ty = self.globals.record_type(record);
                self.narrowed(ExprKind::Record(record), ty, span)
            }
            Global::Table(table) => {
                self.globals.touched.insert(Use::Table(table));
                Expr { kind: ExprKind::Table(table), ty: Type::Row(table).list(), span }
            }
            Global::Term(term) => self.term(term, None, span),
            Global::Calendar(index) => {
                let value = Value::Calendar(u32::try_from(index).unwrap_or(u32::MAX));
                Expr { kind: ExprKind::Const(value), ty: Type::Calendar, span }
            }
            Global::Rule(rule) => {
                let Some(ty) = self.rule_type(rule, span) else { return Some(broken(span)) };
                self.narrowed(ExprKind::Rule(rule), ty, span)
            }
            Global::Broken => broken(span),
        })
    }

    /// The type of a rule's conclusion, inferring it first where it must be.
    pub fn rule_type(&mut self, rule: RuleId, span: Span) -> Option<Type> {
        if self.allowed != Allowed::Rules {
            let name = self.globals.rule_name(rule);
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("the rule `{name}` cannot be used here"))
                    .label(span, "data is read before any rule concludes")
                    .help("use inputs, terms and functions that use no rule"),
            );
            return None;
        }
        super::infer::type_of(self.globals, self.globals.node_of(rule))
    }

    /// A field of a record, optional where the record may be absent.
    pub fn record_field(&mut self, record: usize, field: usize, span: Span) -> Expr {
        let Some((optional, ty)) = self
            .globals
            .records
            .get(record)
            .and_then(|r| r.fields.get(field).map(|f| (r.optional, f.ty.clone())))
        else {
            return broken(span);
        };
        self.globals.touched.insert(Use::RecordField(record, field));
        let absent = optional && !self.facts.is_present(&format!("i{record}"));
        let ty = if absent && ty != Type::Never { ty.optional() } else { ty };
        self.narrowed(ExprKind::Input { record, field }, ty, span)
    }

    /// A field of a row, or a rule's conclusion for it.
    pub fn row_member(&mut self, row: Expr, table: usize, name: &Name, span: Span) -> Expr {
        self.globals.touched.insert(Use::Table(table));
        let absent = row.ty.is_optional();
        let lift = |ty: Type| if absent { ty.optional() } else { ty };
        match self.globals.member(table, &name.value) {
            Some(super::globals::Member::Field(index)) => {
                self.globals.touched.insert(Use::TableField(table, index));
                let ty =
                    self.globals.tables.get(table).and_then(|t| t.fields.get(index)).map(|f| f.ty.clone());
                let ty = ty.filter(|ty| *ty != Type::Never).map_or(Type::Never, lift);
                if self.allowed == Allowed::Constants {
                    return self.not_constant(name);
                }
                self.narrowed(ExprKind::RowField(Box::new(row), index), ty, span)
            }
            Some(super::globals::Member::Rule(rule)) => match self.rule_type(rule, name.span) {
                Some(ty) => self.narrowed(ExprKind::RowRule(Box::new(row), rule), lift(ty), span),
                None => broken(span),
            },
            Some(super::globals::Member::Broken) => broken(span),
            None => {
                let members = self.globals.members(table);
                let of = self.globals.tables.get(table).map(|t| t.name.value.to_string()).unwrap_or_default();
                self.unknown_field(name, &format!("the table `{of}`"), &members, span)
            }
        }
    }

    /// The fault of a field that something does not have.
    pub fn unknown_field(&mut self, name: &Name, of: &str, members: &[Arc<str>], span: Span) -> Expr {
        if self.globals.is_broken(&name.value) {
            return broken(span);
        }
        let help = match self.globals.near(&name.value, members.iter().map(|m| &**m)) {
            Some(near) => near,
            None if members.is_empty() => "it has no fields".to_owned(),
            None => {
                self.globals.meant.extend(members.iter().cloned());
                format!("it has {}", listed(members, "and"))
            }
        };
        let what = if of.starts_with("the table") { "field or rule" } else { "field" };
        self.fault(
            Diagnostic::error(Code::UnknownField, format!("{of} has no {what} `{}`", name.value))
                .label(name.span, "no such field")
                .help(help),
            span,
        )
    }

    fn candidates(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> =
            self.variables.iter().rev().map(|v| Arc::clone(&v.name.value)).collect();
        if let Some(table) = self.row {
            names.extend(self.globals.members(table));
        }
        if let Some(record) = self.record.and_then(|r| self.globals.records.get(r)) {
            names.extend(record.fields.iter().map(|f| Arc::clone(&f.name.value)));
        }
        names.extend(self.globals.items.keys().cloned());
        names
    }
}

/// A formula in place of one that has a fault; it fits everywhere.
pub fn broken(span: Span) -> Expr {
    Expr { kind: ExprKind::Fail(Arc::from("")), ty: Type::Never, span }
}

/// Whether some part of a formula has a fault, or names what has one.
pub fn has_fault(formula: &Expr) -> bool {
    let mut found = matches!(&formula.kind, ExprKind::Fail(message) if message.is_empty());
    formula.children(&mut |child| found = found || has_fault(child));
    found
}

/// A name of an enumeration.
pub fn symbol(name: &Arc<str>, names: &Arc<EnumType>, span: Span) -> Expr {
    Expr { kind: ExprKind::Const(Value::Symbol(Arc::clone(name))), ty: Type::Enum(Arc::clone(names)), span }
}

/// Names in backticks, the last joined by "or"; long lists are cut.
pub fn quoted(names: &[Arc<str>]) -> String {
    listed(names, "or")
}

/// Names in backticks, the last joined by `last`; long lists are cut.
pub fn listed(names: &[Arc<str>], last: &str) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
    let left = names.len().saturating_sub(SHOWN);
    if left > 0 {
        return format!("{} and {left} more", shown.join(", "));
    }
    match shown.pop() {
        Some(end) if !shown.is_empty() => format!("{} {last} {end}", shown.join(", ")),
        Some(end) => end,
        None => "nothing".to_owned(),
    }
}
