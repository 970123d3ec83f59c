//! Objects as people count them.

pub(super) use crate::words::{bytes, count, percent};

/// `1 Room object`, `2 Room objects`.
pub(super) fn objects(number: u64, class: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    let what = match class {
        "(string)" | "(concatenated string)" | "(sliced string)" => format!("string{plural}"),
        "Function" => format!("function{plural}"),
        "(array)" => format!("internal array{plural}"),
        "(system)" => format!("internal object{plural}"),
        "(number)" => format!("number{plural}"),
        "system / Context" => format!("function scope{plural}"),
        "system / JSArrayBufferData" => format!("buffer{plural}' memory"),
        _ => format!("{class} object{plural}"),
    };
    format!("{} {what}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_read_well() {
        assert_eq!(objects(1, "Room"), "1 Room object");
        assert_eq!(objects(2, "(string)"), "2 strings");
    }
}
