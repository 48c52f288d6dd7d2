//! Folds, lists and walks within walks of the rows that belong to each row of a table, as operations over columns.

use super::{cases, compare, limited, over_columns, told};
use proptest::prelude::*;
use serde_json::json;
use whereas::Inputs;
use whereas::engine::Evaluator;
use whereas::limits::Limits;

const HEAD: &str = r#"
[plan]
language = 1
id = "folds"
title = "Folds"
currency = "USD"
[types]
way = "one of buy, sell, gift"
[conventions]
month_end = "clamp"
rounding = "half_up"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
since = "date"
kind = "way"
[inputs.sales]
key = "id"
[inputs.sales.fields]
id = "text"
who = "ref people"
sold = "date"
shares = "shares"
price = "USD/share"
kind = "way"
fee = "USD?"
"#;

/// Formulas about a person, each of which is one of few operations a row over columns.
const FOLDS: [&str; 57] = [
    "fold held = 0 shares for s in sales where s.who = this order by s.sold then held + s.shares",
    "fold held = 0 shares for s in sales where s.who = this order by s.sold descending, s.price then \
     max(held - s.shares, 0 shares)",
    "fold paid = pay for s in sales where s.who = this and s.kind = buy then \
     round(paid + s.shares * s.price, 0.01 USD)",
    // The greatest fall of what was held before.
    "(fold h = { held: 0 shares, most: 0 shares, fall: 0 shares } for s in sales where s.who = this order by s.sold \
     then let now = if s.kind = sell then h.held - s.shares else h.held + s.shares; \
     { held: now, most: max(h.most, now), fall: max(h.fall, h.most - now) }).fall",
    // The average cost of what is held, rounded at each sale.
    "(fold h = { shares: 0 shares, cost: 0 USD } for s in sales where s.who = this order by s.sold then \
     if s.kind = sell and h.shares > 0 shares then \
     h with { cost: round(h.cost * (h.shares - min(s.shares, h.shares)) / h.shares, 0.01 USD), \
     shares: h.shares - min(s.shares, h.shares) } \
     else { shares: h.shares + s.shares, cost: h.cost + s.shares * s.price }).cost",
    "fold late = since for s in sales where s.who = this then if s.shares > 10 shares then s.sold else late",
    "(fold seen = since for s in sales where s.who = this order by s.sold then max(seen, s.sold)) - since",
    "fold odd = false for s in sales where s.who = this order by s.sold then odd <> (s.kind = gift)",
    "fold what = kind for s in sales where s.who = this order by s.sold then if s.shares > 5 shares then s.kind else what",
    "let none = if pay > 0 USD then absent else 1 USD; (fold fee = none for s in sales where s.who = this \
     order by s.sold then s.fee otherwise fee) otherwise 0 USD",
    "(fold h = { n: 0, at: this.since } for s in sales where s.who = this then { n: h.n + 1, at: h.at + 1 day }).at",
    "fold m = since for s in sales where s.who = this order by s.price then m + 1 month",
    "fold w = 1 for s in sales where s.who = this order by s.sold then w * 3",
    // What a state is held as does not come to rest: the reference evaluator's.
    "fold w = pay for s in sales where s.who = this order by s.sold then w / 3",
    "sum([s.shares for s in sales where s.who = this order by s.sold descending])",
    // Texts: compared with one, put in order, carried along.
    "sum(s.shares for s in sales where s.who = this and s.id <> '17')",
    "count(s in sales where s.who = this and s.id < '3')",
    "[s.shares for s in sales where s.who = this order by s.price, s.id descending]",
    "[s.id for s in sales where s.who = this order by s.sold]",
    "fold t = id for s in sales where s.who = this order by s.sold then if s.shares > 3 shares then s.id else t",
    "first(s.id for s in sales where s.who = this and s.price > 3 USD/share order by s.price, s.id) otherwise id",
    "if id < 'p2' then 1 else 0",
    // All others: those of the same kind but oneself.
    "sum(o.pay for o in people where o.kind = kind and o <> this)",
    "count(o in people where o.since < since and id <> o.id)",
    "sum(o.pay / 3 for o in people where o.id <> id and o.kind = kind and 1 / (o.pay / 1 USD) > 0.1)",
    // What is asked first fails first, whether others would have passed or not.
    "sum(s.shares for s in sales where 1 / (s.shares / 1 share) <> pay / 1 USD and s.kind = buy)",
    "sum(s.shares for s in sales where s.kind = buy and s.shares / 1 share <> 1 / (pay / 1 USD - 0.5))",
    "fold n = 0 for s in sales where s.who = this then if n in [o.shares / 1 share for o in sales where o.who = s.who \
     and o.sold = s.sold] then n + 1 else n + 2",
    "sum(let l = [o.price for o in sales where o.who = s.who and o.sold = s.sold]; if s.price + 1 USD/share in l or \
     s.price in l then 1 else 2 for s in sales where s.who = this)",
    "sum(s.shares for s in sales where s.who <> this and s.sold < since and s.shares > 3 shares)",
    // What a walk within a walk is put in order by has no value: half a year is no year.
    "sum(sum(o.shares for o in sales where o.who = s.who order by o.sold - (since + pay / 1 USD * 1 year)) \
     for s in sales where s.who = this)",
    "fold h = 0 shares for s in sales where s.who = this then h + (fold g = 0 shares for o in sales \
     where o.who = s.who and o.sold < s.sold then if g > h then g + o.shares else h)",
    "fold n = 0 for s in sales where s.sold <= since order by s.sold then n + position(s.who)",
    "max(running fold h = 0 shares for s in sales where s.who = this order by s.sold then h + s.shares) \
     otherwise 0 shares",
    "running fold h = 0 shares for s in sales where s.who = this order by s.sold descending then max(h, s.shares)",
    "count(distinct([s.kind for s in sales where s.who = this]))",
    "distinct([s.sold for s in sales where s.who = this order by s.price])",
    "product(s.shares / 1 share for s in sales where s.who = this and s.shares < 3 shares)",
    "sum(present([s.fee for s in sales where s.who = this]))",
    "let mine = [s.shares for s in sales where s.who = this]; sum(mine) - (max(mine) otherwise 0 shares)",
    "let mine = [s for s in sales where s.who = this]; sum(s.shares for s in mine where s.kind = buy)",
    "let mine = [s.shares for s in sales where s.who = this order by s.sold]; fold h = 0 shares for x in mine then \
     h + x * 0.5",
    "let mine = [s for s in sales where s.who = this order by s.sold]; fold h = 0 shares for s in mine \
     where s.kind = buy order by s.price then h + s.shares",
    "let mine = [s.price for s in sales where s.who = this]; max(x for x in mine where x < 5 USD/share) \
     otherwise 0 USD/share",
    "let mine = [s.sold for s in sales where s.who = this]; [x for x in mine where x > since order by x]",
    "let mine = [s.kind for s in sales where s.who = this]; if any(x = buy for x in mine) then 1 else 0",
    "let mine = [s.price > 4 USD/share for s in sales where s.who = this]; count(x in mine where x)",
    "let mine = [s.shares for s in sales where s.who = this order by s.sold]; first(mine) otherwise 0 shares",
    "let mine = [s.shares for s in sales where s.who = this]; if 3 shares in mine then 1 else 0",
    "sum(count(o in sales where o.who = s.who and o.sold < s.sold) for s in sales where s.who = this)",
    "sum(sum(o.shares for o in sales where o.who = this and o.sold <= s.sold) * s.price \
     for s in sales where s.who = this)",
    "count(s in sales where s.who = this and not any(o.sold < s.sold and o.who = s.who for o in sales))",
    "fold h = 0 shares for s in sales where s.who = this order by s.sold then \
     h + sum(o.shares for o in sales where o.who = s.who and o.sold = s.sold)",
    "sum(sum(n * 1 share for n in range(1, min(s.shares / 1 share, 2))) for s in sales where s.who = this)",
    "sum(sum([o.shares for o in sales where o.who = s.who order by o.sold]) for s in sales where s.who = this)",
    "sum(count(distinct([o.kind for o in sales where o.who = this and o.sold = s.sold])) for s in sales where s.who = this)",
    "fold n = 0 for s in sales where s.who = this and 1 share / s.shares > 0 then n + 1",
];

