//! Data of every accepted form, read into [`Raw`] trees and merged into one document: numbers as
//! they were written, repeats kept, the place of every value known.

mod document;
mod extras;
mod fault;
mod from_serde;
mod repeats;
mod set;
mod toml;
mod validate;

#[cfg(feature = "cli")]
mod argument;
#[cfg(feature = "arrow")]
mod arrow;
#[cfg(any(feature = "arrow", feature = "xlsx"))]
mod contained;
#[cfg(feature = "cli")]
mod csv;
#[cfg(feature = "cli")]
mod files;
#[cfg(feature = "cli")]
mod folder;
#[cfg(feature = "cli")]
mod format;
#[cfg(feature = "cli")]
mod json;
#[cfg(feature = "cli")]
mod json_rows;
#[cfg(feature = "cli")]
mod ndjson;
#[cfg(feature = "xlsx")]
mod parts;
#[cfg(feature = "cli")]
mod roster;
#[cfg(feature = "cli")]
mod rows;
#[cfg(feature = "cli")]
mod sheets;
#[cfg(feature = "cli")]
mod source;
#[cfg(feature = "cli")]
mod spill;
#[cfg(feature = "cli")]
mod target;
#[cfg(feature = "cli")]
mod unpack;
#[cfg(feature = "xlsx")]
mod xlsx;

pub use crate::value::{Place, Raw, RawKind};
#[cfg(feature = "xlsx")]
pub(crate) use contained::contained;
pub use document::{Kind, Known, merge};
pub use extras::{ExtraColumns, put_extras, take_extras};
pub use from_serde::{SerializeError, to_raw};
pub use set::{SetArgument, apply_set, parse_set};
pub use toml::read_toml;
pub use validate::{Beside, known_inputs, validate, validate_beside, validate_rosters, validate_row};

#[cfg(feature = "cli")]
pub use argument::{name_data, read_data, read_toml_file};
#[cfg(feature = "cli")]
pub use csv::read_csv;
#[cfg(feature = "cli")]
pub use format::{Encoding, Format, Packing};
#[cfg(feature = "cli")]
pub use json::read_json;
#[cfg(feature = "cli")]
pub use roster::{
    Around, Examined, Sifted, damage_in_pieces, faults_apart, faults_in_pieces, is_large, more_faults,
    not_plain, read_roster, sift_roster,
};
#[cfg(feature = "cli")]
pub use source::{InputFormat, Named, Reading, Source, read_named};
#[cfg(feature = "cli")]
pub use spill::{Spill, Spool, Unspilled, Unspooled};
#[cfg(feature = "cli")]
pub use validate::not_listed;
#[cfg(feature = "cli")]
use validate::{convert_cell, key_type, referred, validate_some};
