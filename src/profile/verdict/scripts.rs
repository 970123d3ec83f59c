//! What a source map, or the script itself, could tell more of.

use serde::Serialize;

use super::owners::is_user;
use crate::profile::figures::share;
use crate::profile::{FunctionId, Profile, ProfileKind};

/// Functions whose lines are worth a look have this share of the busy weight.
const LEAST_SHARE: f64 = 0.005;

/// Lines of a function that are asked for.
const MOST_LINES: usize = 8;

/// What JavaScript looks up before the report.
#[derive(Clone, Debug, Serialize)]
pub struct Scripts {
    /// What the profile is.
    pub kind: ProfileKind,
    /// Functions of the program and of packages.
    pub frames: Vec<ScriptFrame>,
}

/// A function in its script.
#[derive(Clone, Debug, Serialize)]
pub struct ScriptFrame {
    /// Its number.
    pub id: FunctionId,
    /// Its name; empty where it has none.
    pub name: String,
    /// Path or URL.
    pub url: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// Its hottest lines.
    pub lines: Vec<u32>,
}

/// Lists the functions that have a script.
#[must_use]
pub fn scripts(profile: &Profile) -> Scripts {
    let functions = (0..).zip(profile.functions());
    let known = functions.filter(|(_, function)| is_user(function.category) && function.line > 0);
    let frame = |(id, function): (FunctionId, &crate::profile::Function)| ScriptFrame {
        id,
        name: function.name.clone(),
        url: function.url.clone(),
        line: function.line,
        column: function.column,
        lines: lines(profile, id),
    };
    Scripts { kind: profile.kind(), frames: known.map(frame).collect() }
}

fn lines(profile: &Profile, id: FunctionId) -> Vec<u32> {
    if share(profile.figures(id).self_weight, profile.busy_weight()) < LEAST_SHARE {
        return Vec::new();
    }
    let lines = profile.hot_lines(id).into_iter().take(MOST_LINES);
    lines.map(|line| line.line).collect()
}
