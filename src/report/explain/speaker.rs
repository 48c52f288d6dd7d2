//! The words of an explanation: formulas as the plan writes them, values with their units, names as
//! a reader of the plan knows them.

use crate::eval::{Choices, Dataset, Explanation, Node, NodeKind};
use crate::ir::{Holder, Program, RuleId, SCALARS};
use crate::limits::Limits;
use crate::number::{Num, RoundingMode};
use crate::report::{Faced, Shown, escape, row_label};
use crate::source::{SourceId, Span, TextMap};
use crate::syntax::parse_expr;
use crate::value::{Presentation, Type, Value};

/// The most items of a list that are written out.
const LIST: usize = 8;
/// The most characters of one value.
const LONGEST: usize = 200;

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOf {
    /// The table.
    pub table: usize,
    /// The row.
    pub row: u32,
}

/// Puts parts of an explanation into words.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    pub program: &'a Program,
    pub data: &'a Dataset,
    pub choices: &'a Choices,
}

impl<'a> Speaker<'a> {
    pub fn new(explanation: &'a Faced<Explanation>) -> Self {
        Self { program: &explanation.program, data: &explanation.data, choices: &explanation.choices }
    }

    /// A part of the plan's text as a formula on one line: white space folded, remarks left out.
    pub fn formula(&self, span: Span) -> String {
        let raw = self.program.sources.slice(span);
        fold(&decoded(raw).unwrap_or_else(|| raw.to_owned()))
    }

    /// The part of a formula that gave a figure's value, with the values of what it reads in the
    /// place of names.
    pub fn filled(&self, node: &Node) -> Option<String> {
        let taken = node.taken?;
        if node.operands.is_empty() {
            return None;
        }
        let raw = self.program.sources.slice(taken);
        let mut text = String::with_capacity(raw.len());
        let mut at = taken.start;
        for (span, value, ty) in &node.operands {
            // A record would hide the formula; what is read of it stands for itself.
            let item = if let Type::List(item) = ty.required() { item.required() } else { ty.required() };
            if matches!(item, Type::Record(_)) {
                continue;
            }
            let (from, to) =
                (at.checked_sub(taken.start)? as usize, span.start.checked_sub(taken.start)? as usize);
            text.push_str(raw.get(from..to)?);
            text.push_str(&self.in_formula(ty, value));
            at = span.end;
        }
        text.push_str(raw.get(at.checked_sub(taken.start)? as usize..)?);
        Some(fold(&decoded(&text).unwrap_or(text)))
    }

    /// A value in a formula: a fraction without a finite decimal, which would be taken for a part of the
    /// formula, as the decimal that it begins with, `1.2572... USD/share`.
    fn in_formula(&self, ty: &Type, value: &Value) -> String {
        let bits = Limits::DEFAULT.fraction_bits;
        let cut = match value {
            Value::Number(n) if !n.has_finite_decimal() => Num::from_ratio(1, 1_000_000)
                .and_then(|step| n.round_to(&step, RoundingMode::TowardZero, bits).ok()),
            _ => None,
        };
        let Some(cut) = cut else { return self.words(ty, value) };
        let words = self.shown(ty, &Value::Number(cut)).words();
        let (number, unit) =
            words.split_at_checked(words.find([' ', '%']).unwrap_or(words.len())).unwrap_or((&words, ""));
        format!("{number}...{unit}")
    }

    /// Where a part of the plan stands: `plans/espp.toml, line 12`.
    pub fn place(&self, span: Span) -> String {
        let (line, _) = self.program.sources.line_column(span);
        format!("{}, line {line}", escape::one_line(self.program.sources.name_of(span)))
    }

