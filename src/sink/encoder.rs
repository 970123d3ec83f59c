//! Compression on the way to a writer.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use crate::error::{Error, Result};

/// How a capture is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, level 1 (fastest) to 9.
    Gzip(u32),
    /// RFC 8878 with a content checksum, level 1 (fastest) to 19.
    Zstd(i32),
}

impl Compression {
    /// From JavaScript's option: `none` (any level), `gzip` (1..=9) or `zstd` (1..=19).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another name or level.
    pub fn parse(name: &str, level: u32) -> Result<Self> {
        let refuse =
            |levels: &str| Err(Error::Unsupported(format!("{name} level {level}: use {levels}")));
        match (name, level) {
            ("none", _) => Ok(Self::None),
            ("gzip", 1..=9) => Ok(Self::Gzip(level)),
            ("gzip", _) => refuse("1 to 9"),
            ("zstd", 1..=19) => i32::try_from(level).map(Self::Zstd).or_else(|_| refuse("1 to 19")),
            ("zstd", _) => refuse("1 to 19"),
            _ => Err(Error::Unsupported(format!(
                "compression {name:?}: use \"gzip\", \"zstd\" or \"none\""
            ))),
        }
    }
}

/// Compresses what is written to it into `W`, which sees writes of 64 KiB or more until the last.
///
/// Without [`Encoder::finish`] the output has no end; dropping the encoder writes nothing more.
pub struct Encoder<W: Write> {
    kind: Option<Kind<W>>,
}

enum Kind<W: Write> {
    None(Outlet<W>),
    Gzip(GzEncoder<Outlet<W>>),
    Zstd(ZstdEncoder<'static, Outlet<W>>),
}

impl<W: Write> Encoder<W> {
    /// Starts a stream into `out`.
    ///
    /// # Errors
    /// When zstd has no memory for its tables.
    pub fn new(compression: Compression, out: W) -> io::Result<Self> {
        let outlet = Outlet::new(out);
        let kind = match compression {
            Compression::None => Kind::None(outlet),
            Compression::Gzip(level) => {
                Kind::Gzip(GzEncoder::new(outlet, flate2::Compression::new(level)))
            }
            Compression::Zstd(level) => {
                let mut encoder = ZstdEncoder::new(outlet, level)?;
                encoder.include_checksum(true)?;
                Kind::Zstd(encoder)
            }
        };
        Ok(Self { kind: Some(kind) })
    }

    /// Writes the end of the stream and gives `out` back.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        match self.kind.take().ok_or_else(finished)? {
            Kind::None(outlet) => outlet.finish(),
            Kind::Gzip(encoder) => encoder.finish()?.finish(),
            Kind::Zstd(encoder) => encoder.finish()?.finish(),
        }
    }

    fn writer(&mut self) -> io::Result<&mut dyn Write> {
        match self.kind.as_mut().ok_or_else(finished)? {
            Kind::None(outlet) => Ok(outlet),
            Kind::Gzip(encoder) => Ok(encoder),
            Kind::Zstd(encoder) => Ok(encoder),
        }
    }
}

