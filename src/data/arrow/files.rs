//! The files that Arrow's columns come from, their lengths checked before room is made for them.

use crate::data::contained::contained;
use crate::data::fault::{fault, shown};
use crate::data::files::{Counted, inspect, io_fault, is_standard_input};
use crate::data::format::Format;
use crate::data::source::Source;
use crate::diagnostic::{Code, Diagnostics};
use crate::limits::Limits;
use crate::progress::Tally;
use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::{ArrowError, SchemaRef};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How much larger a batch of rows may be than a table that is read with the place of every value.
const BATCHES: u64 = 8;

/// Batches of rows as they are read.
pub(super) struct Batches {
    name: String,
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>,
}

impl Batches {
    pub(super) fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The next batch; none after the last.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, Diagnostics> {
        match contained(|| self.batches.next()) {
            None => Err(damaged(&self.name, "it cannot be read to its end")),
            Some(Some(Err(error))) => Err(damaged(&self.name, &error.to_string())),
            Some(Some(Ok(batch))) => Ok(Some(batch)),
            Some(None) => Ok(None),
        }
    }
}

/// The fault of a file that cannot be what its name says.
pub(super) fn damaged(name: &str, why: &str) -> Diagnostics {
    // What kind of error it is to the library says nothing to anybody else.
    let kinds = ["Parquet argument error: ", "Parquet error: ", "EOF: ", "Ipc error: ", "Parser error: "];
    let why = kinds.iter().fold(why, |why, kind| why.strip_prefix(kind).unwrap_or(why));
    let why: String = why.chars().take(160).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let message = format!("{} cannot be read: {}", shown(name), why.trim_end_matches('.'));
    let help = "the file is damaged or holds something else; write it anew";
    vec![fault(Code::DataUnreadable, name, None, message).help(help)]
}

/// The file itself; what comes through a pipe goes to a file first, for it is read from its end.
fn file(source: &Source) -> Result<File, Diagnostics> {
    let name = source.shown();
    let failed = |error: io::Error| io_fault(name, &error);
    if is_standard_input(&source.path) {
        let mut file = tempfile::tempfile().map_err(failed)?;
        io::copy(&mut io::stdin().lock(), &mut file).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        return Ok(file);
    }
    inspect(Path::new(&*source.path), name)?;
    File::open(&*source.path).map_err(failed)
}

/// Opens the file of a table.
pub(super) fn open(source: &Source, limits: &Limits, tally: &Tally) -> Result<Batches, Diagnostics> {
    let name = source.shown();
    let mut file = file(source)?;
    if source.encoding.format == Format::Arrow && limits.table_bytes < usize::MAX {
        room_for_batches(&mut file, name, limits)?;
    }
    let opened = contained(|| match source.encoding.format {
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet(file, tally.clone()),
        _ => arrow(file, tally.clone()),
    });
    match opened {
        None => Err(damaged(name, "its parts do not fit together")),
        Some(Err(error)) => Err(damaged(name, &error.to_string())),
        Some(Ok((schema, batches))) => Ok(Batches { name: name.to_owned(), schema, batches }),
    }
}

/// Refuses an Arrow file that must be read in larger parts than there is memory for.
fn room_for_batches(file: &mut File, name: &str, limits: &Limits) -> Result<(), Diagnostics> {
    let most = u64::try_from(limits.table_bytes).unwrap_or(u64::MAX).saturating_mul(BATCHES);
    let largest = contained(|| lengths::check(file));
    let largest = largest.ok_or_else(|| damaged(name, "its parts do not fit together"))?;
    let largest = largest.map_err(|error| damaged(name, &error.to_string()))?;
    if largest <= most {
        return Ok(());
    }
    let message =
        format!("{} holds batches of up to {largest} bytes, and there is room for {most}", shown(name));
    let help = "write it in smaller batches, or allow more memory";
    Err(vec![fault(Code::FileTooLarge, name, None, message).help(help)])
}

type Opened = (SchemaRef, Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>);

fn arrow(mut file: File, tally: Tally) -> Result<Opened, ArrowError> {
    lengths::check(&mut file)?;
    file.seek(SeekFrom::Start(0))?;
    let reader = FileReader::try_new(BufReader::new(Counted { file, tally }), None)?;
    Ok((reader.schema(), Box::new(reader)))
}

#[cfg(feature = "parquet")]
fn parquet(file: File, tally: Tally) -> Result<Opened, ArrowError> {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let length = file.metadata()?.len();
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bounded { file, length, tally })?;
    let schema = SchemaRef::clone(builder.schema());
    Ok((schema, Box::new(builder.with_batch_size(super::ROWS).build()?)))
}

/// A file of which no more is asked for than it has: room is made for what is asked for before it is read.
#[cfg(feature = "parquet")]
struct Bounded {
    file: File,
    length: u64,
    tally: Tally,
}

