//! How diagnostics are drawn for people: each kind of place as a snapshot, and that no text and no
//! span can make drawing fail or send a control character.
#![allow(clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test that slips may panic")]

use super::{Style, human};
use crate::diagnostic::{Code, Diagnostic, Subject};
use crate::report::escape::is_unsafe;
use crate::source::{SourceId, SourceMap, Span};
use proptest::prelude::*;

const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };
const ASCII: Style = Style { unicode: false, ..PLAIN };

const PLAN: &str = r#"[terms]
discount = { value = "85%", cite = "§8" }

[rules.participants.cost]
type = "USD"
value = "purchased_shares + deductions"
cite = "§9"
"#;

/// The span of the first occurrence of `needle`.
fn find(id: SourceId, text: &str, needle: &str) -> Span {
    let start = text.find(needle).unwrap_or_else(|| panic!("{needle:?} is not there"));
    Span::new(id, start, start + needle.len())
}

/// One diagnostic about one text, drawn without the listing's end.
fn drawn(text: &str, style: Style, build: impl FnOnce(Diagnostic, SourceId) -> Diagnostic) -> String {
    let mut sources = SourceMap::default();
    let id = sources.add("plan.toml", text);
    let diagnostic = build(Diagnostic::error(Code::WrongUnit, "the units do not go together"), id);
    let listing = human(&[diagnostic], &sources, style);
    listing.strip_suffix("\n\n1 error\nhelp: whereas code wrong-unit\n").unwrap().to_owned()
}

fn wrong_unit(id: SourceId) -> Diagnostic {
    Diagnostic::error(Code::WrongUnit, "`purchased_shares` and `deductions` cannot be added")
        .label(find(id, PLAN, "purchased_shares"), "this is in shares")
        .label(find(id, PLAN, "deductions"), "and this in USD")
        .help("multiply the shares by a price first, such as `purchased_shares * purchase_price`")
}

fn subject() -> Subject {
    Subject {
        file: Some("participants.csv".into()),
        line: Some(12),
        at: None,
        table: Some("participants".into()),
        key: Some("E1042".into()),
        field: Some("pay".into()),
        rows: Vec::new(),
    }
}

