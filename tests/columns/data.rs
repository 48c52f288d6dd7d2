//! Data for generated plans: ordinary values, and those at the edges of what columns hold.

use super::dice::noise;
use serde_json::{Map, Value, json};

const ORDINARY: &[&str] = &["100.25", "0", "6240.00", "12.5", "1", "0.01", "25000", "99999.99", "3", "7.1"];
const SIGNED: &[&str] = &["-5", "0", "-100.25", "2.5", "-0.01", "0.5", "-2.5", "1.005", "-0", "8"];
const FINE: &[&str] = &[
    "0.000001",
    "1.0000000001",
    "0.1234567",
    "-0.999999999999",
    "12.345678901234567890",
    "0.3333",
    "2.50",
    "1/8",
];
const FRACTIONS: &[&str] = &["1/3", "-7/9", "22/7", "2/3", "0", "1", "1000000007/3", "-1/6"];
const HUGE: &[&str] = &[
    "9223372036854775807",
    "-9223372036854775808",
    "92233720368547758.07",
    "1000000000000000000000",
    "-1000000000000000000.5",
    "79228162514264337593543950335",
    "123456789012345678901234567890123.45",
    "3037000500",
    "4611686018427387904",
    "0",
    "1",
    "18446744073709551616",
];
const NUMBERS: [&[&str]; 5] = [ORDINARY, SIGNED, FINE, FRACTIONS, HUGE];
const DATES: &[&str] = &[
    "2001-01-31",
    "2000-02-29",
    "2001-06-30",
    "1999-12-31",
    "2002-01-01",
    "2001-02-28",
    "1999-07-22",
    "2004-03-30",
];
const FAR: &[&str] = &["9999-12-31", "0001-01-01", "9999-01-30", "0001-03-31", "1998-05-06"];
const TEXTS: &[&str] = &["A", "b", "none", "Ärger, \"quoted\"", "P1", "0", "true", "a"];
const KINDS: &[&str] = &["red", "green", "blue"];
pub const LEVELS: &[&str] = &["1", "2.5", "1/3", "-4", "0", "100", "9223372036854775808"];

/// How many rows, and of what sort: one sort of values for each column.
#[derive(Clone, Debug)]
pub struct Shape {
    pub rows: usize,
    pub seed: u64,
    pub sorts: Vec<u8>,
}

impl Shape {
    fn noise(&self, column: usize, row: usize) -> u64 {
        noise(self.seed, column, row)
    }

    /// A number's text, by the column's sort: one of a kind, with a few of another, or all mixed.
    fn number(&self, column: usize, row: usize) -> String {
        let sort = usize::from(self.sorts.get(column).copied().unwrap_or(0));
        let n = self.noise(column, row);
        let other = (n >> 32) % 40 == 0;
        let list = match sort % 12 {
            0..=4 => NUMBERS[0],
            5 | 6 => NUMBERS[1],
            7 if other => NUMBERS[4],
            8 if other => NUMBERS[3],
            7 | 8 => NUMBERS[0],
            9 => NUMBERS[2],
            10 => NUMBERS[3],
            _ => NUMBERS[(n >> 16) as usize % 5],
        };
        // Not every row shares its numbers with others.
        if (n >> 40) % 3 == 0 && !list.iter().any(|t| t.contains('/')) {
            return format!("{}.{:02}", n % 10_000, (n >> 20) % 100);
        }
        list[n as usize % list.len()].to_owned()
    }

    fn date(&self, column: usize, row: usize) -> &'static str {
        let far = self.sorts.get(column).copied().unwrap_or(0) % 8 == 7;
        let n = self.noise(column, row);
        if far && (n >> 32) % 6 == 0 { FAR[n as usize % FAR.len()] } else { DATES[n as usize % DATES.len()] }
    }

    fn is_absent(&self, column: usize, row: usize) -> bool {
        match self.sorts.get(column).copied().unwrap_or(0) % 5 {
            0 => false,
            4 => true,
            _ => (self.noise(column, row) >> 8) % 3 == 0,
        }
    }

    fn cell(&self, name: &str, ty: &str, column: usize, row: usize) -> Option<Value> {
        let optional = ty.ends_with('?');
        if optional && self.is_absent(column, row) {
            return None;
        }
        let n = self.noise(column, row) as usize;
        Some(match ty.trim_end_matches('?') {
            "date" => json!(self.date(column, row)),
            "boolean" => json!(n % 3 != 0),
            "text" if name == "id" => json!(format!("P{row}")),
            "text" => json!(TEXTS[n % TEXTS.len()]),
            "colour" => json!(KINDS[n % KINDS.len()]),
            "ref groups" => json!(format!("G{}", n % 3)),
            "ref people" => json!(format!("P{}", n % self.rows.max(1))),
            "level" => json!(LEVELS[n % LEVELS.len()]),
            _ => json!(self.number(column, row)),
        })
    }
}

