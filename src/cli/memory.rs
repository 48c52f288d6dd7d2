//! `--memory`: how much a run may take, what of it goes where, and what is said where that fails.

use crate::data::{Spill, Unspilled, Unspooled};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::report::one_line;
use crate::value::Store;
use bytesize::ByteSize;
use std::io::ErrorKind;
use std::sync::Arc;

/// The least that a run can do with: what it takes whatever the data.
pub const LEAST: usize = 16_000_000;

/// What a run may take, and the file for everything beyond.
#[derive(Clone, Debug)]
pub struct Memory {
    /// As it was written.
    asked: String,
    bytes: usize,
    spill: Arc<Spill>,
}

impl Memory {
    /// What the argument asks for.
    ///
    /// # Errors
    /// A size that is none, or too small; a folder of temporary files that cannot be written to.
    pub fn asked(text: &str) -> Result<Self, Box<Diagnostic>> {
        let bad = |message: String, help: &str| {
            Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)))
        };
        let asked = one_line(text.trim());
        let size =
            text.trim().parse::<ByteSize>().ok().filter(|_| text.contains(|c: char| c.is_ascii_alphabetic()));
        let Some(bytes) = size.and_then(|size| usize::try_from(size.as_u64()).ok()) else {
            return bad(
                format!("`{asked}` is no amount of memory"),
                "write a number with its unit, such as `200MB`, `1GB` or `512MiB`",
            );
        };
        if bytes < LEAST {
            let message = format!("`--memory {asked}` is less than a run takes whatever its data");
            return bad(message, "allow `16MB` or more");
        }
        let spill = Spill::new(bytes).map_err(|why| unspilled(&asked, &why))?;
        Ok(Self { asked, bytes, spill: Arc::new(spill) })
    }

    /// As it was written.
    pub fn shown(&self) -> &str {
        &self.asked
    }

    /// Where segments go that memory has no room for.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.spill) as Arc<dyn Store>
    }

    /// What the plan's data and its evaluation may take within it: tables that are read with the place of
    /// every value, and what formulas hold, are a small part of all.
    pub fn limits(&self) -> Limits {
        let part = |bytes: usize| self.bytes.checked_div(bytes).unwrap_or(0);
        let most = Limits::DEFAULT;
        Limits {
            document_bytes: most.document_bytes.min(part(128)),
            table_bytes: part(128),
            workbook_bytes: part(4),
            walked_rows: part(1_024),
            failures: part(1_024),
            refused_rows: part(16_384),
            values: most.values.min(u64::try_from(part(256)).unwrap_or(u64::MAX)),
            values_per_row: 0,
            ..most
        }
    }

    /// Whether everything that was put away is there.
    ///
    /// # Errors
    /// Where something could not be put away or read back.
    pub fn check(&self) -> Result<(), Box<Diagnostic>> {
        self.spill.failed().map_or(Ok(()), |why| Err(unspilled(&self.asked, why)))
    }
}

fn unspilled(asked: &str, why: &Unspilled) -> Box<Diagnostic> {
    let what = format!("what `--memory {asked}` has no room for");
    unwritten(&what, why, "or allow more memory; no results were written")
}

/// Says why standard input could not be kept.
pub fn unspooled(why: &Unspooled) -> Box<Diagnostic> {
    match why {
        Unspooled::Unwritten(why) => {
            unwritten("standard input", why, "or give the data as a file; no results were written")
        }
        Unspooled::Unread(error) => Box::new(
            Diagnostic::error(Code::DataUnreadable, format!("standard input cannot be read: {error}"))
                .help("check the command that the data come from"),
        ),
    }
}

fn unwritten(what: &str, why: &Unspilled, or: &str) -> Box<Diagnostic> {
    let folder = one_line(&why.folder.display().to_string());
    let reason = match why.error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no space left".to_owned(),
        ErrorKind::FileTooLarge => "it would be larger than files may be here".to_owned(),
        ErrorKind::NotFound => "the folder does not exist".to_owned(),
        ErrorKind::PermissionDenied => "writing there is not permitted".to_owned(),
        kind => kind.to_string(),
    };
    let so_far = match why.before {
        0 => String::new(),
        bytes => format!(" after {}", ByteSize::b(bytes).display().si()),
    };
    let message = format!("{what} cannot be kept in `{folder}`: {reason}{so_far}");
    let help = format!("free space there, name another folder in `TMPDIR`, {or}");
    Box::new(Diagnostic::error(Code::OutputFailed, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let bytes = |text: &str| Memory::asked(text).map(|m| m.bytes).ok();
        assert_eq!(bytes("200MB"), Some(200_000_000));
        assert_eq!(bytes("1 GB"), Some(1_000_000_000));
        assert_eq!(bytes("512MiB"), Some(512 << 20));
        assert_eq!(bytes("1.5gb"), Some(1_500_000_000));
        for text in ["", "200", "-1GB", "much", "1XB", "15MB", "0GB", "NaNMB", "GB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