#[cfg(feature = "parquet")]
impl parquet::file::reader::Length for Bounded {
    fn len(&self) -> u64 {
        self.length
    }
}

#[cfg(feature = "parquet")]
impl parquet::file::reader::ChunkReader for Bounded {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        // What a page has before its values is read so, and with it bytes of the values, which are read again.
        parquet::file::reader::ChunkReader::get_read(&self.file, start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        let end = u64::try_from(length).ok().and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > self.length) {
            let what = "a part of it lies beyond its end".to_owned();
            return Err(parquet::errors::ParquetError::EOF(what));
        }
        self.tally.add(length);
        parquet::file::reader::ChunkReader::get_bytes(&self.file, start, length)
    }
}

/// The lengths that an Arrow file says its compressed buffers have unpacked.
mod lengths {
    use super::{ArrowError, File, Read, Seek, SeekFrom};
    use arrow_ipc::{Buffer, MessageHeader, root_as_footer, root_as_message};

    /// As many times as long as the file a buffer may be.
    const TIMES: u64 = 1 << 10;

    /// Refuses lengths far beyond what the file could hold. Answers the bytes of the largest batch.
    pub(super) fn check(file: &mut File) -> Result<u64, ArrowError> {
        let size = file.metadata()?.len();
        let most = size.saturating_mul(TIMES);
        let bad = |what: &str| ArrowError::IpcError(what.to_owned());
        let mut tail = [0_u8; 10];
        file.seek(SeekFrom::Start(size.checked_sub(10).ok_or_else(|| bad("it is too short"))?))?;
        file.read_exact(&mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        if &magic != b"ARROW1" {
            return Err(bad("it does not end as an Arrow file does (a stream of Arrow is no file)"));
        }
        let length =
            u64::try_from(i32::from_le_bytes([a, b, c, d])).map_err(|_| bad("its footer has no length"))?;
        let start = size.checked_sub(10).and_then(|end| end.checked_sub(length));
        let footer =
            bytes(file, start.ok_or_else(|| bad("its footer is longer than the file"))?, length, size)?;
        let footer = root_as_footer(&footer).map_err(|e| bad(&e.to_string()))?;
        let mut largest = 0;
        let blocks = footer.recordBatches().into_iter().flatten();
        for block in blocks.chain(footer.dictionaries().into_iter().flatten()) {
            let length = |n: i64| u64::try_from(n).map_err(|_| bad("a length is negative"));
            let (offset, meta) = (length(block.offset())?, length(i64::from(block.metaDataLength()))?);
            let message = bytes(file, offset, meta, size)?;
            // The message begins after its own length, before which a mark may stand.
            let rest = message.strip_prefix(&[0xFF; 4]).unwrap_or(&message);
            let message =
                root_as_message(rest.get(4..).unwrap_or_default()).map_err(|e| bad(&e.to_string()))?;
            let batch = match message.header_type() {
                MessageHeader::RecordBatch => message.header_as_record_batch(),
                MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|d| d.data()),
                _ => None,
            };
            largest = largest.max(length(block.bodyLength())?);
            let Some(batch) = batch.filter(|b| b.compression().is_some()) else { continue };
            let body = offset.saturating_add(meta);
            let mut unpacked = 0_u64;
            for buffer in batch.buffers().into_iter().flatten() {
                unpacked = unpacked.saturating_add(check_buffer(file, buffer, body, (size, most))?);
            }
            largest = largest.max(unpacked);
        }
        Ok(largest)
    }

    fn check_buffer(
        file: &mut File,
        buffer: &Buffer,
        body: u64,
        (size, most): (u64, u64),
    ) -> Result<u64, ArrowError> {
        let packed = u64::try_from(buffer.length()).unwrap_or(0);
        if packed < 8 {
            return Ok(packed);
        }
        let bad = || ArrowError::IpcError("a buffer has no length that it can have".to_owned());
        let at = u64::try_from(buffer.offset())
            .ok()
            .and_then(|offset| offset.checked_add(body))
            .ok_or_else(bad)?;
        let prefix: [u8; 8] = bytes(file, at, 8, size)?.try_into().map_err(|_| bad())?;
        match i64::from_le_bytes(prefix) {
            -1 => Ok(packed),
            length => u64::try_from(length).ok().filter(|length| *length <= most).ok_or_else(bad),
        }
    }

    /// Some bytes of a file that has them.
    fn bytes(file: &mut File, at: u64, length: u64, size: u64) -> Result<Vec<u8>, ArrowError> {
        if at.checked_add(length).is_none_or(|end| end > size) {
            return Err(ArrowError::IpcError("a part of it lies beyond its end".to_owned()));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|e| ArrowError::IpcError(e.to_string()))?];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
