//! Numbers as people read them.

/// `104.2 MB`; a kB is 1,024 bytes, as in DevTools.
#[allow(clippy::cast_precision_loss, reason = "for reading")]
pub(crate) fn bytes(count: u64) -> String {
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
pub(crate) fn count(count: u64) -> String {
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
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `812 ms`, `2.3 s`, `4 min 10 s` of microseconds.
#[allow(clippy::cast_precision_loss, reason = "for reading")]
pub(crate) fn duration(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{:.0} ms", micros as f64 / 1e3),
        1_000_000..120_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        _ => format!("{} min {} s", micros / 60_000_000, micros / 1_000_000 % 60),
    }
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
        let times = [0, 999, 1_000, 812_400, 2_300_000, 250_000_000];
        let texts = ["0 µs", "999 µs", "1.0 ms", "812 ms", "2.3 s", "4 min 10 s"];
        assert_eq!(times.map(duration), texts);
    }
}
