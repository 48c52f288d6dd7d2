//! Walks that need not look at every row conclude, and fail, as those that do.
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use whereas::data::read_toml;
use whereas::limits::Limits;
use whereas::{EvaluateError, Inputs, Plan};

/// A figure over a table of as many rows: `a` is the place from 0, modulo 5, `b` the place.
fn figure(formula: &str, rows: usize) -> Result<String, String> {
    let plan = format!(
        "[plan]\nlanguage = 1\nid = \"w\"\ntitle = \"W\"\nsource = \"x\"\ncurrency = \"USD\"\n\
         [inputs.rows]\nkey = \"id\"\nfields = {{ id = \"text\", a = \"number\", b = \"number\" }}\n\
         [rules.r]\ncite = \"1\"\nvalue = '''{formula}'''\n"
    );
    let plan = Plan::from_str(&plan).unwrap_or_else(|e| panic!("{formula}: {:?}", e.diagnostics));
    let rows: String =
        (0..rows).map(|n| format!("[[rows]]\nid = \"{n}\"\na = {}\nb = {n}\n", n % 5)).collect();
    let data = Inputs::from_raw(read_toml("d.toml", &rows, &Limits::DEFAULT).unwrap());
    match plan.evaluate(&data) {
        Ok(results) => Ok(format!("{:?}", results.value(plan.program().find_rule("r").unwrap(), None))),
        Err(EvaluateError::Rules(found)) => Err(found[0].message.clone()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn rows_found_by_a_field_are_those_that_a_walk_finds() {
    for (quick, plain) in [
        ("[x.b for x in rows where x.a = 3]", "[x.b for x in rows where x.a + 0 = 3]"),
        (
            "[x.b for x in rows where 3 = x.a and x.b > 10]",
            "[x.b for x in rows where x.a + 0 = 3 and x.b > 10]",
        ),
        (
            "[x.b for x in rows where x.b <> 8 and x.a = 3]",
            "[x.b for x in rows where x.b <> 8 and x.a + 0 = 3]",
        ),
        ("[x.b for x in rows where x.a = 9]", "[x.b for x in rows where x.a + 0 = 9]"),
        (
            "[count(y in rows where y.a = x.b) for x in rows]",
            "[count(y in rows where y.a + 0 = x.b) for x in rows]",
        ),
        (
            "[x.b for x in rows where x.a = 2 order by x.b descending]",
            "[x.b for x in rows where x.a + 0 = 2 order by x.b descending]",
        ),
        // What fails is what fails in a walk: behind the equality only for rows that fulfil it, before
        // it for every row, and where the value itself fails.
        (
            "count(x in rows where x.a = 3 and 1 / x.b > 0)",
            "count(x in rows where x.a + 0 = 3 and 1 / x.b > 0)",
        ),
        (
            "count(x in rows where x.a = 0 and 1 / x.b > 0)",
            "count(x in rows where x.a + 0 = 0 and 1 / x.b > 0)",
        ),
        (
            "count(x in rows where 1 / x.b > 0 and x.a = 3)",
            "count(x in rows where 1 / x.b > 0 and x.a + 0 = 3)",
        ),
        (
            "[x.b for x in rows where x.a = 3 and x.b > 0 and x.b = 8]",
            "[x.b for x in rows where x.a + 0 = 3 and x.b > 0 and x.b + 0 = 8]",
        ),
        (
            "[count(y in rows where y.a = x.a and y.b = x.b) for x in rows]",
            "[count(y in rows where y.a + 0 = x.a and y.b + 0 = x.b) for x in rows]",
        ),
        // The value of a second equality matters only where the first is fulfilled.
        (
            "count(x in rows where x.a = 9 and x.b = 1 / 0)",
            "count(x in rows where x.a + 0 = 9 and x.b + 0 = 1 / 0)",
        ),
        (
            "count(x in rows where x.a = 3 and x.b = 1 / 0)",
            "count(x in rows where x.a + 0 = 3 and x.b + 0 = 1 / 0)",
        ),
        ("count(x in rows where x.a = 1 / 0)", "count(x in rows where x.a + 0 = 1 / 0)"),
        (
            "count(x in rows where x.b > 99 and x.a = 1 / 0)",
            "count(x in rows where x.b > 99 and x.a + 0 = 1 / 0)",
        ),
    ] {
        for rows in [0, 3, 40] {
            assert_eq!(figure(quick, rows), figure(plain, rows), "{quick}, {rows} rows");
        }
    }
    assert!(figure("count(x in rows where x.a = 0 and 1 / x.b > 0)", 40).is_err());
    assert!(figure("count(x in rows where x.a = 3 and 1 / x.b > 0)", 40).is_ok());
}

#[test]
fn any_and_all_stop_where_they_are_decided() {
    let yes = figure("true", 1);
    assert_eq!(figure("any(6 / x > 2 for x in [1, 0])", 0), yes);
    assert_eq!(figure("any(x = 1 for x in [1, 0] where 6 / x > 2)", 0), yes);
    assert_eq!(figure("not all(x > 1 for x in [1, 0] where 6 / x > 2)", 0), yes);
    assert!(figure("any(x = 2 for x in [1, 0] where 6 / x > 2)", 0).is_err());
}
