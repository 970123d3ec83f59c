//! As much of the Protocol Buffers' encoding as `profile.proto` needs.
//!
//! <https://protobuf.dev/programming-guides/encoding/>: a field is its number and wire type, then a varint
//! or a length and as many bytes.

const VARINT: u64 = 0;
const BYTES: u64 = 2;

/// A message in the making; a field that is 0 is left out, as proto3 has it.
#[derive(Debug, Default)]
pub(super) struct Message {
    bytes: Vec<u8>,
    packed: Vec<u8>,
}

impl Message {
    /// Begins the next one in the same memory.
    pub(super) fn clear(&mut self) -> &mut Self {
        self.bytes.clear();
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn number(&mut self, field: u64, number: u64) -> &mut Self {
        if number != 0 {
            varint(&mut self.bytes, field << 3 | VARINT);
            varint(&mut self.bytes, number);
        }
        self
    }

    /// A string or a message.
    pub(super) fn field(&mut self, field: u64, content: &[u8]) -> &mut Self {
        varint(&mut self.bytes, field << 3 | BYTES);
        varint(&mut self.bytes, content.len() as u64);
        self.bytes.extend_from_slice(content);
        self
    }

    /// A repeated number.
    pub(super) fn list(&mut self, field: u64, numbers: impl Iterator<Item = u64>) -> &mut Self {
        let mut packed = std::mem::take(&mut self.packed);
        packed.clear();
        numbers.for_each(|number| varint(&mut packed, number));
        self.field(field, &packed);
        self.packed = packed;
        self
    }
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the encoding's documentation.
    #[test]
    fn as_documented() {
        let mut message = Message::default();
        assert_eq!(message.number(1, 150).as_bytes(), [0x08, 0x96, 0x01]);
        let text = message.clear().field(2, b"testing");
        assert_eq!(text.as_bytes(), b"\x12\x07testing");
        let list = message.clear().list(6, [3, 270, 86_942].into_iter());
        assert_eq!(list.as_bytes(), [0x32, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5]);
        assert!(message.clear().number(1, 0).as_bytes().is_empty());
        let largest = message.clear().number(1, u64::MAX);
        assert_eq!(largest.as_bytes(), [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
