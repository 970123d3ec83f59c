//! What grew, in words.

use super::super::words;
use super::growth::{Growing, GrowthKind, threshold};
use super::holder::Held;
use super::table::{ClassNames, FileTable};

/// What is said of one class that grows.
pub(super) fn sentence(one: &Growing, names: &ClassNames, counts: &[u64]) -> String {
    let mut text = what(one, names);
    text.push_str(&holder(&one.held));
    text.push('.');
    text.push_str(&contents(one, names));
    if counts.len() > 2 && one.kind == GrowthKind::More && counts.is_sorted_by(|a, b| a < b) {
        let counts: Vec<String> = counts.iter().map(|count| words::count(*count)).collect();
        text.push_str(&format!(" More in every file: {}.", counts.join(", ")));
    }
    text
}

fn what(one: &Growing, names: &ClassNames) -> String {
    let name = names.name(one.class);
    match one.kind {
        GrowthKind::More => {
            let (retained, own) = (one.delta.retained_size, one.delta.self_size);
            let size = match u64::try_from(retained) {
                Ok(retained) if retained >= one.score => {
                    format!("+{} retained", words::bytes(retained))
                }
                _ => format!("{} of their own", signed(own)),
            };
            let count = one.delta.count.unsigned_abs();
            let objects = if count == 1 { "object" } else { "objects" };
            format!("{} grew by {} {objects} ({size})", subject(name), words::count(count))
        }
        GrowthKind::Bigger { bytes, id: Some(id), .. } => {
            format!("{name} @{id} itself grew by {}", words::bytes(bytes))
        }
        GrowthKind::Bigger { count, bytes, .. } => {
            format!(
                "{} grew by {} in all, not in number",
                words::objects(count, name),
                words::bytes(bytes)
            )
        }
    }
}

/// What V8's groups are called in a sentence.
fn subject(class: &str) -> &str {
    match class {
        "(string)" => "Strings",
        "(concatenated string)" => "Concatenated strings",
        "(sliced string)" => "Sliced strings",
        "(number)" => "Numbers",
        "(array)" => "V8's arrays",
        "(system)" => "V8's own objects",
        "(object shape)" => "Object shapes",
        "(compiled code)" => "Compiled code",
        "system / Context" => "Function scopes",
        "Function" => "Functions",
        other => other,
    }
}

fn holder(held: &Held) -> String {
    let Held { name, path_text, is_one, .. } = held;
    match (is_one, path_text.is_empty(), name.is_empty()) {
        (_, true, _) => String::new(),
        (true, _, true) => format!(", held by {path_text}"),
        (true, ..) if path_text.starts_with(&name[..]) => format!(", held by {path_text}"),
        (true, _, false) => format!(", held by {name}: {path_text}"),
        (false, _, true) => format!(", such as {path_text}"),
        (false, ..) => format!(", each held by another object, most as {name}: {path_text}"),
    }
}

/// Where others went meanwhile, more are new than it grew by.
fn contents(one: &Growing, names: &ClassNames) -> String {
    if one.contents.list.is_empty() {
        return String::new();
    }
    let objects = one.contents.list.iter();
    let objects = objects.map(|(class, count)| words::objects(*count, names.name(*class)));
    let holders = match one.contents.holders {
        all if all == one.delta.count.unsigned_abs() => "them".to_owned(),
        more => format!("the {} new ones", words::count(more)),
    };
    format!(" In {holders}: {}.", objects.collect::<Vec<_>>().join(", "))
}

/// `+1.2 MB`, `-3 B`.
pub(super) fn signed(bytes: i64) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{}", words::bytes(bytes.unsigned_abs()))
}

/// The headline.
pub(super) fn verdict(growing: &[Growing], first: Option<&str>, files: &[FileTable]) -> String {
    let (Some(from), Some(to)) = (files.first(), files.last()) else { return String::new() };
    let heap = format!(
        "The heap went from {} to {}.",
        words::bytes(from.total_size),
        words::bytes(to.total_size)
    );
    let Some(first) = first else {
        let least = words::bytes(threshold(to.total_size));
        return format!("No growth: no class of the program grew by more than {least}. {heap}");
    };
    match growing.len() {
        0 | 1 => format!("{first} {heap}"),
        2 => format!("{first} One more class grows. {heap}"),
        more => format!("{first} {} more classes grow. {heap}", more - 1),
    }
}