#[test]
fn a_listing_ends_with_the_count_and_where_to_read_more() {
    let mut sources = SourceMap::default();
    let id = sources.add("plans/espp.toml", PLAN);
    let diagnostics = [
        Diagnostic::warning(Code::UnusedTerm, "no rule uses `discount`")
            .label(find(id, PLAN, "discount"), "")
            .help("use it in a rule, or take it away"),
        wrong_unit(id),
        Diagnostic::error(Code::MissingEntry, "the plan has no `language`"),
    ];
    insta::assert_snapshot!(human(&diagnostics, &sources, PLAIN), @r#"
    warning[unused-term]: no rule uses `discount`
       ╭─[plans/espp.toml:2:1]
     1 │ [terms]
     2 │ discount = { value = "85%", cite = "§8" }
       · ────────
     3 │
       ╰────
      help: use it in a rule, or take it away

    error[wrong-unit]: `purchased_shares` and `deductions` cannot be added
       ╭─[plans/espp.toml:6:10]
     5 │ type = "USD"
     6 │ value = "purchased_shares + deductions"
       ·          ────────┬───────   ─────┬────
       ·                  │               ╰── and this in USD
       ·                  ╰── this is in shares
     7 │ cite = "§9"
       ╰────
      help: multiply the shares by a price first, such as `purchased_shares
            * purchase_price`

    error[missing-entry]: the plan has no `language`

    2 errors, 1 warning
    help: whereas code wrong-unit (or missing-entry, unused-term)
    "#);
    assert_eq!(human(&[], &sources, PLAIN), "");
    let many: Vec<Diagnostic> =
        crate::diagnostic::CODES.iter().take(6).map(|row| Diagnostic::error(row.code, "m")).collect();
    let listing = human(&many, &sources, PLAIN);
    let end =
        "help: whereas code file-unreadable (or file-not-text, file-too-large, toml-syntax and 2 more)\n";
    assert!(listing.ends_with(&format!("\n\n6 errors\n{end}")), "{listing}");
}

#[test]
fn without_unicode_it_is_drawn_in_ascii() {
    let shown = drawn(PLAN, ASCII, |_, id| wrong_unit(id));
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: `purchased_shares` and `deductions` cannot be added
       ,-[plan.toml:6:10]
     5 | type = "USD"
     6 | value = "purchased_shares + deductions"
       :          ^^^^^^^^|^^^^^^^   ^^^^^|^^^^
       :                  |               `-- and this in USD
       :                  `-- this is in shares
     7 | cite = "§9"
       `----
      help: multiply the shares by a price first, such as `purchased_shares
            * purchase_price`
    "#);
}

#[test]
fn the_first_label_has_the_colour_of_the_severity_and_the_others_another() {
    let shown = drawn(PLAN, Style { colour: true, ..ASCII }, |_, id| wrong_unit(id));
    insta::assert_snapshot!(shown.replace('\u{1b}', "␛"), @r#"
    ␛[31merror[wrong-unit]:␛[0m `purchased_shares` and `deductions` cannot be added
       ,-[␛[36;1;4mplan.toml:6:10␛[0m]
     ␛[2m5␛[0m | type = "USD"
     ␛[2m6␛[0m | value = "purchased_shares + deductions"
       : ␛[31m         ^^^^^^^^|^^^^^^^␛[0m␛[36m   ^^^^^|^^^^␛[0m
       :                  ␛[31m|␛[0m               ␛[36m`-- ␛[36mand this in USD␛[0m␛[0m
       :                  ␛[31m`-- ␛[31mthis is in shares␛[0m␛[0m
     ␛[2m7␛[0m | cite = "§9"
       `----
    ␛[36m  help: ␛[0mmultiply the shares by a price first, such as `purchased_shares
            * purchase_price`
    "#);
}

#[test]
fn labels_in_other_files_and_far_apart_have_snippets_of_their_own() {
    let mut sources = SourceMap::default();
    let plan = sources.add("plan.toml", PLAN);
    let part_text = "[terms]\ndiscount = \"90%\"\n";
    let part = sources.add("parts/terms.toml", part_text);
    let diagnostic = Diagnostic::error(Code::DuplicateName, "`discount` is defined more than once")
        .label(find(part, part_text, "discount"), "defined again here")
        .label(find(plan, PLAN, "discount"), "first defined here")
        .label(find(plan, PLAN, "§9"), "")
        .label(Span::new(SourceId(77), 0, 4), "in a text that nobody knows");
    insta::assert_snapshot!(human(&[diagnostic], &sources, PLAIN), @r#"
    error[duplicate-name]: `discount` is defined more than once
       ╭─[parts/terms.toml:2:1]
     1 │ [terms]
     2 │ discount = "90%"
       · ────┬───
       ·     ╰── defined again here
       ╰────
       ╭─[plan.toml:2:1]
     1 │ [terms]
     2 │ discount = { value = "85%", cite = "§8" }
       · ────┬───
       ·     ╰── first defined here
     3 │
       ╰────
       ╭─[plan.toml:7:9]
     6 │ value = "purchased_shares + deductions"
     7 │ cite = "§9"
       ·         ──
       ╰────

    1 error
    help: whereas code duplicate-name
    "#);
}

#[test]
fn labels_that_overlap_are_each_underlined_in_full() {
    let text = "value = \"a + b * c\"\n";
    let shown = drawn(text, PLAIN, |d, id| {
        d.label(find(id, text, "a + b * c"), "all of this")
            .label(find(id, text, "b * c"), "this part")
            .label(find(id, text, "b * c"), "said twice")
            .label(find(id, text, "b * c"), "said twice")
            .label(find(id, text, "value"), "in this entry")
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:10]
     1 │ value = "a + b * c"
       · ──┬──    ────┬────
       ·   │          ╰── all of this
       ·   ╰── in this entry
       ╰────
       ╭─[plan.toml:1:14]
     1 │ value = "a + b * c"
       ·              ──┬──
       ·                ╰─┤ this part
       ·                  │ said twice
       ╰────
    "#);
}

#[test]
fn a_span_of_no_characters_is_an_arrow_also_at_the_ends_of_lines_and_of_the_file() {
    let text = "a = 1\n\nb =";
    let at = |offset: usize| {
        drawn(text, PLAIN, |d, id| d.label(Span::new(id, offset, offset), "a value is expected"))
    };
    insta::assert_snapshot!(at(4), @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:5]
     1 │ a = 1
       ·     ▲
       ·     ╰── a value is expected
     2 │
       ╰────
    "#);
    insta::assert_snapshot!(at(5), @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:6]
     1 │ a = 1
       ·      ▲
       ·      ╰── a value is expected
     2 │
       ╰────
    "#);
    insta::assert_snapshot!(at(6), @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:2:1]
     1 │ a = 1
     2 │
       · ▲
       · ╰── a value is expected
     3 │ b =
       ╰────
    "#);
    insta::assert_snapshot!(at(10), @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:3:4]
     2 │
     3 │ b =
       ·    ▲
       ·    ╰── a value is expected
       ╰────
    "#);
    assert_eq!(at(10), at(4000));
    let end = drawn("a = 1\n", PLAIN, |d, id| d.label(Span::new(id, 6, 6), "an entry is expected"));
    insta::assert_snapshot!(end, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:2:1]
     1 │ a = 1
     2 │
       · ▲
       · ╰── an entry is expected
       ╰────
    "#);
    let empty = drawn("", PLAIN, |d, id| d.label(Span::new(id, 0, 0), "the file is empty"));
    insta::assert_snapshot!(empty, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:1]
     1 │
       · ▲
       · ╰── the file is empty
       ╰────
    "#);
}

#[test]
fn tabs_and_wide_characters_are_underlined_where_they_stand() {
    let text = "\ta\t= \"価格 + é\u{301}x\"\n";
    let shown = drawn(text, PLAIN, |d, id| {
        d.label(find(id, text, "価格"), "a price").label(find(id, text, "x"), "a share")
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:7]
     1 │     a   = "価格 + é́x"
       ·            ──┬─    ┬
       ·              │     ╰── a share
       ·              ╰── a price
       ╰────
    "#);
}

#[test]
fn lines_that_end_with_carriage_returns_are_drawn_like_others() {
    let text = PLAN.replace('\n', "\r\n");
    let label = |d: Diagnostic, id, text: &str| d.label(find(id, text, "deductions"), "USD");
    let shown = drawn(&text, PLAIN, |d, id| label(d, id, &text));
    assert_eq!(shown, drawn(PLAN, PLAIN, |d, id| label(d, id, PLAN)));
    // A byte order mark is not shown either.
    let marked = format!("\u{feff}{text}");
    assert_eq!(shown, drawn(&marked, PLAIN, |d, id| label(d, id, &marked)));
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:6:29]
     5 │ type = "USD"
     6 │ value = "purchased_shares + deductions"
       ·                             ─────┬────
       ·                                  ╰── USD
     7 │ cite = "§9"
       ╰────
    "#);
}

#[test]
fn a_span_over_several_lines_is_underlined_on_each_of_them() {
    let text = "value = \"\"\"\n  if a\n\n  then b   \n  else c\"\"\"\ncite = \"§1\"\n";
    let formula = text.find("if").unwrap()..text.find("c\"").unwrap() + 1;
    let shown = drawn(text, PLAIN, |d, id| {
        d.label(Span::new(id, formula.start, formula.end), "this is in USD").label(find(id, text, "cite"), "")
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:2:3]
     1 │ value = """
     2 │   if a
       ·   ────
     3 │
     4 │   then b
       ·   ──────
     5 │   else c"""
       ·   ───┬──
       ·      ╰── this is in USD
     6 │ cite = "§1"
       · ────
       ╰────
    "#);
    let newline = text.find('\n').unwrap();
    let shown = drawn(text, PLAIN, |d, id| d.label(Span::new(id, newline, newline + 1), "ends too early"));
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:12]
     1 │ value = """
       ·            ▲
       ·            ╰── ends too early
     2 │   if a
       ╰────
    "#);
}

#[test]
fn of_a_huge_text_the_lines_around_the_label_are_shown() {
    let text: String = (1..=20_000).map(|n| format!("term_{n} = {n}\n")).collect();
    let shown = drawn(&text, PLAIN, |d, id| {
        d.label(find(id, &text, "term_9999 "), "").label(find(id, &text, "term_20000"), "the last")
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
           ╭─[plan.toml:9999:1]
      9998 │ term_9998 = 9998
      9999 │ term_9999 = 9999
           · ──────────
     10000 │ term_10000 = 10000
           ╰────
           ╭─[plan.toml:20000:1]
     19999 │ term_19999 = 19999
     20000 │ term_20000 = 20000
           · ─────┬────
           ·      ╰── the last
           ╰────
    "#);
    let shown = drawn(&text, PLAIN, |d, id| d.label(Span::new(id, 0, text.len() - 5), "all of it"));
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:1:1]
     1 │ term_1 = 1
       · ─────┬────
       ·      ╰── all of it (down to line 20000)
     2 │ term_2 = 2
       ╰────
    "#);
}

#[test]
fn a_line_longer_than_the_terminal_is_cut_around_its_labels() {
    let many = "x + ".repeat(100);
    let text = format!("a = 1\nvalue = \"{many}y * z + {many}w\"\n{many}\n");
    let shown = drawn(&text, PLAIN, |d, id| {
        d.label(find(id, &text, "y"), "a price")
            .label(find(id, &text, "z"), "a share")
            .label(find(id, &text, "value"), "in this entry")
            .label(find(id, &text, "w\""), "the end")
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ╭─[plan.toml:2:410]
     1 │ a = 1
     2 │ … x + x + x + x + x + x + x + x + y * z + x + x + x + x + x + x + x + x +…
       ·                                   ┬   ┬
       ·                                   │   ╰── a share
       ·                                   ╰── a price
     3 │ x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + …
       ╰────
       ╭─[plan.toml:2:1]
     1 │ a = 1
     2 │ value = "x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x +…
       · ──┬──
       ·   ╰── in this entry
     3 │ x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + …
       ╰────
       ╭─[plan.toml:2:818]
     1 │ a = 1
     2 │ … + x + x + x + x + x + x + x + x + w"
       ·                                     ─┬
       ·                                      ╰── the end
     3 │ x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + …
       ╰────
    "#);
    assert!(shown.lines().all(|line| line.chars().count() <= 80));
    let shown = drawn(&text, ASCII, |d, id| d.label(find(id, &text, many.trim_end()), "all of this"));
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: the units do not go together
       ,-[plan.toml:2:10]
     1 | a = 1
     2 | ...x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + ...
       :    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^|^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       :                                      `-- all of this
     3 | x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + ...
       `----
    "#);
}

#[test]
fn long_messages_are_wrapped_between_words() {
    let text = "rate = \"USD/share\"\n";
    let long = "a rate of `USD/share` is not a half-yearly amount, ";
    let shown = drawn(text, Style { width: 60, ..PLAIN }, |d, id| {
        Diagnostic { message: long.repeat(2), ..d }
            .label(find(id, text, "share"), long.repeat(2))
            .label(find(id, text, "rate"), "first\nsecond")
            .help(long.repeat(2))
    });
    insta::assert_snapshot!(shown, @r#"
    error[wrong-unit]: a rate of `USD/share` is not a
      │ half-yearly amount, a rate of `USD/share` is not a
      │ half-yearly amount,
       ╭─[plan.toml:1:13]
     1 │ rate = "USD/share"
       · ──┬─        ──┬──
       ·   │           ╰─┤ a rate of `USD/share` is not a
       ·   │             │ half-yearly amount, a rate of
       ·   │             │ `USD/share` is not a half-yearly
       ·   │             │ amount,
       ·   ╰─┤ first
       ·     │ second
       ╰────
      help: a rate of `USD/share` is not a half-yearly amount,
            a rate of `USD/share` is not a half-yearly amount,
    "#);
}

#[test]
fn a_fault_of_the_data_begins_with_its_place() {
    let mut sources = SourceMap::default();
    let plan = sources.add("plan.toml", PLAN);
    let diagnostics = [
        Diagnostic::error(Code::DataMissing, "a value is required, and the cell is empty")
            .about(subject())
            .help("fill in the cell"),
        Diagnostic::error(Code::DataUnreadable, "the file is not there")
            .about(Subject { file: Some("plan\u{1b}[1m.csv".into()), ..Subject::default() }),
        Diagnostic::error(Code::DivisionByZero, "the divisor is 0")
            .about(Subject { file: None, line: None, ..subject() })
            .label(find(plan, PLAN, "deductions"), "0 USD for this row"),
    ];
    insta::assert_snapshot!(human(&diagnostics, &sources, PLAIN), @r#"
    error[data-missing]: participants.csv, line 12, participants E1042, pay
      ╰─▶ a value is required, and the cell is empty
      help: fill in the cell

    error[data-unreadable]: plan\u{1b}[1m.csv
      ╰─▶ the file is not there

    error[division-by-zero]: participants E1042, pay
      ╰─▶ the divisor is 0
       ╭─[plan.toml:6:29]
     5 │ type = "USD"
     6 │ value = "purchased_shares + deductions"
       ·                             ─────┬────
       ·                                  ╰── 0 USD for this row
     7 │ cite = "§9"
       ╰────

    3 errors
    help: whereas code data-missing (or data-unreadable, division-by-zero)
    "#);
    insta::assert_snapshot!(human(&diagnostics[..1], &sources, ASCII), @r#"
    error[data-missing]: participants.csv, line 12, participants E1042, pay
      `-> a value is required, and the cell is empty
      help: fill in the cell

    1 error
    help: whereas code data-missing
    "#);
}

#[test]
fn control_characters_are_written_out_wherever_they_come_from() {
    let text = "a = \"x\u{1b}[2J\u{202e}y\u{85}\" # \r z\n";
    let mut sources = SourceMap::default();
    let id = sources.add("pl\u{7}an.toml", text);
    let diagnostic = Diagnostic::error(Code::BadName, "`\u{1b}[31m` is no name")
        .label(find(id, text, "y"), "\u{9b}31m")
        .help("take `\u{8}` away")
        .about(Subject { key: Some("E\u{1b}]0;\u{7}1".into()), ..Subject::default() });
    let shown = human(&[diagnostic], &sources, PLAIN);
    assert!(shown.chars().all(|c| c == '\n' || !is_unsafe(c)));
    insta::assert_snapshot!(shown, @r#"
    error[bad-name]: E\u{1b}]0;\u{7}1
      ╰─▶ `\u{1b}[31m` is no name
       ╭─[pl\u{7}an.toml:1:12]
     1 │ a = "x\u{1b}[2J\u{202e}y\u{85}" # \r z
       ·                        ┬
       ·                        ╰── \u{9b}31m
       ╰────
      help: take `\u{8}` away

    1 error
    help: whereas code bad-name
    "#);
}

/// The columns that are underlined or pointed at, where the drawing is in ASCII.
fn underlined(shown: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = shown.lines().collect();
    let below = lines.iter().position(|l| {
        let rest = l.trim_start().strip_prefix(": ");
        rest.is_some_and(|r| r.contains('^') || r.contains('|'))
    })?;
    let columns = lines[below].char_indices().skip_while(|(_, c)| *c != ':').skip(1);
    let under: Vec<usize> = columns.filter(|(_, c)| matches!(c, '^' | '|')).map(|(i, _)| i).collect();
    let above: Vec<char> = lines[below - 1].chars().collect();
    let found = under.iter().filter_map(|i| above.get(*i)).collect();
    Some((found, lines[below].to_owned()))
}

/// The text without the escapes that set colours, and how many of them it held.
fn without_colours(shown: &str) -> (String, usize) {
    let mut parts = shown.split("\u{1b}[");
    let mut sent = parts.next().unwrap().to_owned();
    let mut escapes = 0;
    for part in parts {
        let (colour, rest) = part.split_once('m').unwrap();
        assert!(colour.chars().all(|c| c.is_ascii_digit() || c == ';'), "{shown:?}");
        sent.push_str(rest);
        escapes += 1;
    }
    (sent, escapes)
}

proptest! {
    #[test]
    fn one_label_underlines_its_very_characters(
        before in "[a-z ]{0,200}", label in "[A-Z]([A-Z ]{0,20}[A-Z])?", after in "[a-z ]{0,200}",
        line in 0_usize..30, width in 40_usize..160,
    ) {
        let text = format!("{}{before}{label}{after}\nlast", "q\n".repeat(line));
        let start = 2 * line + before.len();
        let shown = drawn(&text, Style { width, ..ASCII }, |d, id| {
            d.label(Span::new(id, start, start + label.len()), "here")
        });
        let (found, below) = underlined(&shown).unwrap();
        prop_assert_eq!(found, label, "{}\n{}", shown, below);
        prop_assert!(shown.contains(&format!("plan.toml:{}:{}", line + 1, before.len() + 1)), "{}", shown);
        // The text of a label under the very last columns stands out by its own length.
        prop_assert!(shown.lines().all(|l| l.len() <= width + "`-- here".len()), "{}", shown);
    }

    #[test]
    fn no_text_and_no_span_makes_drawing_fail_or_sends_a_control_character(
        text in "([a-c \\t\\r\\n\u{301}\u{e9}\u{65e5}\u{1F600}\u{feff}\u{1b}\u{202e}]|\\r\\n){0,120}",
        spans in prop::collection::vec((0_u32..2, 0_usize..200, 0_usize..60, "[a-z\\n\u{1b} ]{0,60}"), 0..7),
        width in 0_usize..120, unicode: bool, colour: bool,
    ) {
        let mut sources = SourceMap::default();
        sources.add("a", text.as_str());
        sources.add("b", text.repeat(12).replace('\n', ""));
        let diagnostic = spans.iter().fold(Diagnostic::warning(Code::Cycle, "m"), |d, (source, start, len, said)| {
            d.label(Span::new(SourceId(*source), *start, start + len), said.as_str())
        });
        let shown = human(std::slice::from_ref(&diagnostic), &sources, Style { colour, unicode, width });
        prop_assert!(!shown.contains("Failed to read"));
        let title = if colour { "\u{1b}[33mwarning[cycle]:" } else { "warning[cycle]: m" };
        prop_assert!(shown.starts_with(title));
        let (sent, escapes) = without_colours(&shown);
        prop_assert!(sent.chars().all(|c| c == '\n' || !is_unsafe(c)));
        prop_assert_eq!(escapes > 0, colour);
        prop_assert_eq!(crate::report::short(std::slice::from_ref(&diagnostic), &sources).lines().count(), 1);
        let parsed = serde_json::from_str::<serde_json::Value>(&crate::report::json(&[diagnostic], &sources));
        prop_assert_eq!(parsed.unwrap()[0]["labels"].as_array().map(Vec::len), Some(spans.len()));
    }
}
