//! Results as Arrow files and Parquet files: figures as decimals, dates as dates, everything else as text.

use super::Shown;
use super::table::{Column, columns_of, one_table};
use crate::engine::{ChosenTable, Results};
use crate::progress::{Phase, Watched};
use crate::value::{Cells, Type, Value};
use arrow_array::builder::{BooleanBuilder, Date32Builder, Decimal128Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use chrono::{Datelike, NaiveDate};
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a batch.
const ROWS: usize = 8192;
/// Rows of a group of a Parquet file, which is made in memory.
#[cfg(feature = "parquet")]
const GROUP: usize = 1 << 17;
/// Bytes that a group takes before it goes on its way, however few rows it has.
#[cfg(feature = "parquet")]
const GROUP_BYTES: usize = 4 << 20;
/// Digits of a decimal column.
const DIGITS: u8 = 38;

/// Writes one table, or the plan's figures, as an Arrow file.
///
/// # Errors
/// Where writing fails, or where more than one table was asked for.
pub fn write_arrow(results: &Results, watch: Watched<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet::new(results)?;
    let mut writer = arrow_ipc::writer::FileWriter::try_new(out, &sheet.schema).map_err(unwritten)?;
    watch.begin(Phase::Writing, Some(sheet.rows));
    for batch in sheet.batches() {
        let batch = batch.map_err(unwritten)?;
        writer.write(&batch).map_err(unwritten)?;
        watch.advance(batch.num_rows());
    }
    writer.finish().map_err(unwritten)
}

/// Why something was not written. What the system says stays what it is: a reader that has gone away is no fault.
fn unwritten(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

/// Writes one table, or the plan's figures, as a Parquet file.
///
/// # Errors
/// Where writing fails, or where more than one table was asked for.
#[cfg(feature = "parquet")]
pub fn write_parquet(results: &Results, watch: Watched<'_>, out: &mut dyn Write) -> io::Result<()> {
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::{EnabledStatistics, WriterProperties};
    let sheet = Sheet::new(results)?;
    let how = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP))
        // The least and the greatest figure of each group would keep all figures around them in memory until the end.
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), SchemaRef::clone(&sheet.schema), Some(how))?;
    watch.begin(Phase::Writing, Some(sheet.rows));
    for batch in sheet.batches() {
        let batch = batch.map_err(io::Error::other)?;
        writer.write(&batch)?;
        if writer.memory_size() >= GROUP_BYTES {
            writer.flush()?;
        }
        watch.advance(batch.num_rows());
        // Groups that are whole go on their way; the writer knows how many bytes there were.
        let whole = writer.inner_mut();
        out.write_all(whole)?;
        whole.clear();
    }
    out.write_all(&writer.into_inner()?)
}

/// A table of results with the kinds of its columns.
struct Sheet<'a> {
    results: &'a Results,
    columns: Vec<(Column<'a>, Kind)>,
    /// The plan's figures, where no table was asked for: their names and texts.
    figures: Vec<(String, String)>,
    rows: usize,
    schema: SchemaRef,
}

/// How a column's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// With so many decimals.
    Decimal(u32),
    Date,
    Flag,
    Text,
    Texts,
}

impl Kind {
    /// The kind of a column: figures are decimals where every one of them is.
    fn of(results: &Results, column: &Column<'_>) -> Self {
        match column.ty.required() {
            Type::Bool => Self::Flag,
            Type::Date => Self::Date,
            Type::List(item) if !matches!(item.required(), Type::Record(_) | Type::List(_)) => Self::Texts,
            Type::Number(unit) => {
                let currencies = &results.program().currencies;
                let least = unit.currency().map_or(0, |code| currencies.get(code).copied().unwrap_or(2));
                decimals(column.cells, least).map_or(Self::Text, Self::Decimal)
            }
            _ => Self::Text,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Decimal(scale) => DataType::Decimal128(DIGITS, i8::try_from(scale).unwrap_or(0)),
            Self::Date => DataType::Date32,
            Self::Flag => DataType::Boolean,
            Self::Text => DataType::Utf8,
            Self::Texts => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        }
    }
}

/// The fewest decimals, and no fewer than the least, that hold every figure of a column; none where one
/// has no finite decimal or too many digits.
fn decimals(cells: &Cells, least: u32) -> Option<u32> {
    let (mut scale, mut whole) = (least, 1_usize);
    for value in cells.iter() {
        let Some(Value::Number(n)) = value else { continue };
        let text = n.has_finite_decimal().then(|| n.to_string())?;
        let (before, after) =
            text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
        scale = scale.max(u32::try_from(after.len()).ok()?);
        whole = whole.max(before.len());
    }
    (usize::try_from(scale).ok()?.checked_add(whole)? <= usize::from(DIGITS)).then_some(scale)
}

