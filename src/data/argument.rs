//! `--data`: the forms that its argument takes, each read into a document of tables and records.

use super::document::entries;
use super::fault::{fault, shown};
use super::files::{STANDARD_INPUT, inspect, is_standard_input, read_text};
use super::format::{Encoding, Format, Packing};
use super::source::{Named, Reading, Source, read_named};
use super::target::find_target;
use super::{ExtraColumns, Known, Place, Raw, RawKind, folder, read_toml, sheets};
use crate::diagnostic::{Code, Diagnostics};
use crate::limits::Limits;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Reads every `--data` argument and merges what they give, each file by its ending.
///
/// # Errors
///
/// Every fault of every argument, or else what [`super::merge`] refuses.
pub fn read_data<'a>(
    arguments: impl IntoIterator<Item = &'a str>,
    known: &[Known],
    limits: &Limits,
) -> Result<Raw, Diagnostics> {
    let reading = Reading { known, limits, input: &[], extra: ExtraColumns::Refuse };
    let named: Vec<_> = arguments.into_iter().map(|argument| name_data(argument, &reading)).collect();
    read_named(&named, &reading, &|_| false)
}

/// Reads a TOML file that is no data of a plan, such as recorded determinations.
///
/// # Errors
///
/// A path that is missing or unreadable, and whatever the reader of TOML refuses.
pub fn read_toml_file(path: &str, limits: &Limits) -> Result<Raw, Diagnostics> {
    read_text(path, path, Packing::Plain, limits, |text| read_toml(path, text, limits))
}

/// What a `--data` argument names.
///
/// The argument is a JSON or TOML document, a workbook with a sheet for each table or record, a folder
/// with one file for each of them, `NAME=PATH` for the file of one table or record (`plan` for the
/// scalars), or `-` for standard input. A path that exists is a path even where it holds a `=`.
///
/// # Errors
///
/// A path that is missing, unreadable or neither a file nor a folder; a name that is not in `known`.
pub fn name_data(argument: &str, reading: &Reading<'_>) -> Result<Named, Diagnostics> {
    if let Some((name, path)) = named_path(argument).filter(|_| !is_standard_input(argument)) {
        let place = Place::new(Arc::from(path), None);
        // The command names what is not there, whatever the file holds.
        find_target(name, reading.known, &place).map_err(|mut faults| {
            faults.iter_mut().for_each(|fault| fault.code = Code::BadRequest);
            faults
        })?;
        return one_file(name, path, reading).map(Named::only);
    }
    let encoding = if is_standard_input(argument) {
        reading.input_of(None).unwrap_or(Encoding::plain(Format::Json))
    } else {
        let path = Path::new(argument);
        if inspect(path, argument)?.is_dir() {
            return folder::name_folder(argument, reading.known);
        }
        encoding_of(None, path, argument, reading)?
    };
    match encoding.format {
        Format::Json | Format::Toml => {
            let path = Arc::from(argument);
            Ok(Named::only(Source { name: None, path, encoding, sheet: None, spooled: false }))
        }
        Format::Xlsx => sheets::name_workbook(argument, encoding, reading),
        Format::Csv | Format::NdJson | Format::Parquet | Format::Arrow => {
            let shown_path = if is_standard_input(argument) { STANDARD_INPUT } else { argument };
            let message = format!("{} holds one table, but not which", shown(shown_path));
            let file = Path::new(argument).file_name().map(|s| s.to_string_lossy().into_owned());
            let stem = file.as_deref().and_then(Encoding::of_name).map_or("", |(stem, _)| stem);
            let known = reading.known.iter().map(|k| &*k.name);
            let table = known.into_iter().find(|n| *n == stem).unwrap_or("TABLE");
            let help = format!("name the table before the file: `--data {table}={argument}`");
            Err(vec![fault(Code::DataUnreadable, shown_path, None, message).help(help)])
        }
    }
}

/// How a file that an argument names is written.
fn encoding_of(
    name: Option<&str>,
    path: &Path,
    shown_path: &str,
    reading: &Reading<'_>,
) -> Result<Encoding, Diagnostics> {
    reading.input_of(name).map_or_else(|| Encoding::of(path, shown_path), Ok)
}

/// A value that must be a document.
pub(super) fn document(value: Raw) -> Result<Raw, Diagnostics> {
    let place = value.place.clone();
    let entries = entries(value)?;
    Ok(Raw { kind: RawKind::Map(entries), place })
}

/// The two halves of `NAME=PATH`; nothing where the whole is a path that exists.
fn named_path(argument: &str) -> Option<(&str, &str)> {
    let (name, path) = argument.split_once('=')?;
    (is_plain_name(name) && fs::symlink_metadata(argument).is_err()).then_some((name, path))
}