fn plan(formula: &str) -> String {
    format!("{HEAD}[rules.people.found]\ncite = \"1\"\nvalue = '''{formula}'''\n")
}

fn inputs(people: usize, sales: &[(u8, u8, u8, u8)]) -> Inputs {
    let since = |n: usize| format!("20{:02}-0{}-28", n % 20, n % 9 + 1);
    let people: Vec<_> = (0..people.max(1))
        .map(|n| json!({ "id": format!("p{n}"), "pay": format!("{n}.5"), "since": since(n), "kind": "gift" }))
        .collect();
    let sales: Vec<_> = sales
        .iter()
        .enumerate()
        .map(|(n, (who, day, shares, price))| {
            let mut row = json!({
                "id": n.to_string(),
                "who": format!("p{}", usize::from(*who) % people.len()),
                "sold": format!("2003-{:02}-{:02}", day % 12 + 1, day % 28 + 1),
                "shares": shares % 40,
                "price": format!("{}.{:02}", price % 9, price % 100),
                "kind": (["buy", "sell", "gift"][usize::from(price % 3)]),
            });
            if price % 2 == 0 {
                row["fee"] = json!(format!("{}.25", price % 7));
            }
            // A number of shares that no register holds.
            if *shares == 201 {
                row["shares"] = json!("10000000000000000000000");
            }
            row
        })
        .collect();
    Inputs::new().with("people", &people).unwrap().with("sales", &sales).unwrap()
}

