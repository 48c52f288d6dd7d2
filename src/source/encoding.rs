//! Encodings of files, told from their first bytes.

/// Whether a file is written in UTF-16, as some editors and spreadsheets do: it begins with their mark.
#[must_use]
pub fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}
