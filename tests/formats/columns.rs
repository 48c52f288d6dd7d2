//! Columns that the plan does not know: refused, left out, or carried through, in every format.

use super::Place;

const PLAN: &str = r#"
[plan]
language = 1
id = "extra"
title = "Extra"
currency = "USD"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
[rules.people]
raised = { value = "pay * 2" }
"#;

/// The same rows in every format, with two columns that the plan does not know.
fn place() -> Place {
    let place = Place::new(PLAN);
    let csv = "office,id,pay,2nd\n\"Paris, 2\",E1,5,1.50\n,E2,6,x\n";
    place.write("p.csv", csv);
    place.write(
        "p.ndjson",
        "{\"office\": \"Paris, 2\", \"id\": \"E1\", \"pay\": 5, \"2nd\": 1.50}\n{\"id\": \"E2\", \"pay\": 6, \"2nd\": \"x\"}\n",
    );
    place.write(
        "p.json",
        "[{\"office\": \"Paris, 2\", \"id\": \"E1\", \"pay\": 5, \"2nd\": 1.50}, {\"office\": null, \"id\": \"E2\", \"pay\": 6, \"2nd\": \"x\"}]",
    );
    // The other formats come of a plan that knows the columns.
    let knows =
        PLAN.replace("pay = \"USD\"", "pay = \"USD\"\noffice = \"text?\"\nsecond = \"text\"").replace(
            "raised = { value = \"pay * 2\" }",
            "office_ = { value = \"office\" }\npaid = { value = \"pay\" }\nsecond_ = { value = \"second\" }",
        );
    let writer = Place::new(&knows);
    writer.write("p.csv", csv.replace("2nd", "second"));
    for ending in ["csv.zst", "xlsx", "parquet", "arrow"] {
        writer.fine(&format!("--data people=p.csv --only people --out q.{ending}"));
        place.write(&format!("q.{ending}"), writer.read(&format!("q.{ending}")));
    }
    place
}

#[test]
fn they_are_refused_left_out_or_kept() {
    let place = place();
    for ending in ["csv", "ndjson", "json"] {
        let data = format!("--data people=p.{ending}");
        let err = place.refused(&data);
        assert!(
            err.contains("there is no field `office`") && err.contains("there is no field `2nd`"),
            "{err}"
        );
        let out = place.fine(&format!("{data} --extra-columns ignore --format csv"));
        assert_eq!(out, "id,raised\nE1,10.00\nE2,12.00\n", "{ending}");
        let out = place.fine(&format!("{data} --extra-columns keep --format csv"));
        assert_eq!(out, "id,raised,office,2nd\nE1,10.00,\"Paris, 2\",1.50\nE2,12.00,,x\n", "{ending}");
        let out = place.fine(&format!("{data} --extra-columns keep --format ndjson"));
        let first = out.lines().next().unwrap();
        assert_eq!(
            first, "{\"id\":\"E1\",\"raised\":\"10\",\"office\":\"Paris, 2\",\"2nd\":\"1.50\"}",
            "{ending}"
        );
        let out = place.fine(&format!("{data} --extra-columns keep --format table"));
        assert!(out.contains("Paris, 2") && out.contains("office"), "{out}");
    }
    for ending in ["xlsx", "parquet", "arrow"] {
        place.fine(&format!("--data people=p.csv --extra-columns keep --out r.{ending}"));
        // What was carried through into the file is carried through out of it again.
        let plan = PLAN
            .replace("pay = \"USD\"", "raised = \"USD\"")
            .replace("raised = { value = \"pay * 2\" }", "same = { value = \"raised\" }");
        let again = Place::new(&plan);
        again.write("r", place.read(&format!("r.{ending}")));
        let out =
            again.fine(&format!("--data people=r --input-format {ending} --extra-columns keep --format csv"));
        assert_eq!(out, "id,same,office,2nd\nE1,10.00,\"Paris, 2\",1.50\nE2,12.00,,x\n", "{ending}");
    }
}

#[test]
fn they_are_taken_out_of_every_format() {
    let place = place();
    let plan = PLAN.replace("pay = \"USD\"", "paid = \"USD\"").replace("pay * 2", "paid * 2");
    for ending in ["csv.zst", "xlsx", "parquet", "arrow"] {
        let reader = Place::new(&plan);
        reader.write(&format!("q.{ending}"), place.read(&format!("q.{ending}")));
        let data = format!("--data people=q.{ending}");
        let err = reader.refused(&data);
        assert!(err.contains("there is no field `office_`"), "{ending}: {err}");
        let out = reader.fine(&format!("{data} --extra-columns ignore --format csv"));
        assert_eq!(out, "id,raised\nE1,10.00\nE2,12.00\n", "{ending}");
        for engine in ["reference", "columns"] {
            let out = reader.fine(&format!("{data} --extra-columns keep --format csv --engine {engine}"));
            assert_eq!(
                out, "id,raised,office_,second_\nE1,10.00,\"Paris, 2\",1.50\nE2,12.00,,x\n",
                "{ending}"
            );
        }
    }
}

