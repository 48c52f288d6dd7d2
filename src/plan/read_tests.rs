//! A plan that uses everything is read into the document that it says.

use super::document::{BoundKind, InputKind, OutlineStatus, Role, RuleBody};
use super::{Document, NoImports, read_plan};
use crate::diagnostic::Diagnostics;
use crate::limits::Limits;
use crate::number::{Num, RoundingMode};
use crate::source::Name;
use crate::syntax::ast::{Expr, ExprKind, TypeExprKind};
use crate::value::{MonthEnd, parse_date};
use crate::value::{Raw, RawKind};

const PLAN: &str = r#"
[plan]
language = 1
id = "savvis-espp"
title = "Employee Stock Purchase Plan"
source = "Exhibit 10.4"
about = "one line"
currencies = ["USD", "JPY"]
decimals = { JPY = 0 }
units = ["hour", "week"]
term_date = "period.first_day"

[conventions]
month_end = "clamp"
rounding = "half_up"

[types]
status = "one of active, left"
money = "USD"

[rules.participants.eligible]
cite = "§4"
all = [
  { require = "hours > 20", reason = "too_few_hours", cite = "§4(c)" },
  { require = "period.first_day is present", reason = "no_period" },
]

[terms]
discount = "85%"
cap = { value = "10%", cite = ["§6", "§9"], about = "the most", change = "board" }
pool = { value = 6_000_000 }
start = { value = 2001-02-20 }
open = { value = true }

[terms.rate]
cite = "§9"
history = [{ from = 1999-07-22, until = 2001-06-30, value = "10%" }, { from = "2002-01-01", value = 0.12 }]

[inputs]
as_of = { type = "date?" }
note = "text?"

[inputs.period]
optional = true
cite = "§7"
first_day = { type = "date" }
price = { type = "USD/share?", above = "0 USD/share", below = 100, step = "0.0001 USD/share" }

[inputs.participants]
key = "id"
require = [{ that = "status = active or left_on is present", field = "left_on", message = "is required" }]

[inputs.participants.fields]
id = "text"
badge = { type = "text", unique = true }
status = { type = "status", default = "active" }
left_on = "date?"
hours = { type = "number", min = 0, max = 168, whole = true, default = 40 }
tags = { type = "list of text", default = ['"a"', '"b"'] }

[inputs.quotes]
key = ["date", "market"]
fields = { date = "date", market = "text" }

[functions.doubled]
params = { b = "USD", a = "number" }
type = "USD"
value = "b * a"
cite = "§1"

[rules.participants]
pay = "hours * 2"

[rules.participants.outcome]
type = "one of refund, purchase"
cases = [
  { when = "not eligible", then = "refund", cite = "§19(b)" },
  { when = "hours = 0", then = "refund" },
]
otherwise = { then = "purchase", cite = "§9" }

[rules.participants.bought]
private = true
allocate = { parts = "hours", step = "1 share", ties = "id", within = "status" }

[rules]
total = "sum(participants.pay)"

[rules.price]
type = "USD/share"
cite = "§8"
value = """
  max(period.price otherwise 1 USD/share,
      0.01 USD/share)"""

[assumptions.residual]
cite = "§13"
readings = { refund = "goes back", carry = "stays" }
chosen = "refund"

[outline]
"§4(a)" = { rule = "participants.eligible" }
"§8" = { heading = "Price", rule = ["price", "total"], input = "period.price", term = "discount", assumption = "residual" }
"§2" = { discretion = "the Committee decides" }
"§22" = { narrative = "nothing to compute" }

[fixtures.usual]
given = { period = { first_day = 2001-01-02, price = 1_000.50 } }
rows.participants = { hours = 40 }

[fixtures.later]
use = "usual"

[[tests]]
name = "the price has a floor"
cite = ["§8"]
use = "usual"
as_of = 2001-01-02
assume.residual = "carry"
given.period = { price = -1.0e-3 }
given.participants = [{ id = "a", badge = "1" }, { id = "b", left_on = 2001-03-04 }]
expect.price = "0.01 USD/share"
expect.total = 25_000
expect.breakdown = { part = 1, days = [2001-01-02] }
expect.participants."a b".outcome = "refund"
expect.participants.b = { pay = 80, eligible = true }

[[tests]]
name = "hours are bounded"
given.participants = [{ id = "a", hours = 200 }]
refused = "participants.hours"

