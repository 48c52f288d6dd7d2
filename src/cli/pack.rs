//! Output packed by gzip or zstd as it is written.

use crate::data::Packing;
use std::io::{self, Write};

/// Writes through a packing, which is finished where all was written.
pub fn packed(
    packing: Packing,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match packing {
        Packing::Plain => write(out),
        #[cfg(feature = "compression")]
        Packing::Gzip => {
            let mut out = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            write(&mut out)?;
            out.finish().map(drop)
        }
        #[cfg(feature = "compression")]
        Packing::Zstd => {
            let mut out = zstd::stream::write::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            write(&mut out)?;
            out.finish().map(drop)
        }
        #[cfg(not(feature = "compression"))]
        Packing::Gzip | Packing::Zstd => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}
