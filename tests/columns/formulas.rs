//! Formulas that are well typed by construction, made of choices.

use super::data::{GROUPS, PAYS, PEOPLE, SCALARS};
use super::dice::Dice;

/// Types of formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Usd,
    Num,
    Bool,
    Date,
    Kind,
    Share,
    Price,
    Days,
    Text,
}

impl Ty {
    pub(super) const ALL: [Self; 9] = [
        Self::Usd,
        Self::Num,
        Self::Bool,
        Self::Date,
        Self::Kind,
        Self::Share,
        Self::Price,
        Self::Days,
        Self::Text,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Num => "number",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Kind => "colour",
            Self::Share => "shares",
            Self::Price => "USD/share",
            Self::Days => "days",
            Self::Text => "text",
        }
    }

    fn of(name: &str) -> Option<Self> {
        match name.trim_end_matches('?') {
            "%" | "level" => Some(Self::Num),
            other => Self::ALL.into_iter().find(|t| t.name() == other),
        }
    }

    /// Constants, the simplest first.
    fn literals(self) -> &'static [&'static str] {
        match self {
            Self::Usd => &[
                "1 USD",
                "0 USD",
                "(-5 USD)",
                "100.25 USD",
                "0.01 USD",
                "1_000_000_000_000_000_000_000 USD",
                "92233720368547758.07 USD",
                "0.000000001 USD",
                "(1 USD / 3)",
            ],
            Self::Num => {
                &["1", "0", "(-1)", "0.5", "85%", "(1 / 3)", "66 2/3%", "1_000_000_007", "1.000000001", "365"]
            }
            Self::Bool => &["true", "false"],
            Self::Date => &["2001-01-31", "2000-02-29", "9999-12-31", "0001-01-01", "2001-06-30"],
            Self::Kind => &["red", "green", "blue"],
            Self::Share => &["1 share", "0 shares", "(-3 shares)", "0.5 shares", "1_000_000 shares"],
            Self::Price => &["1 USD/share", "0.01 USD/share", "1.3125 USD/share", "0 USD/share"],
            Self::Days => &["1 day", "0 days", "365 days", "(-30 days)", "2.5 days"],
            Self::Text => &["\"A\"", "\"none\"", "\"P1\""],
        }
    }

    /// Steps to round to.
    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Usd => {
                &["0.01 USD", "1 USD", "100 USD", "(1 USD / 3)", "0.05 USD", "0.000001 USD", "7 USD"]
            }
            Self::Num => &["1", "0.01", "(1 / 3)", "100", "0.5", "1_000_000_007", "0.001"],
            Self::Share => &["1 share", "100 shares", "0.001 shares", "(1 share / 3)"],
            Self::Price => &["0.01 USD/share", "0.0625 USD/share", "1 USD/share", "(1 USD/share / 3)"],
            _ => &["1 day", "30 days", "0.5 days", "(7 days / 2)"],
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Usd | Self::Num | Self::Share | Self::Price | Self::Days)
    }

    fn is_ordered(self) -> bool {
        self.is_number() || self == Self::Date
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    People,
    Groups,
    Plan,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Value,
    Cases,
    All,
}

pub(super) struct Rule {
    pub(super) of: Of,
    pub(super) ty: Ty,
    pub(super) optional: bool,
    pub(super) body: Body,
}

/// What a formula sees.
#[derive(Clone, Default)]
pub(super) struct Scope {
    /// Rows: how their fields are written, and of which table they are.
    pub(super) rows: Vec<(String, Fields)>,
    pub(super) vars: Vec<(String, Ty)>,
    /// Walks around.
    pub(super) walks: usize,
}

/// The fields of a table.
pub(super) type Fields = &'static [(&'static str, &'static str)];

pub struct Writer<'c> {
    pub(super) dice: Dice<'c>,
    pub(super) rules: Vec<Rule>,
    /// Whether tables are small enough for a walk within a walk.
    pub(super) small: bool,
    pub(super) names: usize,
}

/// How a row is named whose fields begin so.
fn row_of(prefix: &str) -> &str {
    if prefix.is_empty() { "this" } else { prefix.trim_end_matches('.') }
}

const MODES: &[&str] = &[
    "",
    ", half_up",
    ", half_even",
    ", half_down",
    ", floor",
    ", ceiling",
    ", toward_zero",
    ", away_from_zero",
];

impl<'c> Writer<'c> {
    pub(super) fn roll(&mut self, n: usize) -> usize {
        self.dice.roll(n)
    }