/// The fields of the table that most rules are about.
pub static PEOPLE: &[(&str, &str)] = &[
    ("id", "text"),
    ("pay", "USD"),
    ("saved", "USD"),
    ("bonus", "USD?"),
    ("hours", "number"),
    ("rate", "%"),
    ("extra", "number?"),
    ("pct", "%?"),
    ("shares", "shares"),
    ("held", "shares?"),
    ("price", "USD/share"),
    ("offer", "USD/share?"),
    ("hired", "date"),
    ("left", "date?"),
    ("active", "boolean"),
    ("flag", "boolean?"),
    ("kind", "colour"),
    ("mood", "colour?"),
    ("name", "text"),
    ("note", "text?"),
    ("group", "ref groups"),
    ("boss", "ref groups?"),
    ("step", "level"),
];

/// The fields of the table that those rows refer to.
pub static GROUPS: &[(&str, &str)] = &[
    ("code", "text"),
    ("base", "USD"),
    ("cap", "USD?"),
    ("weight", "number"),
    ("since", "date"),
    ("open", "boolean"),
    ("tint", "colour"),
    ("strike", "USD/share?"),
];

/// The fields of the table of what those rows were paid, by whom and when.
pub static PAYS: &[(&str, &str)] = &[
    ("who", "ref people"),
    ("on", "date"),
    ("amount", "USD"),
    ("units", "shares?"),
    ("ratio", "number"),
    ("tint", "colour"),
    ("done", "boolean"),
    ("memo", "text"),
    ("until", "date?"),
];

/// The values of the plan.
pub static SCALARS: &[(&str, &str)] = &[
    ("budget", "USD"),
    ("ceiling_", "USD?"),
    ("factor", "number"),
    ("as_of", "date"),
    ("until", "date?"),
    ("strict", "boolean"),
    ("tone", "colour"),
    ("pool", "shares"),
];

fn record(shape: &Shape, fields: &[(&str, &str)], base: usize, row: usize) -> Map<String, Value> {
    let cell = |(column, (name, ty)): (usize, &(&str, &str))| {
        Some(((*name).to_owned(), shape.cell(name, ty, base + column, row)?))
    };
    fields.iter().enumerate().filter_map(cell).collect()
}

/// The data as a document.
pub fn document(shape: &Shape) -> Value {
    let mut document = record(shape, SCALARS, 40, 0);
    let people: Vec<Value> = (0..shape.rows).map(|row| record(shape, PEOPLE, 0, row).into()).collect();
    document.insert("people".to_owned(), people.into());
    let group = |row: usize| {
        let mut group = record(shape, GROUPS, 25, row);
        group.insert("code".to_owned(), json!(format!("G{row}")));
        Value::from(group)
    };
    document.insert("groups".to_owned(), (0..3).map(group).collect::<Vec<_>>().into());
    let mut known = std::collections::BTreeSet::new();
    let pays = (0..shape.rows * 2).map(|row| record(shape, PAYS, 60, row));
    let pays = pays.filter(|pay| known.insert((pay["who"].to_string(), pay["on"].to_string())));
    document.insert("pays".to_owned(), pays.map(Value::from).collect::<Vec<_>>().into());
    let codes = TEXTS.iter().zip(KINDS.iter().cycle()).enumerate().map(|(i, (name, kind))| {
        json!({ "name": name, "kind": kind, "factor": shape.number(56, i), "least": shape.number(57, i) })
    });
    document.insert("codes".to_owned(), codes.collect::<Vec<_>>().into());
    let bands = LEVELS.iter().enumerate().filter(|(i, _)| i % 3 != 2 || shape.seed % 2 == 0).map(
        |(i, level)| json!({ "level": level, "share_of": shape.number(50, i), "least": shape.number(51, i) }),
    );
    document.insert("bands".to_owned(), bands.collect::<Vec<_>>().into());
    let teams = [0, 2].map(|row| json!({ "of": format!("G{row}"), "lead": shape.number(54, row) }));
    document.insert("teams".to_owned(), teams.to_vec().into());
    let quotes = DATES.iter().enumerate().filter(|(i, _)| i % 4 != 1).map(|(i, day)| {
        let mut quote = json!({ "on": day });
        if i % 3 != 0 {
            quote["close"] = json!(shape.number(52, i));
        }
        quote
    });
    document.insert("quotes".to_owned(), quotes.collect::<Vec<_>>().into());
    let tints =
        KINDS.iter().take(2).map(|kind| json!({ "colour": kind, "times": shape.number(53, kind.len()) }));
    document.insert("tints".to_owned(), tints.collect::<Vec<_>>().into());
    document.into()
}