[[tests]]
name = "no period"
fails = "price"
"#;

fn read(text: &str) -> (Document, Diagnostics) {
    read_plan("plan.toml", text, &NoImports, &Limits::DEFAULT)
}

fn whole() -> Document {
    let (document, diagnostics) = read(PLAN);
    assert_eq!(diagnostics, []);
    assert_eq!(document.broken, []);
    assert!(!document.incomplete);
    document
}

fn names<'a>(names: impl IntoIterator<Item = &'a Name>) -> Vec<&'a str> {
    names.into_iter().map(|n| &*n.value).collect()
}

fn written<'a>(document: &'a Document, expr: &Expr) -> &'a str {
    document.sources.slice(expr.span)
}

#[test]
fn the_header_and_the_conventions_say_what_the_file_says() {
    let document = whole();
    let header = &document.header;
    assert_eq!((&header.role, header.language), (&Role::Plan, 1));
    assert_eq!((&*header.id, &*header.title), ("savvis-espp", "Employee Stock Purchase Plan"));
    assert_eq!((header.source.as_deref(), header.about.as_deref()), (Some("Exhibit 10.4"), Some("one line")));
    let decimals: Vec<_> = header.currencies.iter().map(|c| (&*c.code.value, c.decimals)).collect();
    assert_eq!(decimals, [("USD", 2), ("JPY", 0)]);
    assert_eq!(names(&header.units), ["hour", "week"]);
    assert_eq!(header.term_date.as_ref().map(|e| written(&document, e)), Some("period.first_day"));
    assert_eq!(document.sources.slice(header.span), "plan");
    assert_eq!(document.conventions.month_end.as_ref().map(|m| m.value), Some(MonthEnd::Clamp));
    assert_eq!(document.conventions.rounding.as_ref().map(|m| m.value), Some(RoundingMode::HalfUp));
}

#[test]
fn terms_keep_their_order_and_their_versions() {
    let document = whole();
    assert_eq!(
        names(document.terms.iter().map(|t| &t.name)),
        ["discount", "cap", "pool", "start", "open", "rate"]
    );
    assert_eq!(names(document.types.iter().map(|t| &t.name)), ["status", "money"]);
    let cap = &document.terms[1];
    assert_eq!(cap.notes.cite.iter().map(|c| &*c.value).collect::<Vec<_>>(), ["§6", "§9"]);
    assert_eq!(document.sources.slice(cap.notes.cite[1].span), "§9");
    assert_eq!(
        (cap.notes.about.as_deref(), cap.notes.change.as_ref().map(ToString::to_string).as_deref()),
        (Some("the most"), Some("board"))
    );
    let plain = |at: usize| document.terms[at].versions[0].value.kind.clone();
    let number =
        |text: &str| ExprKind::Number { value: Num::parse(text).unwrap(), unit: None, percent: false };
    assert_eq!(plain(2), number("6000000"));
    assert_eq!(plain(3), ExprKind::Date(parse_date("2001-02-20").unwrap()));
    assert_eq!(plain(4), ExprKind::Bool(true));
    let [first, second] = &document.terms[5].versions[..] else { panic!("two versions") };
    let day = |d: &Option<crate::source::Spanned<chrono::NaiveDate>>| d.as_ref().map(|d| d.value.to_string());
    assert_eq!(
        (day(&first.from).as_deref(), day(&first.until).as_deref()),
        (Some("1999-07-22"), Some("2001-06-30"))
    );
    assert_eq!((day(&second.from).as_deref(), day(&second.until)), (Some("2002-01-01"), None));
    assert_eq!(second.value.kind, number("0.12"));
}

