//! Folded stacks: a line for each stack, `outermost;…;innermost weight`, as flamegraph.pl, inferno and many
//! others take them.
//!
//! A frame is the function's name and place: `pack (/srv/message.js:3:14)`. Names may hold anything: `;`
//! becomes `:`, what ends a line or cannot be printed becomes a space.

use std::io::{self, Write};

use super::groups::groups;
use super::place::place;
use super::stacks::Stacks;
use crate::profile::{Function, Profile};

/// Writes a profile; weights are microseconds or bytes.
pub(super) fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let frames: Vec<String> = profile.functions().iter().map(frame).collect();
    let mut stacks = Stacks::new(profile);
    for group in groups(profile).into_iter().filter(|group| group.weight > 0) {
        for (number, node) in stacks.of(group.node).iter().rev().enumerate() {
            if number > 0 {
                out.write_all(b";")?;
            }
            out.write_all(frames[profile.tree().function(*node) as usize].as_bytes())?;
        }
        writeln!(out, " {}", group.weight)?;
    }
    Ok(())
}

fn frame(function: &Function) -> String {
    let text = match place(function) {
        Some(place) => format!("{} ({place})", function.title()),
        None => function.title().to_owned(),
    };
    let harmless = |char: char| match char {
        ';' => ':',
        '\u{2028}' | '\u{2029}' => ' ',
        _ if char.is_control() => ' ',
        _ => char,
    };
    text.chars().map(harmless).collect()
}
