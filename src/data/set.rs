//! `--set`: a single field overridden, as in `company.shares_issued=0`.

use super::fault::{described, shown, suggest};
use super::{Kind, Known, Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, meant};
use crate::value::row_key;
use std::sync::Arc;

/// The file that messages name for a value given with `--set`.
const FLAG: &str = "--set";

/// Rows whose keys are compared for a suggestion.
const COMPARED: usize = 10_000;

/// One `--set` argument, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct SetArgument {
    /// The record or table; none for a scalar.
    pub record: Option<String>,
    /// The key of a table's row as the argument names it: see [`row_key::named`].
    pub key: Option<String>,
    /// The field, or the scalar.
    pub field: String,
    /// The value, a CSV cell: null where it is empty.
    pub value: Raw,
}

/// Takes `field=value`, `record.field=value` or `table.key.field=value` apart; a key may hold points,
/// and in quotes anything.
///
/// # Errors
///
/// `BadSet` where the `=` or a name is missing.
pub fn parse_set(text: &str) -> Result<SetArgument, Diagnostics> {
    let equals = row_key::find_outside_quotes(text, '=').and_then(|at| text.split_at_checked(at));
    let Some((path, value)) = equals.and_then(|(path, rest)| Some((path, rest.strip_prefix('=')?))) else {
        let message = format!("{} has no `=`", shown(text));
        return Err(bad(message, "write `--set company.shares_issued=0`"));
    };
    let path = path.trim();
    let (record, key, field) = match (path.split_once('.'), path.rsplit_once('.')) {
        (Some((record, rest)), Some((before, field))) if before.len() > record.len() => {
            let key = rest.strip_suffix(field).and_then(|k| k.strip_suffix('.')).unwrap_or(rest);
            (Some(record), Some(key), field)
        }
        (Some((record, field)), _) => (Some(record), None, field),
        _ => (None, None, path),
    };
    if field.is_empty() || record.is_some_and(str::is_empty) || key.is_some_and(str::is_empty) {
        let message = format!("{} does not name a field", shown(text));
        return Err(bad(message, "write `field=value`, `record.field=value` or `table.KEY.field=value`"));
    }
    let kind = if value.is_empty() { RawKind::Null } else { RawKind::Cell(Arc::from(value)) };
    Ok(SetArgument {
        record: record.map(str::to_owned),
        key: key.map(str::to_owned),
        field: field.to_owned(),
        value: Raw { kind, place: place() },
    })
}

fn place() -> Place {
    Place::new(Arc::from(FLAG), None)
}

/// Overrides a single field of a document, and makes the record or scalar where it is absent.
///
/// # Errors
///
/// `BadSet` where the plan has no such scalar, record, table or field, or the table no such row, with
/// the nearest name there is.
pub fn apply_set(document: &mut Raw, set: &SetArgument, known: &[Known]) -> Result<(), Diagnostics> {
    let name = set.record.as_deref().unwrap_or(&set.field);
    let Some(input) = known.iter().find(|k| *k.name == *name) else {
        return Err(unknown(name, set, known));
    };
    let RawKind::Map(entries) = &mut document.kind else {
        let message = format!("the data are {}, which has no fields to set", described(&document.kind));
        return Err(bad(message, "give the data as tables and records by name"));
    };
    match (input.kind, set.record.is_some(), &set.key) {
        (Kind::Scalar, false, _) => put(entries, &input.name, set.value.clone()),
        (Kind::Scalar, true, _) => {
            return Err(bad(
                format!("`{name}` is a single value and has no fields"),
                format!("write `--set {name}=VALUE`"),
            ));
        }
        (Kind::Record, true, None) => {
            check_field(input, &set.field)?;
            let fields = record_of(entries, input)?;
            put(fields, &Arc::from(&*set.field), set.value.clone());
        }
        (Kind::Record, ..) => {
            let field = input.fields.first().map_or("FIELD", |f| &**f);
            return Err(bad(
                format!("`{name}` is a record: one of its fields is set"),
                format!("write it like `--set {name}.{field}=VALUE`"),
            ));
        }
        (Kind::Table, true, Some(key)) => {
            check_field(input, &set.field)?;
            let fields = row_of(entries, input, key)?;
            put(fields, &Arc::from(&*set.field), set.value.clone());
        }
        (Kind::Table, ..) => {
            let field = set.record.as_ref().map_or("FIELD", |_| &*set.field);
            return Err(bad(
                format!("`{name}` is a table: one field of one of its rows is set"),
                format!("name the row by its key, as in `--set {name}.KEY.{field}=VALUE`"),
            ));
        }
    }
    Ok(())
}

