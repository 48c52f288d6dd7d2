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
            let out = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            in_even_pieces(out, write)?.finish().map(drop)
        }
        #[cfg(feature = "compression")]
        Packing::Zstd => {
            let out = zstd::stream::write::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            in_even_pieces(out, write)?.finish().map(drop)
        }
        #[cfg(not(feature = "compression"))]
        Packing::Gzip | Packing::Zstd => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}

/// Bytes that are packed at a time.
#[cfg(feature = "compression")]
const PIECE: usize = 1 << 16;

/// What is packed in pieces of one size, however it was written: its bytes are then the same too.
#[cfg(feature = "compression")]
struct Even<W: Write> {
    out: W,
    held: Vec<u8>,
}

#[cfg(feature = "compression")]
fn in_even_pieces<W: Write>(out: W, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut even = Even { out, held: Vec::with_capacity(PIECE) };
    write(&mut even)?;
    even.out.write_all(&even.held)?;
    Ok(even.out)
}

#[cfg(feature = "compression")]
impl<W: Write> Write for Even<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len() >= PIECE {
            self.out.write_all(&self.held)?;
            self.held.clear();
        }
        let (taken, _) = bytes.split_at(PIECE.saturating_sub(self.held.len()).min(bytes.len()));
        self.held.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// What is held waits for the rest of its piece.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, feature = "compression"))]
mod tests {
    use super::{PIECE, packed};
    use crate::data::Packing;
    use std::io::Write;

    #[test]
    fn what_is_packed_is_the_same_however_it_is_written() {
        let bytes: Vec<u8> = (0..PIECE * 3 + 17).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
        for packing in [Packing::Gzip, Packing::Zstd] {
            let made = |size: usize| {
                let mut out = Vec::new();
                let write = |to: &mut dyn Write| bytes.chunks(size).try_for_each(|piece| to.write_all(piece));
                packed(packing, &mut out, write).unwrap();
                out
            };
            let whole = made(bytes.len());
            assert!(whole.len() < bytes.len());
            assert!([1, 7, 4_096, PIECE, PIECE + 1].into_iter().all(|size| made(size) == whole));
        }
    }
}
