//! The formats of data files, and how the ending of a name tells one.

use super::fault::{fault, shown};
use crate::diagnostic::{Code, Diagnostics};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The formats of data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One table, or the one row of a record.
    Csv,
    /// Any data.
    Json,
    /// One table: an object on each line.
    NdJson,
    /// Any data.
    Toml,
    /// A workbook: a sheet for each table or record.
    Xlsx,
    /// One table.
    Parquet,
    /// One table.
    Arrow,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By gzip.
    Gzip,
    /// By zstd.
    Zstd,
}

/// How a file is written: `csv`, `csv.gz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Its format.
    pub format: Format,
    /// How that is packed.
    pub packing: Packing,
}

/// The help line for a file whose ending is not read.
pub(super) const ENDINGS: &str = "data are read from files that end in `.csv`, `.json`, `.ndjson`, `.toml`, `.xlsx`, `.parquet` or `.arrow`; the first four may be packed, as in `.csv.gz` and `.csv.zst`";

impl Format {
    fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::NdJson),
            "toml" => Some(Self::Toml),
            "xlsx" => Some(Self::Xlsx),
            "parquet" => Some(Self::Parquet),
            "arrow" | "feather" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// Whether a file of this format is text, and may be packed.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Json | Self::NdJson | Self::Toml)
    }

    /// Whether a file of this format holds rows under names of columns.
    #[must_use]
    pub fn is_tabular(self) -> bool {
        !matches!(self, Self::Json | Self::Toml)
    }

    /// What a file of this format is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Csv => "a CSV file",
            Self::Json => "a JSON file",
            Self::NdJson => "a file of newline-delimited JSON",
            Self::Toml => "a TOML file",
            Self::Xlsx => "a workbook",
            Self::Parquet => "a Parquet file",
            Self::Arrow => "an Arrow file",
        }
    }
}

impl Packing {
    /// The packing that an ending names: `gz`, `zst`.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl Encoding {
    /// A format that is not packed.
    #[must_use]
    pub fn plain(format: Format) -> Self {
        Self { format, packing: Packing::Plain }
    }

    /// What a file's name says by its endings, and the name without them.
    #[must_use]
    pub fn of_name(name: &str) -> Option<(&str, Self)> {
        let (stem, ending) = name.rsplit_once('.')?;
        if let Some(packing) = Packing::of_ending(ending) {
            let (stem, ending) = stem.rsplit_once('.')?;
            let format = Format::of_ending(ending).filter(|f| f.is_text())?;
            return Some((stem, Self { format, packing }));
        }
        Some((stem, Self::plain(Format::of_ending(ending)?)))
    }

    /// How a file is written, or the fault that names the endings that are read.
    pub(super) fn of(path: &Path, shown_path: &str) -> Result<Self, Diagnostics> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self::of_name(&name).map(|(_, encoding)| encoding).ok_or_else(|| {
            let message = match path.extension() {
                Some(ending) => {
                    let ending = ending.to_string_lossy();
                    format!("{} ends in `.{ending}`, which is not read", shown(shown_path))
                }
                None => format!("{} has no ending that says what it holds", shown(shown_path)),
            };
            vec![fault(Code::DataUnreadable, shown_path, None, message).help(ENDINGS)]
        })
    }

    /// Refuses what this build of the command does not read.
    pub(super) fn check_built(self, shown_path: &str) -> Result<(), Diagnostics> {
        let (what, feature, is_built) = match (self.packing, self.format) {
            (Packing::Plain, Format::Xlsx) => (self.format.noun(), "xlsx", cfg!(feature = "xlsx")),
            (Packing::Plain, Format::Parquet) => (self.format.noun(), "parquet", cfg!(feature = "parquet")),
            (Packing::Plain, Format::Arrow) => (self.format.noun(), "arrow", cfg!(feature = "arrow")),
            (Packing::Plain, _) => return Ok(()),
            _ => ("a packed file", "compression", cfg!(feature = "compression")),
        };
        if is_built {
            return Ok(());
        }
        let message = format!("{} is {what}, which this build does not read", shown(shown_path));
        let help = format!("build the command with its feature `{feature}`, or save the data as CSV");
        Err(vec![fault(Code::DataUnreadable, shown_path, None, message).help(help)])
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What stands before the endings says nothing: `.csv.gz` and `csv.gz` are the same.
        match Self::of_name(&format!(".{}", text.trim_start_matches('.'))) {
            Some(("", encoding)) => Ok(encoding),
            _ => {
                Err("expected an ending of data files, such as `csv`, `csv.gz`, `ndjson` or `xlsx`"
                    .to_owned())
            }
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::NdJson => "ndjson",
            Format::Toml => "toml",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        };
        let packing = match self.packing {
            Packing::Plain => "",
            Packing::Gzip => ".gz",
            Packing::Zstd => ".zst",
        };
        write!(f, "{format}{packing}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_holds() {
        let of = |name: &str| Encoding::of_name(name).map(|(stem, e)| format!("{stem} {e}"));
        assert_eq!(of("a.CSV").unwrap(), "a csv");
        assert_eq!(of("p.2001.csv.gz").unwrap(), "p.2001 csv.gz");
        assert_eq!(of("p.jsonl.zst").unwrap(), "p ndjson.zst");
        assert_eq!(of("p.xlsx").unwrap(), "p xlsx");
        for none in ["csv", "p.gz", "p.xlsx.gz", "p.csv.gz.gz", "p.yaml", ""] {
            assert_eq!(of(none), None, "{none}");
        }
        assert_eq!("csv.zst".parse::<Encoding>().unwrap().to_string(), "csv.zst");
        assert!("p.csv".parse::<Encoding>().is_err());
        assert!("gz".parse::<Encoding>().is_err());
    }
}