    pub(super) fn pick(&mut self, items: &[&'static str]) -> &'static str {
        self.dice.pick(items)
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// Everything of a type that is simply read; and what is optional, without a guard.
    fn read(&self, scope: &Scope, ty: Ty) -> (Vec<String>, Vec<String>) {
        let (mut sure, mut optional) = (Vec::new(), Vec::new());
        for (name, of) in &scope.vars {
            if *of == ty {
                sure.push(name.clone());
            }
        }
        for (prefix, fields) in &scope.rows {
            for (name, of) in *fields {
                if Ty::of(of) == Some(ty) {
                    let list = if of.ends_with('?') { &mut optional } else { &mut sure };
                    list.push(format!("{prefix}{name}"));
                }
            }
            let is = |of: Of| {
                if of == Of::People { std::ptr::eq(*fields, PEOPLE) } else { std::ptr::eq(*fields, GROUPS) }
            };
            for (index, rule) in self.rules.iter().enumerate() {
                if rule.ty == ty && rule.of != Of::Plan && is(rule.of) {
                    let list = if rule.optional { &mut optional } else { &mut sure };
                    list.push(format!("{prefix}r{index}"));
                }
                if ty == Ty::Text && rule.body == Body::Cases && rule.of != Of::Plan && is(rule.of) {
                    sure.push(format!("(clause of {prefix}r{index})"));
                }
            }
            if is(Of::People) {
                for (name, of) in GROUPS.iter().filter(|(_, of)| Ty::of(of) == Some(ty)) {
                    let list = if of.ends_with('?') { &mut optional } else { &mut sure };
                    list.push(format!("{prefix}group.{name}"));
                    optional.push(format!("{prefix}boss.{name}"));
                }
                for (index, rule) in
                    self.rules.iter().enumerate().filter(|(_, r)| r.of == Of::Groups && r.ty == ty)
                {
                    let list = if rule.optional { &mut optional } else { &mut sure };
                    list.push(format!("{prefix}group.r{index}"));
                    optional.push(format!("{prefix}boss.r{index}"));
                }
                match ty {
                    Ty::Num => {
                        optional.push(format!("bands[{prefix}step].share_of"));
                        optional.push(format!("tints[{prefix}kind].times"));
                        optional.push(format!("codes[{prefix}name, {prefix}kind].factor"));
                    }
                    Ty::Usd => {
                        optional.push(format!("bands[{prefix}step].least"));
                        optional.push(format!("teams[{prefix}group].lead"));
                        optional.push(format!("codes[{prefix}name, {prefix}kind].least"));
                        optional.push(format!("pays[{}, {prefix}hired].amount", row_of(prefix)));
                    }
                    Ty::Price => optional.push(format!("quotes[{prefix}hired].close")),
                    _ => {}
                }
            }
        }
        for (name, of) in SCALARS {
            if Ty::of(of) == Some(ty) {
                let list = if of.ends_with('?') { &mut optional } else { &mut sure };
                list.push(format!("plan.{name}"));
            }
        }
        for (index, rule) in self.rules.iter().enumerate().filter(|(_, r)| r.of == Of::Plan) {
            if rule.ty == ty {
                let list = if rule.optional { &mut optional } else { &mut sure };
                list.push(format!("plan.r{index}"));
            }
            if ty == Ty::Text && rule.body == Body::Cases {
                sure.push(format!("(clause of plan.r{index})"));
            }
        }
        let terms: &[&str] = match ty {
            Ty::Num => &["discount", "two_thirds", "nought", "cap"],
            Ty::Usd => &["huge", "quota"],
            Ty::Days => &["wait"],
            Ty::Price => &["par"],
            _ => &[],
        };
        sure.extend(terms.iter().map(|t| (*t).to_owned()));
        (sure, optional)
    }

    fn leaf(&mut self, scope: &Scope, ty: Ty) -> String {
        let (sure, optional) = self.read(scope, ty);
        // What stands last was named last, and is the least often picked otherwise.
        match self.roll(6) {
            4 => return self.pick(ty.literals()).to_owned(),
            5 if !optional.is_empty() => {
                let index = self.roll(optional.len());
                let other = self.pick(ty.literals());
                return format!("({} otherwise {other})", optional[index]);
            }
            _ => {}
        }
        if sure.is_empty() {
            return self.pick(ty.literals()).to_owned();
        }
        let index = self.roll(sure.len());
        sure[index].clone()
    }

    pub(super) fn formula(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(scope, ty);
        }
        let depth = depth - 1;
        match self.roll(16) {
            0 | 1 => self.leaf(scope, ty),
            2 => {
                let when = self.formula(scope, Ty::Bool, depth);
                let (a, b) = (self.formula(scope, ty, depth), self.formula(scope, ty, depth));
                format!("(if {when} then {a} else {b})")
            }
            3 => {
                let of = Ty::ALL[self.roll(Ty::ALL.len())];
                let value = self.formula(scope, of, depth);
                let name = self.fresh();
                let mut inner = scope.clone();
                inner.vars.insert(0, (name.clone(), of));
                // A name of a value of an enumeration has no type of its own.
                if matches!(of, Ty::Kind) {
                    return self.formula(scope, ty, depth);
                }
                let body = self.formula(&inner, ty, depth);
                format!("(let {name} = {value}; {body})")
            }
            4 => self.guarded(scope, ty, depth),
            5 => {
                let subject = self.field_of_kind(scope);
                let values: Vec<String> = (0..3).map(|_| self.formula(scope, ty, depth)).collect();
                match self.roll(2) {
                    0 => format!(
                        "(match {subject} when red then {} when green, blue then {})",
                        values[0], values[1]
                    ),
                    _ => format!(
                        "(match {subject} when blue then {} when red then {} else {})",
                        values[0], values[1], values[2]
                    ),
                }
            }
            6 => {
                let (a, b) = (self.formula(scope, ty, depth), self.formula(scope, ty, depth));
                match self.roll(3) {
                    0 => format!("(if assumption.basis = gross then {a} else {b})"),
                    1 => format!("(match assumption.mode when first then {a} when second, third then {b})"),
                    _ => {
                        let when = self.formula(scope, Ty::Bool, depth);
                        format!("(if {when} then {a} else fail \"no such thing\")")
                    }
                }
            }
            7 if scope.walks < 2 => match self.roll(3) {
                0 => self.walk(scope, ty, depth),
                _ => self.related(scope, ty, depth),
            },
            8 => self.call(scope, ty, depth),
            9 => self.structured(scope, ty, depth),
            _ => self.of_type(scope, ty, depth),
        }
    }

    /// A choice by whether an optional value is there.
    fn guarded(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let of = if self.roll(3) == 0 { Ty::ALL[self.roll(Ty::ALL.len())] } else { ty };
        let (_, optional) = self.read(scope, of);
        if optional.is_empty() {
            return self.of_type(scope, ty, depth);
        }
        let index = self.roll(optional.len());
        let name = self.fresh();
        let mut inner = scope.clone();
        inner.vars.insert(0, (name.clone(), of));
        let (a, b) = (self.formula(&inner, ty, depth), self.formula(scope, ty, depth));
        let question = if self.roll(2) == 0 { "present" } else { "absent" };
        let (a, b) = if question == "present" { (a, b) } else { (b, a) };
        format!("(let {name} = {}; if {name} is {question} then {a} else {b})", optional[index])
    }

    /// Records, lists and rows that stand in between.
    fn structured(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let name = self.fresh();
        let mut inner = scope.clone();
        let person =
            scope.rows.iter().find(|(_, f)| std::ptr::eq(*f, PEOPLE)).map(|(prefix, _)| prefix.clone());
        // The name of an enumeration's value has no type of its own in a record or list.
        let of = if ty == Ty::Kind { Ty::Usd } else { ty };
        match (self.roll(6), person) {
            (0, _) => {
                let (a, b) = (self.formula(scope, of, depth), self.formula(scope, Ty::Num, depth));
                inner.vars.insert(0, (format!("{name}.a"), of));
                inner.vars.insert(0, (format!("{name}.b"), Ty::Num));
                let change = match self.roll(2) {
                    0 => String::new(),
                    _ => format!(" with {{ a: {} }}", self.formula(scope, of, depth)),
                };
                format!("(let {name} = {{ a: {a}, b: {b} }}{change}; {})", self.formula(&inner, ty, depth))
            }
            (1, Some(person)) => {
                inner.rows.insert(0, (format!("{name}."), GROUPS));
                let (body, other) = (self.formula(&inner, ty, depth), self.formula(scope, ty, depth));
                format!("(let {name} = {person}boss; if {name} is absent then {other} else {body})")
            }
            (2, Some(person)) => {
                inner.rows.insert(0, (format!("{name}."), GROUPS));
                let when = self.formula(scope, Ty::Bool, depth);
                let body = self.formula(&inner, ty, depth);
                let row = self.pick(&["otherwise", "if"]);
                let row = match row {
                    "if" => {
                        format!("if {when} then {person}group else ({person}boss otherwise {person}group)")
                    }
                    _ => format!("({person}boss otherwise {person}group)"),
                };
                format!("(let {name} = {row}; {body})")
            }
            (3, _) if scope.walks < 2 => {
                let row = self.fresh();
                let mut walk = scope.clone();
                walk.walks += 1;
                walk.rows.insert(0, (format!("{row}."), GROUPS));
                let (when, key) =
                    (self.formula(&walk, Ty::Bool, depth.min(1)), self.formula(&walk, Ty::Num, 1));
                inner.rows.insert(0, (format!("{name}."), GROUPS));
                let (body, other) = (self.formula(&inner, ty, depth), self.formula(scope, ty, depth));
                let found = format!("first({row} in groups where {when} order by {key})");
                format!("(let {name} = {found}; if {name} is present then {body} else {other})")
            }
            _ if ty.is_number() => {
                let items =
                    format!("[{}, {}]", self.formula(scope, ty, depth), self.formula(scope, ty, depth));
                match self.roll(2) {
                    0 => format!("sum({items})"),
                    _ => format!("(max({items}) otherwise {})", self.pick(ty.literals())),
                }
            }
            _ => self.of_type(scope, ty, depth),
        }
    }

    fn field_of_kind(&mut self, scope: &Scope) -> String {
        let (sure, _) = self.read(scope, Ty::Kind);
        let index = self.roll(sure.len());
        sure[index].clone()
    }

    fn call(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        match ty {
            Ty::Usd => match self.roll(4) {
                0 => format!("half({})", self.formula(scope, Ty::Usd, depth)),
                1 => format!("twice_half({})", self.formula(scope, Ty::Usd, depth)),
                2 => match scope.rows.first() {
                    Some((prefix, fields)) if std::ptr::eq(*fields, PEOPLE) && self.small => {
                        format!("paid_in({prefix}group)")
                    }
                    _ => self.leaf(scope, ty),
                },
                _ => {
                    let day = self.formula(scope, Ty::Date, depth);
                    format!("(quote_on({day}) otherwise par) * 1 share")
                }
            },
            Ty::Num => match self.roll(2) {
                0 => format!(
                    "part({}, {})",
                    self.formula(scope, Ty::Usd, depth),
                    self.formula(scope, Ty::Usd, depth)
                ),
                _ => format!("cap_on({})", self.formula(scope, Ty::Date, depth)),
            },
            Ty::Date => format!(
                "later({}, {})",
                self.formula(scope, Ty::Date, depth),
                self.formula(scope, Ty::Num, depth)
            ),
            Ty::Text => {
                format!("label({}, {})", self.field_of_kind(scope), self.formula(scope, Ty::Text, depth))
            }
            _ => self.of_type(scope, ty, depth),
        }
    }

    /// Something made of the rows of a table.
    fn walk(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let alone = scope.rows.is_empty();
        let people = (alone || self.small) && self.roll(4) != 3;
        let (table, fields): (&str, Fields) = if people { ("people", PEOPLE) } else { ("groups", GROUPS) };
        let row = self.fresh();
        let mut inner = scope.clone();
        inner.walks += 1;
        inner.rows.insert(0, (format!("{row}."), fields));
        let mut filter = || match self.roll(3) {
            0 => String::new(),
            _ => format!(" where {}", self.formula(&inner, Ty::Bool, depth.min(2))),
        };
        let filter = filter();
        let inside = depth.min(2);
        let from = format!("for {row} in {table}{filter}");
        if self.roll(5) == 4 && ty.is_ordered() {
            let (sure, _) =
                self.read(&Scope { rows: vec![(format!("{table}."), fields)], ..Scope::default() }, ty);
            let own: Vec<&String> =
                sure.iter().filter(|s| s.starts_with(table) && !s.contains(".group.")).collect();
            if let Some(first) = own.get(self.roll(own.len().max(1))) {
                let end = self.pick(&["min", "max"]);
                return format!("({end}({first}) otherwise {})", self.pick(ty.literals()));
            }
        }
        match ty {
            Ty::Num if self.roll(2) == 0 && filter.is_empty() => format!("count({table})"),
            Ty::Num if !filter.is_empty() && self.roll(2) == 0 => format!("count({row} in {table}{filter})"),
            Ty::Num | Ty::Usd | Ty::Share | Ty::Price | Ty::Days => {
                let item = self.formula(&inner, ty, inside);
                match self.roll(4) {
                    0 | 1 => format!("sum({item} {from})"),
                    2 => format!("(min({item} {from}) otherwise {})", self.pick(ty.literals())),
                    _ => format!("(max({item} {from}) otherwise {})", self.pick(ty.literals())),
                }
            }
            Ty::Date => {
                let item = self.formula(&inner, ty, inside);
                let end = self.pick(&["earliest", "latest"]);
                format!("({end}({item} {from}) otherwise plan.as_of)")
            }
            Ty::Bool => {
                let item = self.formula(&inner, ty, inside);
                match self.roll(6) {
                    0 => format!("(min({item} {from}) otherwise {})", self.pick(ty.literals())),
                    1 => format!("(max({item} {from}) otherwise {})", self.pick(ty.literals())),
                    _ => format!("{}({item} {from})", self.pick(&["any", "all"])),
                }
            }
            Ty::Kind => self.leaf(scope, ty),
            Ty::Text => {
                let item = self.formula(&inner, ty, inside);
                let key = self.formula(&inner, Ty::Num, 1);
                format!("(first({item} {from} order by {key}) otherwise \"none\")")
            }
        }
    }

    /// Something made of the rows that have to do with one at hand: found by what they equal or lie
    /// within, and by more.
    fn related(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let of = |fields: Fields| {
            scope.rows.iter().find(|(_, f)| std::ptr::eq(*f, fields)).map(|(prefix, _)| prefix.clone())
        };
        let row = self.fresh();
        let mut found: Vec<(&str, Fields, Vec<String>)> = Vec::new();
        if let Some(person) = of(PEOPLE) {
            let own = format!("{row}.who = {}", row_of(&person));
            found.push(("pays", PAYS, vec![own.clone()]));
            found.push(("pays", PAYS, vec![own.clone(), format!("{row}.on <= {person}hired")]));
            let window = format!("{person}hired - 400 days < {row}.on <= {person}hired + 1 year");
            found.push(("pays", PAYS, vec![own.clone(), window.clone()]));
            found.push(("pays", PAYS, vec![own, format!("{row}.tint = {person}kind")]));
            if self.small {
                found.push(("pays", PAYS, vec![window]));
                found.push(("pays", PAYS, vec![format!("{row}.memo = {person}name")]));
                found.push(("pays", PAYS, vec![format!("{person}saved >= {row}.amount")]));
                found.push(("people", PEOPLE, vec![format!("{person}pay = {row}.saved")]));
                found.push(("people", PEOPLE, vec![format!("{row}.step = {person}step")]));
                found.push(("people", PEOPLE, vec![format!("{row}.mood = {person}mood")]));
                found.push((
                    "people",
                    PEOPLE,
                    vec![format!("{row} <> {}", row_of(&person)), format!("{row}.active = {person}active")],
                ));
                found.push(("pays", PAYS, vec![format!("{row}.who.group = {person}group")]));
                found.push((
                    "pays",
                    PAYS,
                    vec![format!("{row}.until is present and {row}.until > {person}hired")],
                ));
            }
        }
        if let (Some(group), true) = (of(GROUPS), self.small) {
            found.push(("people", PEOPLE, vec![format!("{row}.group = {}", row_of(&group))]));
            found.push((
                "people",
                PEOPLE,
                vec![format!("{row}.kind = {group}tint"), format!("{row}.hired < {group}since")],
            ));
        }
        if found.is_empty() {
            return self.walk(scope, ty, depth);
        }
        let (table, fields, mut conditions) = found.swap_remove(self.roll(found.len()));
        if self.roll(5) == 4 {
            // Either what was wanted, or what another way finds.
            let others: Vec<String> = found
                .iter()
                .filter(|(other, ..)| *other == table)
                .flat_map(|(.., conditions)| conditions.clone())
                .collect();
            if let (Some(other), Some(first)) = (others.get(self.roll(others.len().max(1))), conditions.pop())
            {
                conditions.push(format!("({first} or {other})"));
            }
        }
        let mut inner = scope.clone();
        inner.walks += 1;
        inner.rows.insert(0, (format!("{row}."), fields));
        for _ in 0..self.roll(3) {
            let at = self.roll(conditions.len() + 1);
            let more = self.formula(&inner, Ty::Bool, depth.min(2));
            conditions.insert(conditions.len() - at.min(conditions.len()), more);
        }
        let from = format!("{row} in {table} where {}", conditions.join(" and "));
        let inside = depth.min(2);
        let literal = self.pick(ty.literals());
        if ty != Ty::Text && self.roll(4) == 3 {
            let (state, key) = (self.fresh(), self.formula(&inner, Ty::Date, 1));
            let order = self.pick(&["", " order by {}", " order by {} descending"]).replace("{}", &key);
            let mut carried = inner.clone();
            let held = if self.roll(3) == 2 { format!("{state}.a") } else { state.clone() };
            carried.vars.insert(0, (held.clone(), ty));
            let next = self.formula(&carried, ty, inside);
            if held == state {
                return format!("(fold {state} = {literal} for {from}{order} then {next})");
            }
            // A state of several figures, one of which is not there at first.
            let (other, first) = (self.formula(&carried, Ty::Num, 1), self.fresh());
            let begin = format!("let {first} = if {literal} = {literal} then absent else 1");
            let next =
                format!("{{ a: {next}, n: {state}.n + 1, o: if {state}.n > 1 then {other} else {state}.o }}");
            let whole = format!("{{ a: {literal}, n: 0, o: {first} }} for {from}{order} then {next}");
            return format!("({begin}; fold {state} = {whole}).a");
        }
        let item = self.formula(&inner, ty, inside);
        if self.roll(5) == 4 {
            let (list, order) = (self.fresh(), self.formula(&inner, Ty::Date, 1));
            let made = match self.roll(4) {
                0 => format!("[{item} for {from}]"),
                1 => format!("[{item} for {from} order by {order}]"),
                2 => format!("distinct([{item} for {from} order by {order} descending])"),
                _ => format!("running fold {list} = {literal} for {from} order by {order} then {item}"),
            };
            let of = self.of_items(scope, ty, &list, inside);
            return format!("(let {list} = {made}; {of})");
        }
        let end = self.pick(&["first", "last"]);
        let order_ty = [Ty::Num, Ty::Date, Ty::Usd][self.roll(3)];
        let order = match self.roll(3) {
            0 => String::new(),
            1 => format!(" order by {}", self.formula(&inner, order_ty, 1)),
            _ => format!(
                " order by {} descending, {}",
                self.formula(&inner, order_ty, 1),
                self.formula(&inner, Ty::Date, 1)
            ),
        };
        if self.roll(4) == 3 {
            // What is asked of a row may stand in what it gives.
            let (all, whole) = (conditions.join(" and "), format!("{row} in {table}"));
            match ty {
                Ty::Bool if self.roll(3) == 2 => {
                    let ty = [Ty::Num, Ty::Usd, Ty::Date, Ty::Text][self.roll(4)];
                    let (sure, _) = self.read(&inner, ty);
                    let own: Vec<&String> =
                        sure.iter().filter(|s| s.starts_with(&format!("{row}."))).collect();
                    let wanted = self.formula(scope, ty, 1);
                    if let Some(first) = own.get(self.roll(own.len().max(1))) {
                        let is = self.pick(&["in", "not in"]);
                        let list = if self.roll(2) == 0 {
                            format!("{first} for {whole}")
                        } else {
                            format!("{first} for {from}")
                        };
                        return format!("({wanted} {is} [{list}])");
                    }
                }
                Ty::Bool if self.roll(2) == 0 => return format!("any({all} and {item} for {whole})"),
                Ty::Bool => return format!("all(not ({all}) or {item} for {whole})"),
                Ty::Num | Ty::Usd | Ty::Share | Ty::Price | Ty::Days => {
                    let zero = match ty {
                        Ty::Usd => "0 USD",
                        Ty::Share => "0 shares",
                        Ty::Price => "0 USD/share",
                        Ty::Days => "0 days",
                        _ => "0",
                    };
                    return if self.roll(2) == 0 {
                        format!("sum(if {all} then {item} else {zero} for {whole})")
                    } else {
                        format!("sum(if {all} then {zero} else {item} for {whole})")
                    };
                }
                _ => {}
            }
        }
        match ty {
            Ty::Bool => format!("{}({item} for {from})", self.pick(&["any", "all"])),
            Ty::Kind => self.leaf(scope, ty),
            Ty::Num if self.roll(3) == 1 => format!("count({from})"),
            Ty::Num if self.roll(4) == 1 => format!("product({item} for {from})"),
            Ty::Text => format!("({end}({item} for {from}{order}) otherwise {literal})"),
            _ => match self.roll(5) {
                0 | 1 if ty.is_number() => format!("sum({item} for {from})"),
                2 => format!("(min({item} for {from}) otherwise {literal})"),
                3 => format!("(max({item} for {from}) otherwise {literal})"),
                _ => format!("({end}({item} for {from}{order}) otherwise {literal})"),
            },
        }
    }

    /// Something made of the items of a list, which are of a type.
    fn of_items(&mut self, scope: &Scope, ty: Ty, list: &str, depth: usize) -> String {
        let (item, literal) = (self.fresh(), self.pick(ty.literals()));
        let mut carried = scope.clone();
        carried.vars.insert(0, (item.clone(), ty));
        let condition = self.formula(&carried, Ty::Bool, depth.min(1));
        let (of, from) = match self.roll(3) {
            0 => (String::new(), list.to_owned()),
            1 => (format!("{item} for {item} in "), format!("{list} where {condition}")),
            _ => {
                let changed = self.formula(&carried, ty, depth.min(1));
                (format!("{changed} for {item} in "), format!("{list} where {condition}"))
            }
        };
        match ty {
            Ty::Bool => format!("{}({of}{from})", self.pick(&["any", "all"])),
            Ty::Num if self.roll(4) == 3 && !of.is_empty() => format!("count({item} in {from})"),
            Ty::Num if self.roll(3) == 2 => format!("product({of}{from})"),
            _ if ty.is_number() && self.roll(2) == 0 => format!("sum({of}{from})"),
            Ty::Kind | Ty::Text => {
                format!("({}({of}{from}) otherwise {literal})", self.pick(&["first", "last"]))
            }
            _ => format!("({}({of}{from}) otherwise {literal})", self.pick(&["min", "max", "first", "last"])),
        }
    }

    fn of_type(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let of = |writer: &mut Self, ty| writer.formula(scope, ty, depth);
        let this = self;
        if ty.is_number() {
            match this.roll(15) {
                0 => return format!("({} + {})", of(this, ty), of(this, ty)),
                1 => return format!("({} - {})", of(this, ty), of(this, ty)),
                2 => return format!("({} * {})", of(this, ty), of(this, Ty::Num)),
                3 => return format!("({} / {})", of(this, ty), of(this, Ty::Num)),
                4 | 5 => {
                    let value = of(this, ty);
                    let function = this.pick(&["round", "floor", "ceiling", "round", "round"]);
                    let mode = if function == "round" { this.pick(MODES) } else { "" };
                    return format!("{function}({value}, {}{mode})", this.pick(ty.steps()));
                }
                6 => {
                    let end = this.pick(&["min", "max"]);
                    return format!("{end}({}, {})", of(this, ty), of(this, ty));
                }
                7 => {
                    let end = this.pick(&["min", "max"]);
                    return format!(
                        "{end}({}, {}, {})",
                        of(this, ty),
                        this.pick(ty.literals()),
                        of(this, ty)
                    );
                }
                8 => return format!("abs({})", of(this, ty)),
                9 => return format!("(-{})", of(this, ty)),
                10 => {
                    let (value, step) = (of(this, ty), this.pick(ty.steps()));
                    return format!("round({value}, max({step}, {}))", of(this, ty));
                }
                11 => {
                    let list = format!("[{}, {}, {}]", of(this, ty), this.pick(ty.literals()), of(this, ty));
                    return this.of_items(scope, ty, &list, depth);
                }
                _ => {}
            }
        }
        match ty {
            Ty::Usd => match this.roll(3) {
                0 => format!("({} * {})", of(this, Ty::Share), of(this, Ty::Price)),
                1 => format!("({} * {} / {})", of(this, Ty::Usd), of(this, Ty::Share), of(this, Ty::Share)),
                _ => {
                    let day = of(this, Ty::Date);
                    format!("(quota at {day})")
                }
            },
            Ty::Num => match this.roll(8) {
                0 => format!("({} / {})", of(this, Ty::Usd), of(this, Ty::Usd)),
                1 => format!("({} / {})", of(this, Ty::Days), this.pick(Ty::Days.literals())),
                2 => format!("{}({})", this.pick(&["year", "month", "day"]), of(this, Ty::Date)),
                3 => {
                    format!("({} ^ {})", of(this, Ty::Num), this.pick(&["2", "3", "4", "5", "-1", "0", "1"]))
                }
                4 => format!("({} / {})", of(this, Ty::Share), of(this, Ty::Share)),
                5 => format!("(cap at {})", of(this, Ty::Date)),
                6 => match scope.rows.last() {
                    Some((prefix, _)) if prefix.is_empty() => "position(this)".to_owned(),
                    _ => this.leaf(scope, ty),
                },
                _ => {
                    let all: Vec<usize> = (0..this.rules.len())
                        .filter(|i| this.rules[*i].body == Body::All && this.rules[*i].of == Of::People)
                        .collect();
                    match scope.rows.iter().find(|(_, f)| std::ptr::eq(*f, PEOPLE)) {
                        Some((prefix, _)) if !all.is_empty() => {
                            let index = all[this.roll(all.len())];
                            format!("count(reasons of {prefix}r{index})")
                        }
                        _ => this.leaf(scope, ty),
                    }
                }
            },
            Ty::Share => match this.roll(2) {
                0 => format!("({} / {})", of(this, Ty::Usd), of(this, Ty::Price)),
                _ => format!("floor({} / {}, 1 share)", of(this, Ty::Usd), of(this, Ty::Price)),
            },
            Ty::Price => format!("({} / {})", of(this, Ty::Usd), of(this, Ty::Share)),
            Ty::Days => format!("({} - {})", of(this, Ty::Date), of(this, Ty::Date)),
            Ty::Date if this.roll(5) == 4 => {
                let unit = this.pick(&["1 day", "1 month", "1 year"]);
                format!("({} + round({}, 1) * {unit})", of(this, Ty::Date), of(this, Ty::Num))
            }
            Ty::Date => match this.roll(8) {
                0 => format!(
                    "({} + {})",
                    of(this, Ty::Date),
                    this.pick(&["10 days", "1 day", "400 days", "wait"])
                ),
                1 => format!(
                    "({} - {})",
                    of(this, Ty::Date),
                    this.pick(&["10 days", "1 day", "3_000_000 days"])
                ),
                2 => {
                    let sign = this.pick(&["+", "-"]);
                    let much = this.pick(&[
                        "3 months",
                        "1 month",
                        "1 year",
                        "120 months",
                        "8_000 years",
                        "0 months",
                    ]);
                    format!("({} {sign} {much})", of(this, Ty::Date))
                }
                3 => format!("month_end({})", of(this, Ty::Date)),
                4 => {
                    let end = this.pick(&["min", "max", "earliest", "latest"]);
                    format!("{end}({}, {})", of(this, Ty::Date), of(this, Ty::Date))
                }
                5 => format!("({} + {})", of(this, Ty::Date), of(this, Ty::Days)),
                6 => format!("({} + floor({}, 1) * 1 month)", of(this, Ty::Date), of(this, Ty::Num)),
                _ => {
                    let day = of(this, Ty::Date);
                    format!("date(year({day}), {}, 15)", this.pick(&["2", "12", "13"]))
                }
            },
            Ty::Bool => this.condition(scope, depth),
            Ty::Kind => this.leaf(scope, ty),
            Ty::Text => match this.roll(3) {
                0 => format!("({} + \"-\" + {})", of(this, Ty::Text), of(this, Ty::Text)),
                1 => format!("decimal_text({}, 2)", of(this, Ty::Usd)),
                _ => format!("percent_text({}, 1)", of(this, Ty::Num)),
            },
        }
    }

    fn condition(&mut self, scope: &Scope, depth: usize) -> String {
        let of = |writer: &mut Self, ty| writer.formula(scope, ty, depth);
        let this = self;
        match this.roll(10) {
            0..=2 => {
                let ty = [Ty::Usd, Ty::Num, Ty::Date, Ty::Share, Ty::Days, Ty::Price][this.roll(6)];
                let op = this.pick(&["<", "<=", ">", ">=", "=", "<>"]);
                let other =
                    if this.roll(2) == 0 { this.pick(ty.literals()).to_owned() } else { of(this, ty) };
                let (a, b) = (of(this, ty), other);
                if this.roll(4) == 3 { format!("({b} {op} {a})") } else { format!("({a} {op} {b})") }
            }
            3 => {
                let ty = [Ty::Usd, Ty::Date, Ty::Num][this.roll(3)];
                let (one, two) = (this.pick(&["<", "<=", "="]), this.pick(&["<", "<=", "<>"]));
                format!("({} {one} {} {two} {})", of(this, ty), of(this, ty), of(this, ty))
            }
            4 => format!("({} and {})", of(this, Ty::Bool), of(this, Ty::Bool)),
            5 => format!("({} or {})", of(this, Ty::Bool), of(this, Ty::Bool)),
            6 => format!("(not {})", of(this, Ty::Bool)),
            7 => {
                let subject = this.field_of_kind(scope);
                match this.roll(4) {
                    0 => format!("({subject} = {})", this.pick(Ty::Kind.literals())),
                    1 => format!("({subject} <> {})", of(this, Ty::Kind)),
                    2 => format!("({subject} in [red, blue])"),
                    _ => format!("({subject} not in [green, {}])", this.field_of_kind(scope)),
                }
            }
            8 => {
                let ty = Ty::ALL[this.roll(Ty::ALL.len())];
                let (_, optional) = this.read(scope, ty);
                match optional.get(this.roll(optional.len().max(1))) {
                    Some(value) => format!("({value} is {})", this.pick(&["present", "absent"])),
                    None => this.leaf(scope, Ty::Bool),
                }
            }
            _ => match this.roll(4) {
                0 => match scope.rows.iter().find(|(_, f)| std::ptr::eq(*f, PEOPLE)) {
                    Some((prefix, _)) if this.roll(2) == 1 => {
                        format!("({prefix}group = ({prefix}boss otherwise {prefix}group))")
                    }
                    _ => format!("({} = {})", of(this, Ty::Text), of(this, Ty::Text)),
                },
                1 => format!("({} = {})", of(this, Ty::Bool), of(this, Ty::Bool)),
                2 => format!("({} in [{}, {}])", of(this, Ty::Num), of(this, Ty::Num), of(this, Ty::Num)),
                _ => format!("({} < {})", of(this, Ty::Text), of(this, Ty::Text)),
            },
        }
    }
}
