//! Plans that are well typed by construction, made of choices.

use super::data::{GROUPS, LEVELS, PEOPLE, SCALARS};
use super::dice::Dice;
use std::fmt::Write;

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
    const ALL: [Self; 9] = [
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

    fn name(self) -> &'static str {
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
enum Of {
    People,
    Groups,
    Plan,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Value,
    Cases,
    All,
}

struct Rule {
    of: Of,
    ty: Ty,
    optional: bool,
    body: Body,
}

/// What a formula sees.
#[derive(Clone, Default)]
struct Scope {
    /// Rows: how their fields are written, and of which table they are.
    rows: Vec<(String, Of2)>,
    vars: Vec<(String, Ty)>,
    /// Walks around.
    walks: usize,
    /// Whether it is the formula of a function, which reads no rule here.
    function: bool,
}

type Of2 = &'static [(&'static str, &'static str)];

pub struct Writer<'c> {
    dice: Dice<'c>,
    rules: Vec<Rule>,
    /// Whether tables are small enough for a walk within a walk.
    small: bool,
    names: usize,
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
    fn roll(&mut self, n: usize) -> usize {
        self.dice.roll(n)
    }

    fn pick(&mut self, items: &[&'static str]) -> &'static str {
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
                    }
                    Ty::Usd => optional.push(format!("bands[{prefix}step].least")),
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
            if scope.function {
                continue;
            }
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

    fn formula(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
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
            7 if scope.walks < 2 => self.walk(scope, ty, depth),
            8 if !scope.function => self.call(scope, ty, depth),
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
        let (table, fields): (&str, Of2) = if people { ("people", PEOPLE) } else { ("groups", GROUPS) };
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
            Ty::Num if self.roll(2) == 0 => format!("count({row} in {table}{filter})"),
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
                format!("{}({item} {from})", self.pick(&["any", "all"]))
            }
            Ty::Kind => self.leaf(scope, ty),
            Ty::Text => {
                let item = self.formula(&inner, ty, inside);
                let key = self.formula(&inner, Ty::Num, 1);
                format!("(first({item} {from} order by {key}) otherwise \"none\")")
            }
        }
    }

    fn of_type(&mut self, scope: &Scope, ty: Ty, depth: usize) -> String {
        let of = |writer: &mut Self, ty| writer.formula(scope, ty, depth);
        let this = self;
        if ty.is_number() {
            match this.roll(12) {
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
                0 => format!("({} = {})", of(this, Ty::Text), of(this, Ty::Text)),
                1 => format!("({} = {})", of(this, Ty::Bool), of(this, Ty::Bool)),
                2 => format!("({} in [{}, {}])", of(this, Ty::Num), of(this, Ty::Num), of(this, Ty::Num)),
                _ => format!("({} < {})", of(this, Ty::Text), of(this, Ty::Text)),
            },
        }
    }
}

/// A plan's text: of one list of choices for each rule.
pub fn plan(rules: &[Vec<u16>], small: bool) -> String {
    let mut text = String::new();
    let mut done: Vec<Rule> = Vec::new();
    for (index, choices) in rules.iter().enumerate() {
        let mut writer = Writer { dice: Dice::new(choices), rules: done, small, names: 0 };
        let (rule, section) = writer.rule(index);
        done = writer.rules;
        done.push(rule);
        text.push_str(&section);
    }
    format!("{}{text}", head(&text))
}

impl Writer<'_> {
    fn rule(&mut self, index: usize) -> (Rule, String) {
        let of = [Of::People, Of::People, Of::People, Of::Plan, Of::Groups, Of::Plan][self.roll(6)];
        let ty = Ty::ALL[self.roll(Ty::ALL.len())];
        let scope = match of {
            Of::People => Scope { rows: vec![(String::new(), PEOPLE)], ..Scope::default() },
            Of::Groups => Scope { rows: vec![(String::new(), GROUPS)], ..Scope::default() },
            Of::Plan => Scope::default(),
        };
        let path = match of {
            Of::People => "people.",
            Of::Groups => "groups.",
            Of::Plan => "",
        };
        let mut text = format!("\n[rules.{path}r{index}]\ncite = \"§1\"\n");
        if self.roll(10) == 9 {
            text.push_str("private = true\n");
        }
        let shares = self.rules.iter().position(|r| r.of == Of::People && r.ty == Ty::Share && !r.optional);
        let depth = 2 + self.roll(3);
        let (mut optional, mut body) = (false, Body::Value);
        match self.roll(10) {
            7 => {
                body = Body::Cases;
                let _ = writeln!(text, "type = \"{}\"\ncases = [", ty.name());
                for case in 0..=self.roll(3) {
                    let when = self.formula(&scope, Ty::Bool, depth - 1);
                    let then = self.formula(&scope, ty, depth - 1);
                    let _ = writeln!(text, "  {{ when = '{when}', then = '{then}', cite = \"§{case}\" }},");
                }
                let other = self.formula(&scope, ty, depth - 1);
                let _ = writeln!(text, "]\notherwise = {{ then = '{other}', cite = \"§9\" }}");
                return (Rule { of, ty, optional, body }, text);
            }
            8 => {
                body = Body::All;
                text.push_str("all = [\n");
                for requirement in 0..=self.roll(4) {
                    let require = self.formula(&scope, Ty::Bool, depth - 1);
                    let reason = self.pick(&["a", "b", "c"]);
                    let _ = writeln!(
                        text,
                        "  {{ require = '{require}', reason = \"{reason}{}\", cite = \"§{requirement}\" }},",
                        requirement % 2
                    );
                }
                text.push_str("]\n");
                return (Rule { of, ty: Ty::Bool, optional, body }, text);
            }
            9 if of == Of::People && shares.is_some() => {
                let within = self.pick(&["", ", within = \"group\""]);
                let _ = writeln!(
                    text,
                    "allocate = {{ parts = \"r{}\", step = \"1 share\", ties = \"id\"{within} }}",
                    shares.unwrap_or(0)
                );
                return (Rule { of, ty: Ty::Share, optional, body }, text);
            }
            6 => {
                optional = true;
                let when = self.formula(&scope, Ty::Bool, depth - 1);
                let value = self.formula(&scope, ty, depth - 1);
                let _ = writeln!(
                    text,
                    "type = \"{}?\"\nvalue = '(if {when} then {value} else absent)'",
                    ty.name()
                );
            }
            _ => {
                let value = self.formula(&scope, ty, depth);
                let _ = writeln!(text, "type = \"{}\"\nvalue = '{value}'", ty.name());
            }
        }
        (Rule { of, ty, optional, body }, text)
    }
}

