//! Large tables of which a few rows do not fit are told of without being read with the place of every value, also
//! where memory has no bound.

use super::{flat, line};
use crate::support::Scratch;
use std::fmt::Write as _;

#[test]
fn a_row_at_the_end_of_a_large_table_is_told_of_in_little_memory() {
    let fields: Vec<String> = (0..14).map(|n| format!("field_{n}")).collect();
    let types: Vec<String> = fields.iter().map(|name| format!("{name} = \"number\"")).collect();
    let plan = format!(
        "[plan]\nlanguage = 1\nid = \"wide\"\ntitle = \"Many fields\"\n[inputs.rows]\nkey = \"id\"\n\
         fields = {{ id = \"text\", {} }}\n[rules]\nr = {{ value = \"sum(rows.field_1)\", cite = \"§1\" }}\n",
        types.join(", ")
    );
    let rows = 76_000;
    let mut text = String::new();
    for row in 0..rows {
        let value = if row + 1 == rows { "\"12x\"" } else { "12" };
        write!(text, "{{\"id\": \"P{row:09}\"").unwrap();
        fields.iter().for_each(|name| write!(text, ", \"{name}\": {value}").unwrap());
        text.push_str("}\n");
    }
    assert!(text.len() > 16 << 20);
    let scratch = Scratch::new("memory-late-fault");
    scratch.write("plan.toml", plan);
    scratch.write("rows.ndjson", &text);
    scratch.write("rows.json", format!("[\n{}\n]\n", text.trim_end().replace("}\n", "},\n")));
    for (file, expected) in
        [("rows.ndjson", "rows.ndjson, line 76000"), ("rows.json", "rows.json, line 76001")]
    {
        let script = format!("exec \"$0\" run plan.toml --data rows={file} --only r");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(1), "{said}");
        assert!(flat(&said).contains(expected) && said.contains("field_13"), "{said}");
        // With the place of every value the table takes some hundred megabytes.
        assert!(most.is_none_or(|most| most < 60_000_000), "{file}: {most:?}");
    }
}