/// Whether a text is a name as plans write them: letters, digits and `_`, no digit first.
fn is_plain_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// One table's or record's file, or the scalars', given as `NAME=PATH`.
fn one_file(name: &str, path: &str, reading: &Reading<'_>) -> Result<Source, Diagnostics> {
    if is_standard_input(path) {
        let encoding = reading.input_of(Some(name)).unwrap_or(Encoding::plain(Format::Json));
        return Ok(Source::new(name, path, encoding));
    }
    if inspect(Path::new(path), path)?.is_dir() {
        let message = format!("{} is a folder, expected a file", shown(path));
        let help = "a folder is given without a name before it: `--data FOLDER`";
        return Err(vec![fault(Code::DataUnreadable, path, None, message).help(help)]);
    }
    Ok(Source::new(name, path, encoding_of(Some(name), Path::new(path), path, reading)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::format::ENDINGS;
    use crate::diagnostic::Diagnostic;
    use std::path::PathBuf;
    use tempfile::TempDir;

    fn known() -> Vec<Known> {
        vec![
            Known::scalar("as_of"),
            Known::record("company", ["shares_outstanding", "shares_issued"]),
            Known::record("period", ["first_trading_day"]),
            Known::table("participants", ["id"], ["id", "pay"]),
            Known::table("quotes", ["date", "market"], ["date", "market", "close"]),
        ]
    }

    struct Folder(TempDir);

    impl Folder {
        fn new() -> Self {
            Self(TempDir::new().unwrap())
        }

        fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
            let path = self.path(name);
            fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }
    }

    fn names(argument: &str) -> Vec<String> {
        let raw = read_data([argument], &known(), &Limits::DEFAULT).unwrap_or_else(|f| panic!("{f:#?}"));
        let RawKind::Map(entries) = raw.kind else { panic!() };
        entries.iter().map(|(n, _)| n.to_string()).collect()
    }

    fn entry(argument: &str) -> Raw {
        let raw = read_data([argument], &known(), &Limits::DEFAULT).unwrap_or_else(|f| panic!("{f:#?}"));
        let RawKind::Map(mut entries) = raw.kind else { panic!() };
        assert_eq!(entries.len(), 1);
        entries.remove(0).1
    }

    fn bad(argument: &str) -> Diagnostic {
        let mut faults = read_data([argument], &known(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(faults[0].help.is_some(), "{faults:#?}");
        faults.remove(0)
    }

    #[test]
    fn documents_are_read_by_their_ending() {
        let folder = Folder::new();
        assert_eq!(
            names(&folder.write("a.json", r#"{"as_of": "2001-01-02", "participants": []}"#)),
            ["as_of", "participants"]
        );
        assert_eq!(names(&folder.write("a.TOML", "as_of = 2001-01-02\n[company]\n")), ["as_of", "company"]);
        let fault = bad(&folder.write("a.yaml", "as_of: 1"));
        assert_eq!(fault.code, Code::DataUnreadable);
        assert!(fault.message.ends_with("ends in `.yaml`, which is not read"), "{}", fault.message);
        assert_eq!(fault.help.as_deref(), Some(ENDINGS));
        assert!(bad(&folder.write("data", "{}")).message.contains("has no ending"));
        let fault = bad(&folder.write("list.json", "[]"));
        assert_eq!(fault.code, Code::DataWrongType);
    }

    #[test]
    fn a_csv_file_alone_does_not_say_its_table() {
        let folder = Folder::new();
        let path = folder.write("participants.csv", "id\n1\n");
        assert_eq!(
            bad(&path).help.unwrap(),
            format!("name the table before the file: `--data participants={path}`")
        );
    }

    #[test]
    fn one_table_is_read_from_each_format() {
        let folder = Folder::new();
        let csv = folder.write("roster.csv", "id,pay\nE1,5\n");
        let json = folder.write("roster.json", r#"[{"id": "E1", "pay": 5}]"#);
        let toml = folder.write("roster.toml", "[[participants]]\nid = 'E1'\npay = 5\n");
        for path in [csv, json, toml] {
            let kind = entry(&format!("participants={path}")).kind;
            let rows = kind.items().unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].place.file.as_deref(), Some(&*path));
        }
        let none = folder.write("none.toml", "# nobody yet\n");
        assert_eq!(entry(&format!("participants={none}")).kind, RawKind::List(Vec::new()));
        let other = folder.write("other.toml", "[[people]]\nid = 'E1'\n");
        assert_eq!(bad(&format!("participants={other}")).code, Code::DataUnknownTable);
    }

    #[test]
    fn one_record_is_read_from_each_format() {
        let folder = Folder::new();
        let csv = folder.write("c.csv", "shares_issued,shares_outstanding\n0,5\n");
        let json = folder.write("c.json", r#"{"shares_issued": 0, "shares_outstanding": 5}"#);
        let toml = folder.write("c.toml", "shares_issued = 0\nshares_outstanding = 5\n");
        for path in [csv, json, toml] {
            let RawKind::Map(fields) = entry(&format!("company={path}")).kind else { panic!() };
            assert_eq!(&*fields[0].0, "shares_issued");
        }
        for text in ["shares_issued\n", "shares_issued\n1\n2\n"] {
            let path = folder.write("d.csv", text);
            assert_eq!(bad(&format!("company={path}")).code, Code::DataWrongType);
        }
    }

    #[test]
    fn scalars_are_given_as_plan() {
        let folder = Folder::new();
        let path = folder.write("s.toml", "as_of = 2001-01-02\n");
        assert_eq!(names(&format!("plan={path}")), ["as_of"]);
        let path = folder.write("t.toml", "[company]\nshares_issued = 1\n");
        assert_eq!(bad(&format!("plan={path}")).code, Code::DataWrongType);
        let path = folder.write("s.csv", "as_of\n2001-01-02\n");
        assert_eq!(bad(&format!("plan={path}")).code, Code::DataUnreadable);
    }

    #[test]
    fn names_that_the_plan_does_not_have_are_refused() {
        let folder = Folder::new();
        let path = folder.write("r.csv", "id\n");
        let fault = bad(&format!("participant={path}"));
        assert_eq!(fault.code, Code::BadRequest);
        assert_eq!(fault.help.as_deref(), Some("did you mean `participants`?"));
        assert!(bad(&format!("as_of={path}")).message.contains("single value"));
        assert!(bad("participants=").message.contains("no data file is named"));
        assert!(bad(&format!("participants={}", folder.0.path().display())).message.contains("is a folder"));
    }

    #[test]
    fn a_path_that_holds_an_equals_sign_is_a_path_where_it_exists() {
        let folder = Folder::new();
        assert_eq!(names(&folder.write("participants=x.json", r#"{"as_of": null}"#)), ["as_of"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_fault() {
        let folder = Folder::new();
        let missing = folder.path("missing.json");
        assert!(bad(missing.to_str().unwrap()).message.ends_with("does not exist"));
        assert_eq!(bad("").message, "no data file is named");
        let file = folder.write("a.json", "{}");
        assert_eq!(bad(&format!("{file}/b.json")).code, Code::DataUnreadable);
        assert!(bad("/dev/null").message.contains("not a regular file"));
        assert_eq!(bad(&folder.write("empty.json", "")).code, Code::FileNotText);
        assert_eq!(bad(&folder.write("latin.json", b"\"caf\xe9\"")).code, Code::FileNotText);
        assert!(bad(&folder.write("wide.json", b"\xff\xfe{\0}\0")).message.contains("UTF-16"));
    }

    #[test]
    fn a_named_pipe_is_refused_and_not_waited_for() {
        let folder = Folder::new();
        let pipe = folder.path("pipe.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|s| s.success()) {
            assert!(bad(pipe.to_str().unwrap()).message.contains("not a regular file"));
            assert!(bad(&format!("participants={}", pipe.display())).message.contains("not a regular file"));
        }
    }

    #[test]
    fn large_files_are_refused_by_size_or_head() {
        let folder = Folder::new();
        let limits = Limits { document_bytes: 100, ..Limits::DEFAULT };
        let path = folder.write("a.json", " ".repeat(101));
        let faults = read_data([&*path], &known(), &limits).unwrap_err();
        assert_eq!(faults[0].code, Code::FileTooLarge);
        // A sparse file of a terabyte, which reading whole would never end.
        let path = folder.path("p.csv");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(bad(&format!("participants={}", path.display())).code, Code::FileNotText);
    }

    #[test]
    fn every_fault_of_every_argument_is_told_and_repeats_are_refused() {
        let folder = Folder::new();
        let a = folder.write("a.json", r#"{"participants": []}"#);
        let b = folder.write("b.csv", "id\n");
        let faults = read_data(["x.json", "y.json"], &known(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(faults.len(), 2);
        let b = format!("participants={b}");
        let faults = read_data([&*a, &*b], &known(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(faults[0].code, Code::DataGivenTwice);
        assert!(faults[0].message.contains("a.json") && faults[0].message.contains("b.csv"));
    }

    #[test]
    fn names_are_plain() {
        assert!(is_plain_name("participants") && is_plain_name("_a1"));
        for name in ["", "1a", "a-b", "a.b", "./a", "a b"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