fn finished() -> io::Error {
    io::Error::other("the encoder was finished")
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

impl<W: Write> Drop for Encoder<W> {
    fn drop(&mut self) {
        match &mut self.kind {
            None => {}
            Some(Kind::None(outlet)) => outlet.abandon(),
            Some(Kind::Gzip(encoder)) => encoder.get_mut().abandon(),
            Some(Kind::Zstd(encoder)) => encoder.get_mut().abandon(),
        }
    }
}

/// Writes reach the next writer in pieces of at least this many bytes, except for the last.
const OUTLET_BYTES: usize = 65_536;

/// Gathers the compressors' small writes. Unlike `BufWriter` it does not write when dropped, and
/// once abandoned it swallows everything: `GzEncoder` writes its trailer when dropped, and a drop
/// must neither block nor touch the file.
struct Outlet<W: Write> {
    inner: W,
    buffer: Vec<u8>,
    abandoned: bool,
}

impl<W: Write> Outlet<W> {
    fn new(inner: W) -> Self {
        Self { inner, buffer: Vec::with_capacity(OUTLET_BYTES), abandoned: false }
    }

    fn abandon(&mut self) {
        self.abandoned = true;
    }

    fn finish(mut self) -> io::Result<W> {
        self.drain()?;
        Ok(self.inner)
    }

    /// Writes the buffer out. It counts as gone even if that fails: the stream is then lost.
    fn drain(&mut self) -> io::Result<()> {
        let result = self.inner.write_all(&self.buffer);
        self.buffer.clear();
        result
    }
}

impl<W: Write> Write for Outlet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.abandoned {
            return Ok(bytes.len());
        }
        if self.buffer.is_empty() && bytes.len() >= OUTLET_BYTES {
            return self.inner.write(bytes);
        }
        let now = bytes.get(..OUTLET_BYTES - self.buffer.len()).unwrap_or(bytes);
        self.buffer.extend_from_slice(now);
        if self.buffer.len() == OUTLET_BYTES {
            self.drain()?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.abandoned {
            return Ok(());
        }
        self.drain()?;
        self.inner.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    const ALL: [Compression; 5] = [
        Compression::None,
        Compression::Gzip(1),
        Compression::Gzip(9),
        Compression::Zstd(1),
        Compression::Zstd(19),
    ];

    fn decode(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match compression {
            Compression::None => out.extend_from_slice(bytes),
            Compression::Gzip(_) => {
                flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
            }
            Compression::Zstd(_) => {
                zstd::stream::read::Decoder::new(bytes).unwrap().read_to_end(&mut out).unwrap();
            }
        }
        out
    }

    /// Records the size of every write.
    #[derive(Default)]
    struct Recorder(Vec<usize>);

    impl Write for &mut Recorder {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn parse_knows_names_and_levels() {
        assert_eq!(Compression::parse("none", 0).unwrap(), Compression::None);
        assert_eq!(Compression::parse("gzip", 6).unwrap(), Compression::Gzip(6));
        assert_eq!(Compression::parse("zstd", 19).unwrap(), Compression::Zstd(19));
        for (name, level) in [("gzip", 0), ("gzip", 10), ("zstd", 0), ("zstd", 20), ("br", 1)] {
            let error = Compression::parse(name, level).unwrap_err();
            assert_eq!(error.code(), "ERR_RSPROF_UNSUPPORTED");
        }
    }

    #[test]
    fn zstd_carries_a_checksum() {
        let mut bytes = Encoder::new(Compression::Zstd(1), Vec::new()).unwrap();
        bytes.write_all(b"checked").unwrap();
        let bytes = bytes.finish().unwrap();
        assert_ne!(bytes[4] & 4, 0, "Content_Checksum_flag");
    }

    #[test]
    fn the_next_writer_sees_large_writes() {
        for compression in ALL {
            let mut recorder = Recorder::default();
            let mut encoder = Encoder::new(compression, &mut recorder).unwrap();
            for piece in noise(1 << 20).chunks(1_000) {
                encoder.write_all(piece).unwrap();
            }
            encoder.finish().unwrap();
            let (last, others) = recorder.0.split_last().unwrap();
            assert!(others.iter().all(|size| *size >= OUTLET_BYTES), "{:?}", recorder.0);
            assert!(*last <= OUTLET_BYTES && others.len() >= 15);
        }
    }

    #[test]
    fn a_drop_writes_nothing() {
        for compression in ALL {
            let mut recorder = Recorder::default();
            let mut encoder = Encoder::new(compression, &mut recorder).unwrap();
            encoder.write_all(&noise(50_000)).unwrap();
            drop(encoder);
            assert!(recorder.0.is_empty());
        }
    }

    #[test]
    fn errors_come_through() {
        for compression in ALL {
            let mut encoder = Encoder::new(compression, Full).unwrap();
            let written = encoder.write_all(&noise(500_000)).and_then(|()| encoder.flush());
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
            let encoder = Encoder::new(Compression::Gzip(1), Full).unwrap();
            assert_eq!(encoder.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn bytes_come_out_as_they_went_in(
            pieces in proptest::collection::vec(0_usize..90_000, 0..8),
            pick in 0_usize..ALL.len(),
            flush in any::<bool>(),
        ) {
            let source = noise(pieces.iter().sum());
            let mut encoder = Encoder::new(ALL[pick], Vec::new()).unwrap();
            let mut rest = &source[..];
            for piece in pieces {
                let (now, later) = rest.split_at(piece);
                encoder.write_all(now).unwrap();
                if flush {
                    encoder.flush().unwrap();
                }
                rest = later;
            }
            prop_assert!(decode(ALL[pick], &encoder.finish().unwrap()) == source);
        }
    }
}
