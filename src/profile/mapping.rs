//! Sources in the place of what was compiled from them.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::Profile;
use super::category::{Category, Packages};
use super::tree::FunctionId;

/// What a source map says of a function, and what its file says of its lines.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceFrame {
    /// Which function.
    pub id: FunctionId,
    /// Its place in the source; none where only texts are told.
    pub place: Option<SourcePlace>,
    /// Lines of the script, each with its line in the source.
    #[serde(default)]
    pub lines: Vec<(u32, u32)>,
    /// Lines of the script, each with its text.
    #[serde(default)]
    pub texts: Vec<(u32, String)>,
}

/// A place in a source.
#[derive(Clone, Debug, Deserialize)]
pub struct SourcePlace {
    /// The function's name there, where that is known.
    pub name: Option<String>,
    /// Path or URL.
    pub url: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

/// What is known of the lines of functions beyond their numbers, by function and line of the script.
#[derive(Debug, Default)]
pub(super) struct Lines {
    places: FxHashMap<(FunctionId, u32), u32>,
    texts: FxHashMap<(FunctionId, u32), String>,
}

impl Lines {
    /// The line in the source; none where the function was mapped and this line was not.
    pub(super) fn source(&self, function: FunctionId, line: u32) -> Option<u32> {
        self.places.get(&(function, line)).copied()
    }

    pub(super) fn text(&self, function: FunctionId, line: u32) -> Option<&str> {
        self.texts.get(&(function, line)).map(String::as_str)
    }
}

impl Profile {
    /// Puts sources in the place of what was compiled from them. Frames of functions that are not there
    /// are left out.
    pub fn map(&mut self, frames: Vec<SourceFrame>) {
        let mut packages = Packages::of(&self.packages);
        for SourceFrame { id, place, lines, texts } in frames {
            let Some(function) = self.functions.get_mut(id as usize) else { continue };
            if let Some(place) = place {
                if let Some(name) = place.name {
                    function.name = name;
                }
                function.category = Category::of(&function.name, &place.url, false, &mut packages);
                (function.url, function.line, function.column) =
                    (place.url, place.line, place.column);
                function.is_mapped = true;
            }
            let lines = lines.into_iter().map(|(line, source)| ((id, line), source));
            self.lines.places.extend(lines);
            self.lines.texts.extend(texts.into_iter().map(|(line, text)| ((id, line), text)));
        }
        self.packages = packages.into_names();
    }
}