/// What rules stand on; of terms, functions and assumptions those that they name.
fn head(rules: &str) -> String {
    let mut text = String::from(
        "[plan]\nlanguage = 1\nid = \"generated\"\ntitle = \"Generated\"\ncurrency = \"USD\"\nterm_date = \"as_of\"\n\n\
         [conventions]\nmonth_end = \"clamp\"\nrounding = \"half_up\"\n\n\
         [types]\ncolour = \"one of red, green, blue\"\nlevel = \"number\"\n",
    );
    let functions = [
        ("half", "params = { x = \"USD\" }\nvalue = 'x / 2'"),
        ("twice_half", "params = { x = \"USD\" }\nvalue = 'let h = half(x); h + half(x + h)'"),
        ("part", "params = { a = \"USD\", b = \"USD\" }\nvalue = 'if b > 100 USD then a / b else b / a'"),
        (
            "paid_in",
            "params = { g = \"ref groups\" }\nvalue = 'sum(p.pay for p in people where p.group = g)'",
        ),
        ("quote_on", "params = { d = \"date\" }\nvalue = 'quotes[d].close'"),
        ("cap_on", "params = { d = \"date\" }\nvalue = 'cap at d'"),
        (
            "later",
            "params = { d = \"date\", n = \"number\" }\nvalue = 'if n > 3 then d + 3 months else d - 1 year'",
        ),
        (
            "label",
            "params = { k = \"colour\", t = \"text\" }\nvalue = 'match k when red then t else \"other\"'",
        ),
    ];
    let mut used = String::new();
    for (name, body) in functions {
        let called = |text: &str| text.contains(&format!("{name}("));
        if called(rules) || name == "half" && rules.contains("twice_half(") {
            let _ = writeln!(used, "\n[functions.{name}]\nabout = \"{name}\"\n{body}");
        }
    }
    let all = format!("{rules}{used}");
    text.push_str("\n[terms]\n");
    let terms = [
        ("discount", "{ value = \"85%\", cite = \"§1\" }"),
        ("two_thirds", "{ value = \"66 2/3%\", cite = \"§1\" }"),
        ("nought", "{ value = \"0\", cite = \"§1\" }"),
        ("huge", "{ value = \"92_233_720_368_547_758.07 USD\", cite = \"§1\" }"),
        ("wait", "{ value = \"10 days\", cite = \"§1\" }"),
        ("par", "{ value = \"0.01 USD/share\", cite = \"§1\" }"),
        (
            "cap",
            "{ cite = \"§1\", history = [{ from = 1999-07-22, value = \"10%\" }, { from = 2001-06-30, value = \"12%\" }] }",
        ),
        (
            "quota",
            "{ cite = \"§1\", history = [{ from = 1999-01-01, until = 2000-12-31, value = \"500 USD\" }, { from = 2001-02-01, value = \"700.50 USD\" }] }",
        ),
    ];
    for (name, value) in terms {
        if all.contains(name) {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    let fields = |text: &mut String, of: &[(&str, &str)]| {
        for (name, ty) in of {
            let _ = writeln!(text, "{name} = \"{ty}\"");
        }
    };
    text.push_str("\n[inputs]\n");
    fields(&mut text, SCALARS);
    for (table, key, of) in [("people", "id", PEOPLE), ("groups", "code", GROUPS)] {
        let _ = write!(text, "\n[inputs.{table}]\nkey = \"{key}\"\n[inputs.{table}.fields]\n");
        fields(&mut text, of);
    }
    text.push_str("\n[inputs.bands]\nkey = \"level\"\n[inputs.bands.fields]\nlevel = \"level\"\nshare_of = \"number\"\nleast = \"USD?\"\n");
    text.push_str(
        "\n[inputs.quotes]\nkey = \"on\"\n[inputs.quotes.fields]\non = \"date\"\nclose = \"USD/share?\"\n",
    );
    text.push_str("\n[inputs.tints]\nkey = \"colour\"\n[inputs.tints.fields]\ncolour = \"colour\"\ntimes = \"number\"\n");
    if all.contains("assumption.basis") {
        text.push_str("\n[assumptions.basis]\ncite = \"§1\"\nreadings = { gross = \"a\", net = \"b\" }\nchosen = \"gross\"\n");
    }
    if all.contains("assumption.mode") {
        text.push_str(
            "\n[assumptions.mode]\ncite = \"§1\"\nreadings = { first = \"a\", second = \"b\", third = \"c\" }\nchosen = \"second\"\n",
        );
    }
    assert_eq!(LEVELS.len(), 7);
    format!("{text}{used}")
}