fn bad(message: String, help: impl Into<String>) -> Diagnostics {
    vec![Diagnostic::error(Code::BadSet, message).help(help)]
}

/// The fault of a name that the plan does not have.
fn unknown(name: &str, set: &SetArgument, known: &[Known]) -> Diagnostics {
    let (message, kinds, what): (String, &[Kind], &str) = if set.record.is_some() {
        (
            format!("the plan has no record or table {}", shown(name)),
            &[Kind::Record, Kind::Table],
            "the plan's records and tables are",
        )
    } else {
        (format!("the plan has no input {}", shown(name)), &[Kind::Scalar], "the plan's single inputs are")
    };
    // A field without its record is a common slip, and the record is known then.
    let owner = known.iter().find(|k| set.record.is_none() && k.fields.iter().any(|f| **f == *name));
    let names = known.iter().filter(|k| kinds.contains(&k.kind)).map(|k| &*k.name);
    let help = match owner {
        Some(k) if k.kind == Kind::Table => Some(format!("write `--set {}.KEY.{name}=VALUE`", k.name)),
        Some(k) => Some(format!("write `--set {}.{name}=VALUE`", k.name)),
        None => suggest(name, what, names),
    };
    vec![Diagnostic::error(Code::BadSet, message).help_maybe(help)]
}

/// Refuses a field that the record or table does not have.
fn check_field(input: &Known, field: &str) -> Result<(), Diagnostics> {
    if input.fields.is_empty() || input.fields.iter().any(|f| **f == *field) {
        return Ok(());
    }
    let message = format!("`{}` has no field {}", input.name, shown(field));
    let what = format!("the fields of `{}` are", input.name);
    let help = suggest(field, &what, input.fields.iter().map(|f| &**f));
    Err(vec![Diagnostic::error(Code::BadSet, message).help_maybe(help)])
}

/// Replaces the value of a name, or adds it.
fn put(entries: &mut Vec<(Arc<str>, Raw)>, name: &Arc<str>, value: Raw) {
    match entries.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) => *old = value,
        None => entries.push((Arc::clone(name), value)),
    }
}

/// The fields of a record, made where it is absent.
fn record_of<'a>(
    entries: &'a mut Vec<(Arc<str>, Raw)>,
    input: &Known,
) -> Result<&'a mut Vec<(Arc<str>, Raw)>, Diagnostics> {
    let at = entries.iter().position(|(n, _)| *n == input.name).unwrap_or(entries.len());
    if at == entries.len() {
        entries.push((Arc::clone(&input.name), Raw { kind: RawKind::Null, place: place() }));
    }
    let found = entries.get_mut(at).map(|(_, value)| value);
    if let Some(value) = found {
        if value.kind == RawKind::Null {
            value.kind = RawKind::Map(Vec::new());
        }
        return fields_of(value, &input.name);
    }
    Err(bad(format!("`{}` cannot be set", input.name), "give the record in a data file"))
}

/// The fields of a value that should be a record or a row.
fn fields_of<'a>(value: &'a mut Raw, name: &str) -> Result<&'a mut Vec<(Arc<str>, Raw)>, Diagnostics> {
    match &mut value.kind {
        RawKind::Map(fields) => Ok(fields),
        other => Err(bad(
            format!("`{name}` holds {} in the data, which has no fields to set", described(other)),
            format!("mend `{name}` in the data first"),
        )),
    }
}

