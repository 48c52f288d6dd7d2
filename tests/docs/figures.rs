//! The limits that the manual names are those of the library.

use super::blocks::read;
use whereas::limits::Limits;

/// A number as the manual writes it: `20,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn the_limits_of_the_manual_are_those_of_the_library() {
    let manual = read("docs/plan-file.md");
    let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
    let count = |n: usize| grouped(n.try_into().unwrap());
    let limits = Limits::DEFAULT;
    let rows = [
        ("a plan file, a part or a calendar", mebibytes(limits.plan_bytes)),
        (
            "a JSON or TOML document of data",
            format!("{} (CSV has no limit)", mebibytes(limits.document_bytes)),
        ),
        ("nesting of formulas, types and data", count(limits.depth)),
        ("imported files", count(limits.imports)),
        ("definitions of a plan", count(limits.definitions)),
        ("functions that call each other", format!("{} deep", count(limits.calls))),
        ("bits above or below the line of a fraction", grouped(limits.fraction_bits)),
        ("items of a list", count(limits.list_items)),
        (
            "steps of an evaluation",
            format!(
                "{}, and {} for each row of the data",
                grouped(limits.steps),
                grouped(limits.steps_per_row)
            ),
        ),
        (
            "values held at a time",
            format!(
                "{}, and {} for each row of the data",
                grouped(limits.values),
                grouped(limits.values_per_row)
            ),
        ),
        ("steps of all constants of a plan together", grouped(limits.constant_steps)),
        ("values of a constant", grouped(limits.constant_values)),
        ("faults of data reported one by one", format!("{}; the rest are counted", count(limits.faults))),
    ];
    for (what, most) in rows {
        let row = format!("| {what} | {most} |");
        assert!(manual.contains(&row), "the manual has no row `{row}`");
    }
}
