//! Numbers as people read them.

/// `104.2 MB`; a kB is 1,024 bytes, as in DevTools.
#[allow(clippy::cast_precision_loss, reason = "for reading")]
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// `31,356`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `84.9 %` of a share of 0.849.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

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
    fn numbers_read_well() {
        let sizes = [0, 1023, 1024, 109_288_161, 5 << 30, u64::MAX];
        let texts = ["0 B", "1023 B", "1.0 kB", "104.2 MB", "5.0 GB", "16777216.0 TB"];
        assert_eq!(sizes.map(bytes), texts);
        assert_eq!(
            [0, 999, 1000, 31_356, 1_000_000].map(count),
            ["0", "999", "1,000", "31,356", "1,000,000"]
        );
        assert_eq!(percent(0.8491), "84.9 %");
        assert_eq!(objects(1, "Room"), "1 Room object");
        assert_eq!(objects(2, "(string)"), "2 strings");
    }
}
