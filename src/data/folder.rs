//! A folder of data: one file for each record or table, `plan.toml` or `plan.json` for the scalars.

use super::document::given_twice;
use super::fault::{fault, shown};
use super::files::inspect;
use super::format::{ENDINGS, Encoding};
use super::source::{Named, Source};
use super::target::find_target;
use super::{Known, Place};
use crate::diagnostic::{Code, Diagnostics};
use indexmap::IndexMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The files of a folder, by their names in ascending order.
///
/// Hidden files are ignored; everything else must be the file of a record or table of the plan.
pub(super) fn name_folder(folder: &str, known: &[Known]) -> Result<Named, Diagnostics> {
    let mut seen: IndexMap<String, Place> = IndexMap::new();
    let sources = list(folder)?.iter().map(|name| member(folder, name, known, &mut seen)).collect();
    Ok(Named { sources, holder: Some(Place::new(Arc::from(folder), None)) })
}

/// The names in a folder that are not hidden, in ascending order.
fn list(folder: &str) -> Result<Vec<String>, Diagnostics> {
    let unreadable = |error: std::io::Error| {
        let message = format!("the folder {} cannot be read: {error}", shown(folder));
        vec![fault(Code::DataUnreadable, folder, None, message).help("ask for permission to read it")]
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.into_string().map_err(|other| {
            let name = other.to_string_lossy().into_owned();
            let message = format!("the name of the file {} is not UTF-8", shown(&name));
            vec![fault(Code::DataUnreadable, &join(folder, &name), None, message).help("rename the file")]
        })?;
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// One file of the folder; `seen` holds the names that earlier files gave.
fn member(
    folder: &str,
    file: &str,
    known: &[Known],
    seen: &mut IndexMap<String, Place>,
) -> Result<Source, Diagnostics> {
    let path = join(folder, file);
    if inspect(Path::new(&path), &path)?.is_dir() {
        let message = format!("{} is a folder inside a data folder", shown(file));
        let help = "a data folder holds one file for each table or record and no other folders; hide it with a `.` or move it";
        return Err(vec![fault(Code::DataUnknownTable, &path, None, message).help(help)]);
    }
    let Some((stem, encoding)) = Encoding::of_name(file) else {
        let message = format!("{} is not a data file", shown(file));
        let help = format!("{ENDINGS}; hide the file with a `.` or move it out of the folder");
        return Err(vec![fault(Code::DataUnknownTable, &path, None, message).help(help)]);
    };
    let place = Place::new(Arc::from(&*path), None);
    find_target(stem, known, &place)?;
    if let Some(first) = seen.get(stem) {
        return Err(vec![given_twice(stem, first, &place)]);
    }
    seen.insert(stem.to_owned(), place);
    Ok(Source::new(stem, &path, encoding))
}

/// The path of a file in a folder as messages show it.
fn join(folder: &str, file: &str) -> String {
    Path::new(folder).join(file).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Raw, RawKind, read_data};
    use crate::limits::Limits;
    use tempfile::TempDir;

    fn known() -> Vec<Known> {
        vec![
            Known::scalar("as_of"),
            Known::record("company", ["shares"]),
            Known::record("period", ["first_trading_day"]),
            Known::table("participants", ["id"], ["id", "pay"]),
            Known::table("quotes", ["date", "market"], ["date", "market", "close"]),
        ]
    }

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn read(folder: &TempDir) -> Result<Raw, Diagnostics> {
        read_data([folder.path().to_str().unwrap()], &known(), &Limits::DEFAULT)
    }

    fn bad(files: &[(&str, &str)]) -> Diagnostics {
        read(&folder(files)).unwrap_err()
    }

    #[test]
    fn one_file_for_each_record_and_table() {
        let folder = folder(&[
            ("participants.csv", "id,pay\nE1,5\n"),
            ("quotes.toml", "[[quotes]]\ndate = 2001-01-02\nmarket = 'NYSE'\nclose = 1.5\n"),
            ("period.toml", "first_trading_day = 2001-01-02\n"),
            ("company.json", r#"{"shares": 5}"#),
            ("plan.toml", "as_of = 2001-01-02\n"),
            (".hidden.xlsx", "\0"),
            (".DS_Store", "\0"),
        ]);
        fs::create_dir(folder.path().join(".git")).unwrap();
        let RawKind::Map(entries) = read(&folder).unwrap().kind else { panic!() };
        let names: Vec<&str> = entries.iter().map(|(n, _)| &**n).collect();
        assert_eq!(names, ["company", "participants", "period", "as_of", "quotes"]);
        assert!(entries[1].1.kind.items().is_some() && matches!(entries[2].1.kind, RawKind::Map(_)));
        assert!(entries[1].1.place.file.as_ref().unwrap().ends_with("participants.csv"));
    }

    #[test]
    fn everything_else_is_refused_by_name_and_all_at_once() {
        let folder = folder(&[
            ("participant.csv", "id\n"),
            ("notes.txt", "x"),
            ("README", "x"),
            ("as_of.toml", "x = 1"),
            ("participants.old.csv", "id\n"),
        ]);
        fs::create_dir(folder.path().join("more")).unwrap();
        let faults = read(&folder).unwrap_err();
        let found: Vec<(Code, &str)> = faults.iter().map(|f| (f.code, &*f.message)).collect();
        assert_eq!(
            found,
            [
                (Code::DataUnknownTable, "`README` is not a data file"),
                (Code::DataUnknownTable, "`as_of` is a single value, which has no file of its own"),
                (Code::DataUnknownTable, "`more` is a folder inside a data folder"),
                (Code::DataUnknownTable, "`notes.txt` is not a data file"),
                (Code::DataUnknownTable, "the plan has no table or record `participant`"),
                (Code::DataUnknownTable, "the plan has no table or record `participants.old`"),
            ]
        );
        assert_eq!(faults[4].help.as_deref(), Some("did you mean `participants`?"));
        assert!(faults.iter().all(|f| f.subject.as_ref().unwrap().file.is_some() && f.help.is_some()));
    }

    #[test]
    fn two_files_for_one_table_are_refused_with_both_names() {
        let faults = bad(&[("participants.csv", "id\n"), ("participants.json", "[]")]);
        assert_eq!(faults[0].code, Code::DataGivenTwice);
        assert!(
            faults[0].message.contains("participants.csv") && faults[0].message.contains("participants.json")
        );
        assert_eq!(bad(&[("plan.json", "{}"), ("plan.toml", "#")])[0].code, Code::DataGivenTwice);
    }

    #[test]
    fn the_scalars_file_holds_scalars_only() {
        let faults = bad(&[("plan.json", r#"{"as_of": null, "participants": []}"#)]);
        assert_eq!(faults[0].code, Code::DataWrongType);
        assert!(faults[0].message.ends_with("`participants` has a file of its own"));
    }

    #[test]
    fn a_fault_inside_a_file_names_the_file() {
        let faults = bad(&[("participants.csv", "id,pay\n1\n"), ("period.json", "{")]);
        assert_eq!(faults.len(), 2);
        let file = |i: usize| faults[i].subject.as_ref().unwrap().file.clone().unwrap();
        assert!(file(0).ends_with("participants.csv") && file(1).ends_with("period.json"));
    }
}
