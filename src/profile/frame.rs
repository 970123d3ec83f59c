//! Functions: as a file names them, and as the profile tells them.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::category::{Category, Packages};

/// A function as a file names it: numbers of strings, line and column as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RawFrame {
    pub(super) name: Option<u32>,
    pub(super) url: Option<u32>,
    pub(super) line: i32,
    pub(super) column: i32,
    pub(super) script: u32,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name; empty where it has none.
    pub name: String,
    /// URL or path of its script; empty for what V8 and C++ do.
    pub url: String,
    /// Where it begins, 1-based; 0 is unknown.
    pub line: u32,
    /// Where it begins, 1-based; 0 is unknown.
    pub column: u32,
    /// V8's id of the script, of the first one where it was loaded more than once; 0 is none.
    pub script: u32,
    /// Whose it is.
    pub category: Category,
    /// Whether a source map has told its place.
    pub is_mapped: bool,
}

impl Function {
    /// What it is called in a sentence: V8 leaves the name of anonymous functions empty.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.name.is_empty() { "(anonymous)" } else { &self.name }
    }
}

/// The functions of a file, and which of them each raw frame is.
pub(super) struct Functions {
    pub(super) list: Vec<Function>,
    pub(super) of_frame: Vec<u32>,
    pub(super) packages: Packages,
}

/// How raw frames are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) counts_from_one: bool,
    pub(super) is_old: bool,
}

/// Makes functions of frames.
///
/// A script that was loaded twice has two ids and the same functions; only code without a URL, such as
/// what `eval` made, is told apart by the id.
pub(super) fn functions(frames: &[RawFrame], texts: &[String], style: Style) -> Functions {
    let mut numbers = FxHashMap::default();
    let mut functions =
        Functions { list: Vec::new(), of_frame: Vec::new(), packages: Packages::default() };
    for frame in frames {
        let url = text(texts, frame.url);
        let key = (
            text(texts, frame.name),
            url,
            place(frame.line, style),
            place(frame.column, style),
            if url.is_empty() { frame.script } else { 0 },
        );
        let number = *numbers.entry(key).or_insert_with(|| {
            let category = Category::of(key.0, url, style.is_old, &mut functions.packages);
            functions.list.push(Function {
                name: key.0.to_owned(),
                url: url.to_owned(),
                line: key.2,
                column: key.3,
                script: frame.script,
                category,
                is_mapped: false,
            });
            functions.list.len() as u32 - 1
        });
        functions.of_frame.push(number);
    }
    functions
}

fn text(texts: &[String], number: Option<u32>) -> &str {
    number.and_then(|number| texts.get(number as usize)).map_or("", String::as_str)
}

/// A line or column, 1-based; what is negative is none.
fn place(number: i32, style: Style) -> u32 {
    let number = i64::from(number) + i64::from(!style.counts_from_one);
    u32::try_from(number).unwrap_or(0)
}