/// The fields of the row with this key.
fn row_of<'a>(
    entries: &'a mut [(Arc<str>, Raw)],
    input: &Known,
    key: &str,
) -> Result<&'a mut Vec<(Arc<str>, Raw)>, Diagnostics> {
    let mut rows: &mut [Raw] = &mut [];
    if let Some((_, value)) = entries.iter_mut().find(|(n, _)| *n == input.name) {
        match &mut value.kind {
            RawKind::List(list) | RawKind::Sheet { rows: list, .. } => rows = list,
            RawKind::Null => {}
            other => {
                let message =
                    format!("`{}` holds {} in the data, expected rows", input.name, described(other));
                return Err(bad(message, format!("mend `{}` in the data first", input.name)));
            }
        }
    }
    // A row whose key cannot be read has none that could be named.
    let keys: Vec<Vec<String>> = rows.iter().map(|row| key_of(row, input).unwrap_or_default()).collect();
    let found = row_key::named(key, &keys);
    let mut distinct: Vec<&[String]> = Vec::new();
    for key in found.iter().filter_map(|at| keys.get(*at)) {
        if !distinct.contains(&key.as_slice()) {
            distinct.push(key);
        }
    }
    if distinct.len() > 1 {
        let message = format!("`{}` has {} rows that {} may mean", input.name, distinct.len(), shown(key));
        return Err(bad(message, row_key::choose(distinct.into_iter())));
    }
    // A key that several rows share is refused later, and with a better message.
    if let Some(row) = found.first().and_then(|at| rows.get_mut(*at)) {
        return fields_of(row, &input.name);
    }
    let readable = keys.iter().take(COMPARED).filter(|k| !k.is_empty());
    let labels: Vec<String> = readable.map(|k| row_key::joined(k)).collect();
    let help = match meant(key, labels.iter().map(String::as_str)) {
        Some(near) => near,
        None if input.key.len() > 1 => format!("the key is `{}`", row_key::joined(&input.key)),
        None => "only a row that the data give can be changed".to_owned(),
    };
    Err(bad(format!("`{}` has no row {}", input.name, shown(key)), help))
}