#[test]
fn inputs_are_single_values_records_and_tables() {
    let document = whole();
    assert_eq!(
        names(document.inputs.iter().map(|i| &i.name)),
        ["as_of", "note", "period", "participants", "quotes"]
    );
    assert!(matches!(&document.inputs[1].kind, InputKind::Scalar(f) if &*f.name.value == "note"));
    let InputKind::Record { optional: true, fields, require } = &document.inputs[2].kind else {
        panic!("a record")
    };
    assert!(require.is_empty());
    assert_eq!(names(fields.iter().map(|f| &f.name)), ["first_day", "price"]);
    let bounds: Vec<_> = fields[1].bounds.iter().map(|(k, e)| (*k, written(&document, e))).collect();
    assert_eq!(bounds, [(BoundKind::Above, "0 USD/share"), (BoundKind::Below, "100")]);
    assert_eq!(fields[1].step.as_ref().map(|e| written(&document, e)), Some("0.0001 USD/share"));
    let InputKind::Table { key, fields, require } = &document.inputs[3].kind else { panic!("a table") };
    assert_eq!(names(key), ["id"]);
    assert_eq!(names(fields.iter().map(|f| &f.name)), ["id", "badge", "status", "left_on", "hours", "tags"]);
    assert_eq!((fields[1].unique.is_some(), fields[4].whole.is_some()), (true, true));
    assert_eq!(fields[2].default.as_ref().map(|e| written(&document, e)), Some("active"));
    assert!(matches!(&fields[5].default, Some(Expr { kind: ExprKind::List(items), .. }) if items.len() == 2));
    assert!(matches!(fields[3].ty.kind, TypeExprKind::Optional(_)));
    assert_eq!((&*require[0].field.value, &*require[0].message), ("left_on", "is required"));
    let InputKind::Table { key, .. } = &document.inputs[4].kind else { panic!("a table") };
    assert_eq!(names(key), ["date", "market"]);
}

#[test]
fn rules_keep_the_order_of_the_file_however_their_sections_are_spread() {
    let document = whole();
    let rules: Vec<_> =
        document.rules.iter().map(|r| (r.table.as_ref().map(|t| &*t.value), &*r.name.value)).collect();
    let rows = Some("participants");
    assert_eq!(
        rules,
        [
            (rows, "eligible"),
            (rows, "pay"),
            (rows, "outcome"),
            (rows, "bought"),
            (None, "total"),
            (None, "price")
        ]
    );
    let RuleBody::All(requirements) = &document.rules[0].body else { panic!("requirements") };
    assert_eq!(names(requirements.iter().map(|r| &r.reason)), ["too_few_hours", "no_period"]);
    assert_eq!(requirements[0].cite.as_ref().map(|c| &*c.value), Some("§4(c)"));
    let RuleBody::Cases { cases, otherwise: Some(otherwise) } = &document.rules[2].body else {
        panic!("cases")
    };
    assert_eq!(cases.iter().map(|c| written(&document, &c.then)).collect::<Vec<_>>(), ["refund", "refund"]);
    assert_eq!(otherwise.cite.as_ref().map(|c| &*c.value), Some("§9"));
    assert!(document.rules[2].ty.is_some());
    let RuleBody::Allocate(allocate) = &document.rules[3].body else { panic!("an allocation") };
    assert!(document.rules[3].private && allocate.within.is_some());
    assert!(matches!(document.rules[5].body, RuleBody::Value(_)));
    let [function] = &document.functions[..] else { panic!("one function") };
    assert_eq!(names(function.params.iter().map(|(name, _)| name)), ["b", "a"]);
}

#[test]
fn assumptions_and_the_outline_are_kept_as_written() {
    let document = whole();
    let [assumption] = &document.assumptions[..] else { panic!("one assumption") };
    assert_eq!(names(assumption.readings.iter().map(|(name, _)| name)), ["refund", "carry"]);
    assert_eq!((&*assumption.readings[1].1, &*assumption.chosen.value), ("stays", "refund"));
    let clauses: Vec<_> = document.outline.iter().map(|e| &*e.clause.value).collect();
    assert_eq!(clauses, ["§4(a)", "§8", "§2", "§22"]);
    assert_eq!(document.sources.slice(document.outline[0].clause.span), "§4(a)");
    let headings: Vec<_> = document.outline.iter().map(|e| e.heading.as_deref()).collect();
    assert_eq!(headings, [None, Some("Price"), None, None]);
    assert!(matches!(
        &document.outline[1].status[..],
        [
            OutlineStatus::Rule(_),
            OutlineStatus::Rule(_),
            OutlineStatus::Input(_),
            OutlineStatus::Term(_),
            OutlineStatus::Assumption(_)
        ]
    ));
    assert!(
        matches!(&document.outline[2].status[..], [OutlineStatus::Discretion(why)] if &*why.value == "the Committee decides")
    );
}

fn field<'a>(raw: &'a Raw, name: &str) -> &'a Raw {
    let RawKind::Map(fields) = &raw.kind else { panic!("a table") };
    &fields.iter().find(|(key, _)| &**key == name).unwrap().1
}

