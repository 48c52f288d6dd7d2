//! Packed files, unpacked as they are read and never held whole.

use super::format::Packing;
use std::io::{self, Read};

/// What a packed file holds.
///
/// # Errors
/// Where this build does not unpack, or the unpacking cannot begin.
pub(super) fn unpacked(
    file: impl Read + Send + 'static,
    packing: Packing,
) -> io::Result<Box<dyn Read + Send>> {
    match packing {
        Packing::Plain => Ok(Box::new(file)),
        #[cfg(feature = "compression")]
        Packing::Gzip => Ok(Box::new(flate2::read::MultiGzDecoder::new(file))),
        #[cfg(feature = "compression")]
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(file)?;
            // A frame may ask for as much memory as it likes; what the tools write by default needs 8 MiB.
            decoder.window_log_max(27)?;
            Ok(Box::new(decoder))
        }
        #[cfg(not(feature = "compression"))]
        Packing::Gzip | Packing::Zstd => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}
