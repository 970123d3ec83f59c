//! A decoder of `profile.proto`, apart from what writes it.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;

/// A field's number, and its number or bytes.
type Field<'a> = (u64, u64, &'a [u8]);

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return number;
        }
    }
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (number, content) = match tag & 7 {
            0 => (varint(&mut bytes), &[][..]),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                (0, content)
            }
            kind => panic!("wire type {kind}"),
        };
        fields.push((tag >> 3, number, content));
    }
    fields
}

fn list(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes));
    }
    numbers
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Function's id and line, outermost first.
    pub(super) stack: Vec<(u64, u64)>,
    pub(super) values: Vec<u64>,
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Kind and unit.
    pub(super) types: Vec<(String, String)>,
    pub(super) samples: Vec<Sample>,
    /// Name, file and first line.
    pub(super) functions: BTreeMap<u64, (String, String, u64)>,
    /// The numbers of the top level, by field.
    pub(super) numbers: BTreeMap<u64, u64>,
    pub(super) default_type: String,
}

pub(super) fn decode(gzip: &[u8]) -> Decoded {
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut bytes).unwrap();
    let top = fields(&bytes);
    let of = |wanted| top.iter().filter(move |field| field.0 == wanted).map(|field| field.2);
    let strings: Vec<&str> = of(6).map(|text| std::str::from_utf8(text).unwrap()).collect();
    assert_eq!(strings[0], "");
    let one = |bytes, wanted| {
        fields(bytes).iter().find(|field| field.0 == wanted).map_or(0, |field| field.1)
    };
    let text = |bytes, wanted| strings[one(bytes, wanted) as usize].to_owned();
    let mut locations = BTreeMap::new();
    for bytes in of(4) {
        let lines: Vec<_> = fields(bytes).into_iter().filter(|field| field.0 == 4).collect();
        assert_eq!(lines.len(), 1);
        let line = (one(lines[0].2, 1), one(lines[0].2, 2));
        assert!(locations.insert(one(bytes, 1), line).is_none());
    }
    let function = |bytes| (one(bytes, 1), (text(bytes, 2), text(bytes, 4), one(bytes, 5)));
    let sample = |bytes| {
        let mut sample = Sample::default();
        for (field, _, content) in fields(bytes) {
            match field {
                1 => sample.stack = list(content).iter().rev().map(|id| locations[id]).collect(),
                2 => sample.values = list(content),
                3 => {
                    sample.labels.insert(text(content, 1), text(content, 2));
                }
                other => panic!("field {other} of a sample"),
            }
        }
        sample
    };
    let functions: BTreeMap<_, _> = of(5).map(function).collect();
    assert!(!functions.contains_key(&0));
    assert!(locations.values().all(|(function, _)| functions.contains_key(function)));
    let numbers: BTreeMap<u64, u64> =
        top.iter().filter(|field| field.2.is_empty()).map(|field| (field.0, field.1)).collect();
    Decoded {
        types: of(1).map(|bytes| (text(bytes, 1), text(bytes, 2))).collect(),
        samples: of(2).map(sample).collect(),
        functions,
        default_type: numbers.get(&14).map_or("", |at| strings[*at as usize]).to_owned(),
        numbers,
    }
}
