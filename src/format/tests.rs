use super::format;
use crate::limits::Limits;

fn formatted(text: &str) -> String {
    let once = format("plan.toml", text, &Limits::DEFAULT).text;
    assert_eq!(format("plan.toml", &once, &Limits::DEFAULT).text, once, "twice is not once");
    once
}

const HEAD: &str = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n";

fn of_rule(formula: &str) -> String {
    let text = formatted(&format!("{HEAD}[rules.a]\nvalue = '''\n{formula}\n'''\n"));
    let (_, rest) = text.split_once("'''\n").unwrap();
    rest.strip_suffix("\n'''\n").unwrap().to_owned()
}

#[test]
fn toml_has_one_form() {
    let text = "\n\n[ plan ] # what it is\nlanguage=1\nid  =  \"p\"  \ntitle = \"P\"\n\n\n\n[terms]\na={value=\"1\",cite=[ \"§1\" ,\"§2\" ]}\nb = { value = 2, history = [\n{ from = 2001-01-01 },\n\n\n      # a remark\n      { from = 2002-01-01 }\n ] }";
    assert_eq!(
        formatted(text),
        "[plan]  # what it is\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n[terms]\na = { value = \"1\", cite = [\"§1\", \"§2\"] }\nb = { value = 2, history = [\n  { from = 2001-01-01 },\n\n  # a remark\n  { from = 2002-01-01 }\n] }\n"
    );
}

#[test]
fn operators_stand_apart_and_brackets_close() {
    for (written, expected) in [
        ("a+b*-c", "a + b * -c"),
        ("f ( a,b )", "f(a, b)"),
        ("t [ k ] . x", "t[k].x"),
        ("if(a)then[b]else[c]", "if (a) then [b] else [c]"),
        ("25_000   USD+1 5/16 USD/share", "25_000   USD + 1 5/16 USD/share"),
        ("66 2/3%*x", "66 2/3% * x"),
        ("{a:b,  c:d}", "{ a: b, c: d }"),
        ("let x=a;x^-2", "let x = a; x ^ -2"),
        ("3/11+x/2", "3/11 + x / 2"),
        ("a-1", "a - 1"),
        ("a in[b]", "a in [b]"),
        ("a.order - 1", "a.order - 1"),
        ("sum(r.x for r in t where r.y<=1)", "sum(r.x for r in t where r.y <= 1)"),
    ] {
        assert_eq!(of_rule(written), expected);
    }
}

#[test]
fn lines_are_aligned() {
    for (written, expected) in [
        ("if a\n  then b\n  else c", "if a\nthen b\nelse c"),
        ("if a then b\nelse if c then d\n     else e", "if a then b\nelse if c then d\nelse e"),
        ("if a\nthen b\nelse c\notherwise d", "if a\nthen b\nelse c\n     otherwise d"),
        ("let x = if a then b\nelse c;\n    x", "let x = if a then b\n        else c;\nx"),
        (
            "match k\nwhen a then b\nwhen c\nthen d\nelse e",
            "match k\n  when a then b\n  when c\n  then d\n  else e",
        ),
        ("min(a,\nb)", "min(a,\n    b)"),
        ("min(\na,\nb\n)", "min(\n  a,\n  b\n)"),
        ("a\n  and b\n    or (c\n and d)", "a\nand b\nor (c\n    and d)"),
        ("a with {\nb: c,\nd: e,\n}", "a with {\n  b: c,\n  d: e,\n}"),
        ("[r in t\nwhere a\nand b]", "[r in t\n where a\n   and b]"),
        ("fold s = 0 for r in t\nwhere r.a\nthen s + 1", "fold s = 0 for r in t\n  where r.a\nthen s + 1"),
        ("running fold s = 0 for r in t\nthen s", "running fold s = 0 for r in t\nthen s"),
        (
            "# above\na # behind\n\n\n# on a line\n+ b\n# last",
            "# above\na  # behind\n\n# on a line\n+ b\n# last",
        ),
    ] {
        assert_eq!(of_rule(written), expected);
    }
}

#[test]
fn what_cannot_be_read_stays_as_it_is_and_is_said() {
    let text =
        format!("{HEAD}[rules]\na = {{value=\"1 +\",cite=\"§1\"}}\nb={{ value = \"1+1\"}}\nc == 3\nd=4\n");
    let done = format("plan.toml", &text, &Limits::DEFAULT);
    assert!(
        done.text.ends_with(
            "[rules]\na = { value = \"1 +\", cite = \"§1\" }\nb = { value = \"1 + 1\" }\nc == 3\nd = 4\n"
        ),
        "{}",
        done.text
    );
    assert_eq!(done.left.len(), 2, "{:#?}", done.left);
}

#[test]
fn line_ends_and_texts_stay() {
    let text = format!("{HEAD}[rules.a]\nabout = \"\"\"one\n   two  \"\"\"\nvalue=\"\"\"\n1+1\n\"\"\"\n")
        .replace('\n', "\r\n");
    let expected = text.replace("value=", "value = ").replace("1+1", "1 + 1");
    assert_eq!(formatted(&text), expected);
}