    /// A value as the plan would write it, on one line; long lists are cut, and a fraction without a
    /// finite decimal is followed by a decimal near it.
    pub fn words(&self, ty: &Type, value: &Value) -> String {
        let text = match (ty.required(), value) {
            (Type::Number(unit), Value::Number(n)) if !n.has_finite_decimal() => {
                let percent = unit.is_none() && unit.presentation() == Presentation::Percent;
                format!("{}{}", self.shown(ty, value).words(), about(n, percent))
            }
            (Type::List(item), Value::List(items)) if items.len() > LIST => {
                let first: Vec<String> = items.iter().take(LIST).map(|v| self.words(item, v)).collect();
                format!("[{}, and {} more]", first.join(", "), items.len().saturating_sub(LIST))
            }
            (Type::List(item), Value::List(items)) => {
                let all: Vec<String> = items.iter().map(|v| self.words(item, v)).collect();
                format!("[{}]", all.join(", "))
            }
            _ => self.shown(ty, value).words(),
        };
        cut(&escape::one_line(&text))
    }

    /// A number of a type in words.
    pub fn number(&self, ty: &Type, n: &Num) -> String {
        self.words(ty, &Value::Number(n.clone()))
    }

    /// A value with what is needed to write it.
    pub fn shown<'b>(&'b self, ty: &'b Type, value: &'b Value) -> Shown<'b> {
        Shown { program: self.program, data: self.data, ty, value }
    }

    /// The key of a row.
    pub fn key(&self, of: RowOf) -> String {
        escape::one_line(&row_label(self.program, self.data, of.table, of.row))
    }

    /// The name of a record or table; empty for the scalars.
    pub fn holder(&self, holder: Holder) -> &'a str {
        self.program.holder_name(holder)
    }

    /// The name of a table.
    pub fn table(&self, table: usize) -> &'a str {
        self.program.holder_name(Holder::Table(table))
    }

    /// A field of a record or table.
    pub fn field(&self, holder: Holder, field: usize) -> Option<&'a crate::ir::Field> {
        self.program.fields(holder).get(field)
    }

    /// The name of an input as the plan's formulas know it: `pay` where `here` is its row, else
    /// `period.first_day` or `quotes.close`, then with the row's key.
    pub fn input(
        &self,
        holder: Holder,
        row: Option<u32>,
        field: usize,
        here: Option<RowOf>,
    ) -> (String, Option<String>) {
        let name = self.field(holder, field).map_or("", |f| &f.name.value);
        match (holder, row) {
            (Holder::Table(table), Some(row)) if here != Some(RowOf { table, row }) => {
                (format!("{}.{name}", self.table(table)), Some(self.key(RowOf { table, row })))
            }
            (Holder::Table(_) | Holder::Record(SCALARS), _) => (name.to_owned(), None),
            (Holder::Record(_), _) => (format!("{}.{name}", self.holder(holder)), None),
        }
    }

    /// The name of a rule as the plan's formulas know it, and the key of its row where that is
    /// another than `here`.
    pub fn rule(&self, id: RuleId, row: Option<u32>, here: Option<RowOf>) -> (String, Option<String>) {
        let table = self.program.rule(id).and_then(|r| r.table);
        match table.zip(row).map(|(table, row)| RowOf { table, row }) {
            Some(of) if here == Some(of) => {
                (self.program.rule(id).map(|r| r.name.value.to_string()).unwrap_or_default(), None)
            }
            Some(of) => (self.program.rule_name(id), Some(self.key(of))),
            None => (self.program.rule_name(id), None),
        }
    }

    /// The row that formulas within a node speak of without naming it.
    pub fn row_of(&self, kind: &NodeKind, around: Option<RowOf>) -> Option<RowOf> {
        match kind {
            NodeKind::Rule(id, row) => {
                let table = self.program.rule(*id).and_then(|r| r.table)?;
                row.map(|row| RowOf { table, row })
            }
            NodeKind::Function(..) => None,
            NodeKind::Variable(_) | NodeKind::Step(_) => around,
        }
    }

    /// What a reader may want to look up: whose clauses are cited, where the row stands in the data.
    pub fn legend(&self, root: &Node) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        if let Some(date) = self.choices.as_of {
            lines.push(("terms".to_owned(), format!("read on {date}, as asked for")));
        }
        if let Some(source) = &self.program.source {
            lines.push(("clauses".to_owned(), escape::one_line(source)));
        }
        let row = self.row_of(&root.kind, None);
        if let Some((of, place)) = row.and_then(|of| Some((of, self.data_place(of)?))) {
            lines.push((self.key(of), place));
        }
        lines
    }

    /// Where a row stands in the data: `participants.csv, line 12`.
    pub fn data_place(&self, of: RowOf) -> Option<String> {
        let place = self.data.place(of.table, of.row)?;
        let file = escape::one_line(place.file.as_ref()?);
        let within = place.within().map(|within| escape::one_line(&within));
        Some(within.map_or_else(|| file.clone(), |within| format!("{file}, {within}")))
    }
}