fn some(count: usize) -> Vec<(u8, u8, u8, u8)> {
    let byte = |n: usize| u8::try_from(n % 200).unwrap();
    (0..count).map(|n| (byte(n * 37 % 199), byte(n * 7), byte(n * 11 + 1), byte(n * 13))).collect()
}

#[test]
fn every_fold_is_the_same() {
    for formula in FOLDS {
        for (people, sales) in [(5, some(60)), (1, some(9)), (3, Vec::new()), (1_500, some(5_000))] {
            // All pairs of so many would take long.
            if people > 1_000 && !formula.contains("s.who = this") {
                continue;
            }
            let plan = limited(&plan(formula), Limits::DEFAULT);
            compare(&plan.evaluation(), &inputs(people, &sales), &[1, 2])
                .unwrap_or_else(|e| panic!("{formula}: {e}"));
        }
    }
}

/// The reference evaluator takes a step for each part of a formula, columns one for each operation on eight
/// rows: from 51,900 of the first to 251,115, and from 4,956 of the second to 32,966.
#[test]
fn folds_are_worked_out_over_columns() {
    let sales: Vec<_> = some(6_000).into_iter().filter(|(_, _, shares, _)| shares % 40 > 0).collect();
    let data = inputs(1_500, &sales);
    let limits = Limits { steps: 40_000, steps_per_row: 0, ..Limits::DEFAULT };
    // Thirds of thirds, and powers of three, leave every register; one has no value, one looks at all pairs.
    for formula in FOLDS.iter().filter(|f| {
        f.contains("s.who = this") && !["fold w", "fold g", "1 year"].iter().any(|odd| f.contains(odd))
    }) {
        over_columns(&limited(&plan(formula), limits), &data, formula);
    }
}

/// 6,000 rows have no room as lists of one batch, but as those of fewer people at a time: they are folded all the
/// same, with fewer steps than the reference evaluator takes.
#[test]
fn folds_go_over_fewer_rows_at_a_time_where_there_is_little_room() {
    let formula = FOLDS[0];
    let limits =
        Limits { steps: 60_000, steps_per_row: 0, values: 1_000, values_per_row: 0, ..Limits::DEFAULT };
    over_columns(&limited(&plan(formula), limits), &inputs(1_500, &some(6_000)), formula);
}

#[test]
fn limits_are_the_same_for_folds() {
    for formula in FOLDS {
        for values in [0, 3, 20, 60, 400] {
            let limits = Limits { values, values_per_row: 0, ..Limits::DEFAULT };
            let plan = limited(&plan(formula), limits);
            // Columns hold less at a time: where that is enough for the reference evaluator it is for them.
            let found = |evaluator| told(plan.evaluation().evaluator(evaluator).run(&inputs(4, &some(40))));
            let reference = found(Evaluator::Reference);
            if reference.starts_with('{') {
                assert_eq!(reference, found(Evaluator::Columns), "{formula}, {values} values");
            }
        }
        for list_items in [0, 1, 3, 12] {
            let plan = limited(&plan(formula), Limits { list_items, ..Limits::DEFAULT });
            compare(&plan.evaluation(), &inputs(4, &some(40)), &[1])
                .unwrap_or_else(|e| panic!("{formula}, {list_items}: {e}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(64), ..ProptestConfig::default() })]

    #[test]
    fn folds_of_any_rows_are_the_same(
        chosen in 0..FOLDS.len(),
        people in 1_usize..6,
        sales in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 0..40),
    ) {
        let plan = limited(&plan(FOLDS[chosen]), Limits::DEFAULT);
        if let Err(parting) = compare(&plan.evaluation(), &inputs(people, &sales), &[1, 2]) {
            return Err(TestCaseError::fail(format!("{}: {parting}", FOLDS[chosen])));
        }
    }
}
