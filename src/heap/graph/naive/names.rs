//! What names mean.

use serde_json::Value;

/// `<div id="a">` is a `<div>`, also when it is detached.
pub(super) fn without_attributes(name: &str) -> String {
    let start = match name {
        _ if name.starts_with('<') => 0,
        _ if name.starts_with("Detached <") => 10,
        _ => return name.to_owned(),
    };
    match name[start..].find(' ') {
        Some(end) => format!("{}>", &name[..start + end]),
        None => name.to_owned(),
    }
}

/// The text behind the leading number, and the table's id, as the regular expression
/// `^\d+( / part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\))$` has them.
pub(super) fn pair(name: &str) -> Option<(String, String)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let ends_in_id = |text: &str| text.rsplit_once(" @").is_some_and(|(_, id)| is_number(id));
    if name.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let (number, rest) = name.split_once(" / part of key (").filter(|(n, _)| is_number(n))?;
    for (at, arrow) in rest.match_indices(") -> value (") {
        let value = &rest[at + arrow.len()..];
        for (end, table) in value.match_indices(") pair in WeakMap (table @") {
            let Some(id) = value[end + table.len()..].strip_suffix(')') else { continue };
            if ends_in_id(&rest[..at]) && ends_in_id(&value[..end]) && is_number(id) {
                let id = id.trim_start_matches('0');
                let id = if id.is_empty() { "0" } else { id };
                return Some((name[number.len()..].to_owned(), id.to_owned()));
            }
        }
    }
    None
}

/// JavaScript's `parseInt`; numbers below 0 are 0.
pub(super) fn parse_int(text: &str) -> Option<u64> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix('-') {
        return rest.starts_with(|char: char| char.is_ascii_digit()).then_some(0);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

pub(super) struct Interface {
    pub(super) name: String,
    pub(super) properties: Vec<String>,
    pub(super) count: usize,
}

impl Interface {
    pub(super) fn of(properties: &[&str]) -> Option<Self> {
        let length = |text: &str| text.encode_utf16().count();
        let mut name = "{".to_owned();
        let mut used = Vec::new();
        for property in properties.iter().filter(|name| **name != "__proto__") {
            let is_odd = property.contains([',', '\'', '"', '{', '}']);
            let quoted = Value::from(*property).to_string();
            let shown = if is_odd { quoted } else { (*property).to_owned() };
            if name.len() > 1 && length(&name) + length(&shown) > 120 {
                break;
            }
            if name.len() > 1 {
                name += ", ";
            }
            name += &shown;
            used.push((*property).to_owned());
        }
        name += "}";
        (!used.is_empty()).then_some(Self { name, properties: used, count: 1 })
    }
}

/// Whether all of `wanted` are there, as often as they are wanted.
pub(super) fn contains(mut there: Vec<&str>, wanted: &[String]) -> bool {
    wanted.iter().all(|one| match there.iter().position(|other| other == one) {
        Some(at) => {
            there.swap_remove(at);
            true
        }
        None => false,
    })
}
