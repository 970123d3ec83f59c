//! Counts and hashes the bytes on their way to the next writer.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// What went through a [`DigestWriter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Bytes written.
    pub bytes: u64,
    /// SHA-256 of them, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Passes bytes on unchanged, counting and hashing those the next writer took.
pub struct DigestWriter<W> {
    inner: W,
    bytes: u64,
    hash: Sha256,
}

impl<W> DigestWriter<W> {
    /// Starts at zero bytes.
    pub fn new(inner: W) -> Self {
        Self { inner, bytes: 0, hash: Sha256::new() }
    }

    /// Gives the next writer back, not flushed, with the digest of what it took.
    pub fn finish(self) -> (W, Digest) {
        let sha256 = hex(&self.hash.finalize());
        (self.inner, Digest { bytes: self.bytes, sha256 })
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..taken).unwrap_or(bytes));
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes at most three bytes at a time.
    struct Sluggish(Vec<u8>);

    impl Write for Sluggish {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let now = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..now]);
            Ok(now)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn known_answers() {
        let (_, empty) = DigestWriter::new(Vec::<u8>::new()).finish();
        assert_eq!(empty.bytes, 0);
        assert_eq!(
            empty.sha256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let mut writer = DigestWriter::new(Vec::new());
        writer.write_all(b"abc").unwrap();
        writer.flush().unwrap();
        let (inner, digest) = writer.finish();
        assert_eq!(inner, b"abc");
        assert_eq!(
            digest.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    proptest! {
        #[test]
        fn short_writes_are_counted_once(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut writer = DigestWriter::new(Sluggish(Vec::new()));
            writer.write_all(&bytes).unwrap();
            let (inner, digest) = writer.finish();
            prop_assert_eq!(&inner.0, &bytes);
            prop_assert_eq!(digest.bytes, bytes.len() as u64);
            prop_assert_eq!(digest.sha256, hex(&Sha256::digest(&bytes)));
        }
    }
}