#[test]
fn lists_and_records_are_kept_as_they_were_written() {
    let written = "{\"b\":[1,-2.50,\"3\",\"\",{\"c\":null,\"a\":true}],\"a\":\"x \\\"y\\\"\",\"n\":12345678901234567890.10}";
    let kept = format!("id,raised,more\nE1,10.00,\"{}\"\n", written.replace('"', "\"\""));
    let place = Place::new(PLAN);
    let row = format!("{{\"id\":\"E1\",\"pay\":5,\"more\":{written}}}");
    place.write("p.ndjson", format!("{row}\n"));
    place.write("p.json", format!("[{row}]"));
    for file in ["p.ndjson", "p.json"] {
        for way in ["", "--memory 16MB", "--engine reference"] {
            let out = place.fine(&format!("--data people={file} --extra-columns keep --format csv {way}"));
            assert_eq!(out, kept, "{file} {way}");
        }
    }
}

#[test]
fn lists_of_other_formats_are_kept_with_numbers_and_texts_apart() {
    use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use std::sync::Arc;
    let place = Place::new(PLAN);
    let (mut numbers, mut texts) =
        (ListBuilder::new(Int64Builder::new()), ListBuilder::new(StringBuilder::new()));
    numbers.append_value([Some(1), Some(22), None]);
    texts.append_value([Some("1"), Some("x"), None]);
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(StringArray::from(vec!["E1"]))),
        ("pay", Arc::new(StringArray::from(vec!["5"]))),
        ("numbers", Arc::new(numbers.finish())),
        ("texts", Arc::new(texts.finish())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    place.write("p.arrow", writer.into_inner().unwrap());
    let out = place.fine("--data people=p.arrow --extra-columns keep --format csv");
    assert_eq!(out, "id,raised,numbers,texts\nE1,10.00,\"[1,22,null]\",\"[\"\"1\"\",\"\"x\"\",null]\"\n");
}

#[test]
fn they_stand_behind_the_others_in_rows_that_are_refused() {
    let slow = PLAN.replace("pay = \"USD\"", "pay = \"USD\"\nboss = \"ref people?\"");
    for plan in [PLAN, &slow] {
        let place = Place::new(plan);
        place.write("p.csv", "office,id,pay,2nd\n\"Paris, 2\",E1,much,1.50\n,E2,6,x\n,E3,more,\n");
        place.write(
            "p.ndjson",
            "{\"office\": \"Paris, 2\", \"id\": \"E1\", \"pay\": \"much\", \"2nd\": 1.50}\n{\"id\": \"E2\", \"pay\": 6, \"2nd\": \"x\"}\n{\"id\":\"E3\",\"pay\":\"more\"}\n",
        );
        for (file, way) in
            [("p.csv", ""), ("p.csv", "--memory 16MB"), ("p.ndjson", ""), ("p.ndjson", "--threads 2")]
        {
            let data = format!("--data people={file} --reject refused.csv --keep-going --format csv {way}");
            let (out, err, code) = place.run(&format!("{data} --extra-columns keep"));
            assert_eq!(code, 1, "{err}");
            assert!(
                out.starts_with("id,raised,office,2nd\nE2,12.00,") || out.starts_with("id,raised,2nd"),
                "{out}"
            );
            let refused = String::from_utf8(place.read("refused.csv")).unwrap();
            let rows: Vec<&str> = refused.lines().collect();
            assert_eq!(rows[0], "$reasons,$table,$line,id,pay,office,2nd", "{file} {way}");
            assert!(
                rows[1].ends_with(",E1,much,\"Paris, 2\",1.50") && rows[2].ends_with(",E3,more,,"),
                "{refused}"
            );
            place.run(&format!("{data} --extra-columns ignore"));
            let refused = String::from_utf8(place.read("refused.csv")).unwrap();
            assert!(refused.starts_with("$reasons,$table,$line,id,pay\n"), "{refused}");
        }
    }
}

#[test]
fn the_slow_reader_keeps_them_too() {
    let place = Place::new(&PLAN.replace("pay = \"USD\"", "pay = \"USD\"\nboss = \"ref people?\""));
    place.write("p.csv", "office,id,pay,boss\nParis,E1,5,\n,E2,6,E1\n");
    let out = place.fine("--data people=p.csv --extra-columns keep --format csv");
    assert_eq!(out, "id,raised,office\nE1,10.00,Paris\nE2,12.00,\n");
}

#[test]
fn a_column_with_the_name_of_a_conclusion_is_not_kept() {
    let place = Place::new(PLAN);
    place.write("p.csv", "id,pay,raised\nE1,5,7\n");
    let err = place.refused("--data people=p.csv --extra-columns keep");
    assert!(
        err.contains("people: the column `raised` has the name of a conclusion, and cannot be kept"),
        "{err}"
    );
    place.fine("--data people=p.csv --extra-columns ignore");
}

#[test]
fn a_float_that_nobody_reads_is_left_out() {
    use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["E1"]));
    let pays: ArrayRef = Arc::new(StringArray::from(vec!["5"]));
    for (name, refused) in [("pay", true), ("other", false)] {
        let pay = if refused { Arc::clone(&floats) } else { Arc::clone(&pays) };
        let columns = [("id", Arc::clone(&texts)), ("pay", pay), ("other", Arc::clone(&floats))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let place = Place::new(PLAN);
        place.write("p.arrow", bytes);
        if refused {
            let err = place.refused("--data people=p.arrow --extra-columns ignore");
            assert!(
                err.contains("data-binary-float") && err.contains("the column `pay` holds"),
                "{name}: {err}"
            );
        } else {
            place.fine("--data people=p.arrow --extra-columns ignore");
            let err = place.refused("--data people=p.arrow --extra-columns keep");
            assert!(err.contains("the column `other` holds binary"), "{err}");
        }
    }
}
