//! Conclusions that move between two evaluations, as the rows of a table, JSON and Markdown: what
//! `readings` and `diff` share.

use super::Shown;
use crate::engine::{Move, MovedRule, PartMove};
use crate::eval::Dataset;
use crate::ir::{Program, RuleId};
use crate::number::Num;
use crate::value::{Type, Value};
use serde_json::{Value as Json, json};
use std::cmp::Reverse;

/// The two sides that conclusions move between, each a plan and its data.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub from: (&'a Program, &'a Dataset),
    pub to: (&'a Program, &'a Dataset),
}

impl Sides<'_> {
    /// What a rule is called.
    pub fn name(&self, rule: &MovedRule) -> String {
        self.to.0.rule_name(rule.rule)
    }

    fn words(side: (&Program, &Dataset), rule: RuleId, value: &Value) -> String {
        let (program, data) = side;
        let ty = program.rule(rule).map_or(Type::Never, |r| r.ty.clone());
        Shown { program, data, ty: &ty, value }.words()
    }

    /// An amount by which conclusions of a rule move.
    pub fn signed(&self, rule: &MovedRule, by: &Num) -> String {
        let text = Self::words(self.to, rule.rule, &Value::Number(by.clone()));
        if by.is_positive() { format!("+{text}") } else { text }
    }

    /// `key: from → to`.
    pub fn change(&self, rule: &MovedRule, one: &Move) -> String {
        let key = one.key.as_ref().map_or_else(String::new, |k| format!("{k}: "));
        let from = Self::words(self.from, rule.from, &one.from);
        format!("{key}{from} → {}", Self::words(self.to, rule.rule, &one.to))
    }

    /// How many conclusions of a rule move, the sum of the differences, and the first `shown` of them.
    fn cells(&self, rule: &MovedRule, shown: usize) -> (String, String, Vec<String>) {
        let net = rule.net.as_ref().map_or_else(String::new, |n| self.signed(rule, n));
        (rows(rule), net, self.largest(rule, shown))
    }

    /// What moves inside of a conclusion, with where it stands: the row, the record, the field.
    fn part_change(&self, one: &Move, part: &PartMove) -> String {
        let place: Vec<&str> = one.key.iter().chain(&part.path).map(String::as_str).collect();
        let words = |(program, data): (&Program, &Dataset), value: &Value| {
            Shown { program, data, ty: &part.ty, value }.words()
        };
        let by = part.by.as_ref().map_or_else(String::new, |by| {
            let sign = if by.is_positive() { "+" } else { "" };
            format!(" ({sign}{})", words(self.to, &Value::Number(by.clone())))
        });
        let change = match (&part.from, &part.to) {
            (Value::Absent, to @ Value::Record(_)) => format!("more: {}", words(self.to, to)),
            (from @ Value::Record(_), Value::Absent) => format!("no more: {}", words(self.from, from)),
            (from, to) => format!("{} → {}{by}", words(self.from, from), words(self.to, to)),
        };
        format!("{}: {change}", place.join(", "))
    }

    /// The first `shown` of what moves of a rule, largest first, and how many more do: conclusions, or the
    /// parts of those that have parts.
    fn largest(&self, rule: &MovedRule, shown: usize) -> Vec<String> {
        let mut parts: Vec<(&Move, &PartMove)> =
            rule.moves.iter().flat_map(|m| m.parts.iter().map(move |p| (m, p))).collect();
        let all = if parts.is_empty() { rule.moves.len() } else { parts.len() };
        let mut listed: Vec<String> = if parts.is_empty() {
            rule.moves.iter().take(shown.max(1)).map(|m| self.change(rule, m)).collect()
        } else {
            // Each row's are sorted so already.
            parts.sort_by_key(|(_, part)| Reverse(part.weight()));
            parts.into_iter().take(shown.max(1)).map(|(m, part)| self.part_change(m, part)).collect()
        };
        let more = all.saturating_sub(listed.len());
        if more > 0 {
            listed.push(format!("and {more} more"));
        }
        listed
    }

    /// A table for people.
    #[cfg(feature = "cli")]
    pub fn table(&self, moved: &[MovedRule], width: usize, shown: usize) -> String {
        use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(100));
        table.set_header(["conclusion", "moves", "in all", "the largest"]);
        for rule in moved {
            let (rows, net, listed) = self.cells(rule, shown);
            let cells = [self.name(rule), rows, net, listed.join("\n")];
            table.add_row(
                cells.iter().map(|c| c.lines().map(super::escape::one_line).collect::<Vec<_>>().join("\n")),
            );
        }
        for column in [1, 2] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{table}\n")
    }

    /// A table in Markdown; empty where nothing moves.
    pub fn markdown(&self, moved: &[MovedRule], shown: usize) -> String {
        let mut out = String::new();
        if !moved.is_empty() {
            out.push_str("| conclusion | moves | in all | the largest |\n|---|--:|--:|---|\n");
        }
        for rule in moved {
            let (rows, net, listed) = self.cells(rule, shown);
            let listed: Vec<String> = listed.iter().map(|text| cell(text)).collect();
            out.push_str(&format!("| `{}` | {rows} | {net} | {} |\n", self.name(rule), listed.join("<br>")));
        }
        out
    }

    /// One rule as JSON: `from`, `to` and `by` as results write them.
    pub fn json(&self, rule: &MovedRule) -> Json {
        let of = |(program, data): (&Program, &Dataset), id: RuleId, value: &Value| {
            let ty = program.rule(id).map_or(Type::Never, |r| r.ty.clone());
            serde_json::to_value(Shown { program, data, ty: &ty, value }).unwrap_or(Json::Null)
        };
        let number = |n: &Option<Num>| {
            n.as_ref().map_or(Json::Null, |n| of(self.to, rule.rule, &Value::Number(n.clone())))
        };
        let typed = |(program, data): (&Program, &Dataset), ty: &Type, value: &Value| {
            serde_json::to_value(Shown { program, data, ty, value }).unwrap_or(Json::Null)
        };
        let part = |part: &PartMove| {
            let by = part.by.as_ref().map(|by| typed(self.to, &part.ty, &Value::Number(by.clone())));
            json!({
                "path": part.path,
                "from": typed(self.from, &part.ty, &part.from),
                "to": typed(self.to, &part.ty, &part.to),
                "by": by,
            })
        };
        let one = |m: &Move| {
            let mut one = json!({
                "key": m.key,
                "from": of(self.from, rule.from, &m.from),
                "to": of(self.to, rule.rule, &m.to),
                "by": number(&m.by),
            });
            if let (false, Some(map)) = (m.parts.is_empty(), one.as_object_mut()) {
                map.insert("parts".to_owned(), m.parts.iter().map(part).collect());
            }
            one
        };
        json!({
            "rule": self.name(rule),
            "rows_moved": rule.rows.0,
            "rows": rule.rows.1,
            "net": number(&rule.net),
            "moves": rule.moves.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

fn rows(rule: &MovedRule) -> String {
    match rule.rows {
        _ if rule.moves.iter().all(|one| one.key.is_none()) => "the figure".to_owned(),
        (some, all) => format!("{some} of {all}"),
    }
}

/// Text of a cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    super::escape::one_line(text).replace('|', "\\|")
}