/// The fields of a row's key as written.
fn key_of(row: &Raw, input: &Known) -> Option<Vec<String>> {
    let RawKind::Map(fields) = &row.kind else { return None };
    let part = |name: &Arc<str>| {
        let value = &fields.iter().find(|(n, _)| n == name)?.1;
        match &value.kind {
            RawKind::Text(text) | RawKind::Cell(text) | RawKind::Number(text) | RawKind::Date(text) => {
                Some(text.to_string())
            }
            _ => None,
        }
    };
    input.key.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        vec![
            Known::scalar("as_of"),
            Known::record("company", ["shares_outstanding", "shares_issued"]),
            Known::table("participants", ["id"], ["id", "pay"]),
            Known::table("quotes", ["date", "market"], ["date", "market", "close"]),
        ]
    }

    fn cell(text: &str) -> Raw {
        Raw { kind: RawKind::Cell(text.into()), place: place() }
    }

    fn map(fields: &[(&str, Raw)]) -> Raw {
        let fields = fields.iter().map(|(n, v)| (Arc::from(*n), v.clone())).collect();
        Raw { kind: RawKind::Map(fields), place: Place::default() }
    }

    fn document() -> Raw {
        let row = |id: &str| map(&[("id", cell(id)), ("pay", cell("1"))]);
        let quote = map(&[("date", cell("2001-01-02")), ("market", cell("NYSE"))]);
        let list = |rows: Vec<Raw>| Raw { kind: RawKind::List(rows), place: Place::default() };
        map(&[("participants", list(vec![row("E1"), row("E.2")])), ("quotes", list(vec![quote]))])
    }

    fn at<'a>(raw: &'a Raw, name: &str) -> &'a Raw {
        match &raw.kind {
            RawKind::Map(fields) => &fields.iter().find(|(n, _)| &**n == name).unwrap().1,
            RawKind::List(rows) => &rows[name.parse::<usize>().unwrap()],
            other => panic!("{other:?}"),
        }
    }

    fn set(text: &str) -> Raw {
        let mut document = document();
        apply_set(&mut document, &parse_set(text).unwrap(), &known()).unwrap_or_else(|f| panic!("{f:#?}"));
        document
    }

    fn bad(text: &str) -> (String, String) {
        let fault = match parse_set(text) {
            Ok(parsed) => {
                let mut data = document();
                let fault = apply_set(&mut data, &parsed, &known()).unwrap_err().remove(0);
                assert_eq!(data, document(), "{text}");
                fault
            }
            Err(mut faults) => faults.remove(0),
        };
        assert_eq!(fault.code, Code::BadSet);
        (fault.message, fault.help.unwrap())
    }

    #[test]
    fn the_parts_are_taken_apart() {
        let parts = |text: &str| {
            let set = parse_set(text).unwrap();
            (set.record, set.key, set.field, set.value.kind)
        };
        let some = |t: &str| Some(t.to_owned());
        let value = |t: &str| RawKind::Cell(t.into());
        assert_eq!(parts("as_of=2001-01-02"), (None, None, "as_of".to_owned(), value("2001-01-02")));
        assert_eq!(parts("a.b=x=y.z"), (some("a"), None, "b".to_owned(), value("x=y.z")));
        assert_eq!(parts("a.b="), (some("a"), None, "b".to_owned(), RawKind::Null));
        assert_eq!(parts("a.k.b= 1"), (some("a"), some("k"), "b".to_owned(), value(" 1")));
        assert_eq!(parts("a.k.1 / m.b=1"), (some("a"), some("k.1 / m"), "b".to_owned(), value("1")));
        for text in ["", "=", "a", "a.b", ".b=1", "a.=1", "a..b=1", "..=1", ".=1"] {
            assert_eq!(parse_set(text).unwrap_err()[0].code, Code::BadSet, "{text}");
        }
    }

    #[test]
    fn a_single_field_is_overridden() {
        assert_eq!(*at(&set("as_of=2001-01-02"), "as_of"), cell("2001-01-02"));
        assert_eq!(*at(at(&set("company.shares_issued=0"), "company"), "shares_issued"), cell("0"));
        assert_eq!(*at(at(at(&set("participants.E1.pay=9"), "participants"), "0"), "pay"), cell("9"));
        assert_eq!(*at(at(at(&set("participants.E.2.pay=9"), "participants"), "1"), "pay"), cell("9"));
        assert_eq!(at(at(at(&set("participants.E1.pay="), "participants"), "0"), "pay").kind, RawKind::Null);
        for key in ["2001-01-02 / NYSE", "2001-01-02/NYSE"] {
            assert_eq!(
                *at(at(at(&set(&format!("quotes.{key}.close=2")), "quotes"), "0"), "close"),
                cell("2")
            );
        }
    }

    #[test]
    fn a_record_that_is_null_becomes_one() {
        let mut data = map(&[("company", Raw { kind: RawKind::Null, place: Place::default() })]);
        apply_set(&mut data, &parse_set("company.shares_issued=0").unwrap(), &known()).unwrap();
        apply_set(&mut data, &parse_set("company.shares_issued=1").unwrap(), &known()).unwrap();
        assert_eq!(*at(at(&data, "company"), "shares_issued"), cell("1"));
    }

    #[test]
    fn names_that_are_not_there_are_refused_with_the_nearest() {
        let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            bad("company.share_issued=0"),
            text("`company` has no field `share_issued`", "did you mean `shares_issued`?")
        );
        assert_eq!(
            bad("compny.shares_issued=0"),
            text("the plan has no record or table `compny`", "did you mean `company`?")
        );
        assert_eq!(bad("as_off=1"), text("the plan has no input `as_off`", "did you mean `as_of`?"));
        assert_eq!(bad("pay=1").1, "write `--set participants.KEY.pay=VALUE`");
        assert_eq!(bad("shares_issued=1").1, "write `--set company.shares_issued=VALUE`");
        assert_eq!(
            bad("participants.E3.pay=1"),
            text("`participants` has no row `E3`", "did you mean `E1`?")
        );
        assert_eq!(
            bad("participants.pay=1").1,
            "name the row by its key, as in `--set participants.KEY.pay=VALUE`"
        );
        assert_eq!(
            bad("participants=1").1,
            "name the row by its key, as in `--set participants.KEY.FIELD=VALUE`"
        );
        assert_eq!(bad("company=1").1, "write it like `--set company.shares_outstanding=VALUE`");
        assert_eq!(bad("company.a.b=1").0, "`company` is a record: one of its fields is set");
        assert_eq!(bad("as_of.x=1").0, "`as_of` is a single value and has no fields");
        assert_eq!(bad("quotes.x.close=1").1, "the key is `date / market`");
    }
}