/// A decimal near a fraction: ` (about 66.6667%)`.
fn about(n: &Num, percent: bool) -> String {
    let bits = Num::ANY_SIZE;
    let scaled = if percent { n.mul(&Num::from(100), bits) } else { Ok(n.clone()) };
    let decimal = scaled.and_then(|n| n.to_fixed(4, RoundingMode::HalfUp, bits));
    decimal.map_or_else(|_| String::new(), |d| format!(" (about {d}{})", if percent { "%" } else { "" }))
}

/// The text, its end left out where it is very long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// A formula's text where the file writes it with the escapes of a TOML string; none where the
/// characters of the file are the formula's own.
fn decoded(raw: &str) -> Option<String> {
    if !raw.contains('\\') {
        return None;
    }
    let source = SourceId::default();
    if parse_expr(&TextMap::plain(source, raw, 0), &Limits::DEFAULT).is_ok() {
        return None;
    }
    // A stretch inside a string has no quotes of its own.
    let quoted = format!("\"\"\"{raw}\"\"\"");
    TextMap::of(source, &quoted, 0..quoted.len()).map(|map| map.text().to_owned())
}

/// Folds white space, outside quoted text, to single spaces, and leaves remarks out.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut space = false;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, '#') => {
                let _ = characters.by_ref().find(|c| *c == '\n');
                space = true;
            }
            (None, c) if c.is_ascii_whitespace() => space = true,
            _ => {
                let opened = out.is_empty() || out.ends_with(['(', '[']);
                if quote.is_none() && space && !opened && !matches!(c, ')' | ']' | ',' | ';') {
                    out.push(' ');
                }
                space = false;
                escape::push(&mut out, c);
                match quote {
                    Some(open) if open == c => quote = None,
                    None if matches!(c, '"' | '\'') => quote = Some(c),
                    _ => {}
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{about, decoded, fold};
    use crate::number::Num;

    #[test]
    fn white_space_is_folded_and_remarks_are_left_out_but_not_within_text() {
        assert_eq!(fold("  max(\n  a, # the first\n\tb\n)  "), "max(a, b)");
        assert_eq!(fold("text(a)  +  \"  # b  \""), "text(a) + \"  # b  \"");
        assert_eq!(fold("let a = 1 ;\n\n a"), "let a = 1; a");
        assert_eq!(fold("a\u{9b}2J"), "a\\u{9b}2J");
    }

    #[test]
    fn escapes_of_a_toml_string_are_undone_where_they_are_no_part_of_the_formula() {
        assert_eq!(decoded(r#"market = \"NYSE\""#).as_deref(), Some("market = \"NYSE\""));
        assert_eq!(decoded("a + \\\n   b").as_deref(), Some("a + b"));
        assert_eq!(decoded("a + b"), None);
    }

    #[test]
    fn a_fraction_is_followed_by_a_decimal_near_it() {
        let third = Num::from_ratio(2, 3).unwrap();
        assert_eq!(about(&third, true), " (about 66.6667%)");
        assert_eq!(about(&third, false), " (about 0.6667)");
    }
}