#[test]
fn the_data_of_tests_stay_as_they_are_written() {
    let document = whole();
    let fixture = &document.fixtures[0];
    let period = field(&fixture.given, "period");
    assert_eq!(field(period, "first_day").kind, RawKind::Date("2001-01-02".into()));
    assert_eq!(field(period, "price").kind, RawKind::Number("1000.50".into()));
    assert_eq!(field(field(&fixture.rows, "participants"), "hours").kind, RawKind::Number("40".into()));
    assert_eq!(document.fixtures[1].base.as_ref().map(|b| &*b.value), Some("usual"));
    assert_eq!(document.fixtures[1].given.kind, Raw::default().kind);
    let test = &document.tests[0];
    let price = field(field(test.given.as_ref().unwrap(), "period"), "price");
    assert_eq!(price.kind, RawKind::Number("-1.0e-3".into()));
    let line = PLAN.lines().position(|l| l.starts_with("given.period")).unwrap() + 1;
    assert_eq!(price.place.line, Some(u32::try_from(line).unwrap()));
    assert_eq!(price.place.file.as_deref(), Some("plan.toml"));
    let RawKind::List(rows) = &field(test.given.as_ref().unwrap(), "participants").kind else {
        panic!("rows")
    };
    assert_eq!(field(&rows[1], "left_on").kind, RawKind::Date("2001-03-04".into()));
}

#[test]
fn tests_expect_figures_of_the_plan_and_of_rows() {
    let document = whole();
    let test = &document.tests[0];
    assert_eq!(
        (&*test.name.value, test.base.as_ref().map(|b| &*b.value)),
        ("the price has a floor", Some("usual"))
    );
    assert_eq!(names(test.assume.iter().flat_map(|(a, r)| [a, r])), ["residual", "carry"]);
    assert_eq!(test.as_of.as_ref().map(|d| d.value), parse_date("2001-01-02"));
    let expected: Vec<_> = test
        .expect
        .iter()
        .map(|e| {
            (
                e.row.as_ref().map(|(t, k)| (&*t.value, &*k.value)),
                &*e.rule.value,
                written(&document, &e.value),
            )
        })
        .collect();
    assert_eq!(
        expected,
        [
            (None, "price", "0.01 USD/share"),
            (None, "total", "25_000"),
            (None, "breakdown", "{ part = 1, days = [2001-01-02] }"),
            (Some(("participants", "a b")), "outcome", "refund"),
            (Some(("participants", "b")), "pay", "80"),
            (Some(("participants", "b")), "eligible", "true"),
        ]
    );
    assert!(matches!(&test.expect[2].value.kind, ExprKind::Record(fields) if fields.len() == 2));
    assert_eq!(document.tests[1].refused.as_ref().map(|f| &*f.value), Some("participants.hours"));
    assert_eq!(document.tests[2].fails.as_ref().map(|f| &*f.rule.value), Some("price"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_make_no_difference() {
    let text = format!("\u{feff}{}", PLAN.trim_start().replace('\n', "\r\n"));
    let (document, diagnostics) = read(&text);
    assert_eq!(diagnostics, []);
    let plain = whole();
    assert_eq!(names(document.rules.iter().map(|r| &r.name)), names(plain.rules.iter().map(|r| &r.name)));
    assert_eq!(document.sources.slice(document.rules[0].name.span), "eligible");
}

#[test]
fn what_is_broken_is_left_out_and_named_and_the_rest_is_read() {
    let text = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n[inputs.people]\nkey = \"id\"\n\
        fields = { id = \"text\", pay = \"USD((\" }\n[rules]\ngood = \"1\"\nbad = \"1 +\"\n[terms]\nrate = \"1 +\"\n";
    let (document, diagnostics) = read(text);
    assert_eq!(diagnostics.len(), 3, "{diagnostics:?}");
    assert_eq!(names(&document.broken), ["rate", "pay", "bad"]);
    assert_eq!(names(document.rules.iter().map(|r| &r.name)), ["good"]);
    let InputKind::Table { fields, .. } = &document.inputs[0].kind else { panic!("a table") };
    assert_eq!(names(fields.iter().map(|f| &f.name)), ["id"]);
    assert!(!document.incomplete);
}