impl<'a> Sheet<'a> {
    fn new(results: &'a Results) -> io::Result<Self> {
        let table: Option<ChosenTable> =
            one_table(results, "such a file").map_err(|d| io::Error::other(d.message))?;
        let columns: Vec<(Column<'a>, Kind)> = table
            .iter()
            .flat_map(|table| columns_of(results, table))
            .map(|column| {
                let kind = Kind::of(results, &column);
                (column, kind)
            })
            .collect();
        let rows = table.as_ref().map_or(0, |table| results.data().len_of(table.table));
        let fields: Vec<Field> =
            columns.iter().map(|(column, kind)| Field::new(column.name, kind.data_type(), true)).collect();
        let figures = || {
            super::results::rows(results, None).skip(1).map(|mut row| {
                let value = row.pop().unwrap_or_default();
                (row.pop().unwrap_or_default(), value)
            })
        };
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let (figures, fields) = match table {
            Some(_) => (Vec::new(), fields),
            None => (figures().collect(), vec![text("rule"), text("value")]),
        };
        Ok(Self { results, columns, figures, rows, schema: Arc::new(Schema::new(fields)) })
    }

    fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> + '_ {
        let plan = (!self.figures.is_empty()).then(|| {
            let mut rules = StringBuilder::new();
            let mut values = StringBuilder::new();
            for (rule, value) in &self.figures {
                rules.append_value(rule);
                values.append_option((!value.is_empty()).then_some(value));
            }
            let columns: Vec<ArrayRef> = vec![Arc::new(rules.finish()), Arc::new(values.finish())];
            RecordBatch::try_new(SchemaRef::clone(&self.schema), columns)
        });
        let rows = (0..self.rows).step_by(ROWS).map(|start| {
            let end = start.saturating_add(ROWS).min(self.rows);
            let columns = self.columns.iter().map(|(column, kind)| self.array(column, *kind, start, end));
            RecordBatch::try_new(SchemaRef::clone(&self.schema), columns.collect::<Result<_, _>>()?)
        });
        plan.into_iter().chain(rows)
    }

    fn array(
        &self,
        column: &Column<'_>,
        kind: Kind,
        start: usize,
        end: usize,
    ) -> Result<ArrayRef, ArrowError> {
        let values = (start..end).map(|row| column.cells.get(row).unwrap_or_default());
        Ok(match kind {
            Kind::Decimal(scale) => {
                let mut cells = Decimal128Builder::new().with_data_type(kind.data_type());
                for value in values {
                    cells.append_option(match &value {
                        Value::Number(n) => Some(scaled(&n.padded(scale))?),
                        _ => None,
                    });
                }
                Arc::new(cells.finish())
            }
            Kind::Date => {
                let mut cells = Date32Builder::new();
                values.for_each(|value| cells.append_option(days(&value)));
                Arc::new(cells.finish())
            }
            Kind::Flag => {
                let mut cells = BooleanBuilder::new();
                values.for_each(|value| {
                    cells.append_option(match value {
                        Value::Bool(flag) => Some(flag),
                        _ => None,
                    });
                });
                Arc::new(cells.finish())
            }
            Kind::Text => {
                let mut cells = StringBuilder::new();
                for value in values {
                    let text = (value != Value::Absent).then(|| self.text(column.ty, &value));
                    cells.append_option(text.filter(|t| !t.is_empty()));
                }
                Arc::new(cells.finish())
            }
            Kind::Texts => {
                let Type::List(item) = column.ty.required() else {
                    return Err(ArrowError::SchemaError("a list has items".to_owned()));
                };
                let mut cells = ListBuilder::new(StringBuilder::new());
                for value in values {
                    if let Value::List(items) = &value {
                        items.iter().for_each(|i| cells.values().append_value(self.text(item, i)));
                        cells.append(true);
                    } else {
                        cells.append(false);
                    }
                }
                Arc::new(cells.finish())
            }
        })
    }

    fn text(&self, ty: &Type, value: &Value) -> String {
        Shown { program: self.results.program(), data: self.results.data(), ty, value }.cell()
    }
}

/// A decimal's digits as one whole number.
fn scaled(text: &str) -> Result<i128, ArrowError> {
    text.replace('.', "").parse().map_err(|_| ArrowError::CastError(format!("`{text}` has too many digits")))
}

/// A date as days from the first of 1970.
fn days(value: &Value) -> Option<i32> {
    let Value::Date(date) = value else { return None };
    date.num_days_from_ce().checked_sub(NaiveDate::from_ymd_opt(1970, 1, 1)?.num_days_from_ce())
}
