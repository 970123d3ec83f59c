//! Whose code a frame is.

use rustc_hash::FxHashMap;
use serde::Serialize;

/// Number of a package in its profile.
pub type PackageId = u32;

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Category {
    /// Where every stack begins.
    Root,
    /// Nothing was to be done.
    Idle,
    /// V8 was collecting garbage.
    GarbageCollector,
    /// Code outside JavaScript that V8 knows nothing of.
    Program,
    /// V8's own functions and C++, which have no script.
    Native,
    /// WebAssembly.
    Wasm,
    /// Node's own JavaScript.
    Node,
    /// A package below `node_modules`.
    Package(PackageId),
    /// The program itself.
    App,
}

impl Category {
    /// What it is called in reports and exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Idle => "idle",
            Self::GarbageCollector => "garbageCollector",
            Self::Program => "program",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Node => "node",
            Self::Package(_) => "package",
            Self::App => "app",
        }
    }

    /// Whether time in it is time in which nothing was done.
    #[must_use]
    pub fn is_idle(self) -> bool {
        matches!(self, Self::Root | Self::Idle)
    }

    /// The category of a function; `is_old` is of a file from the time when Node's own scripts had bare
    /// names (`events.js`).
    pub(super) fn of(name: &str, url: &str, is_old: bool, packages: &mut Packages) -> Self {
        if url.is_empty() {
            return match name {
                "(root)" => Self::Root,
                "(idle)" => Self::Idle,
                "(garbage collector)" => Self::GarbageCollector,
                "(program)" => Self::Program,
                _ => Self::Native,
            };
        }
        if let Some(package) = package_of(url) {
            return Self::Package(packages.number(package));
        }
        let is_bare = || url.ends_with(".js") && !url.contains(['/', '\\', ':']);
        match url {
            _ if url.starts_with("node:") => Self::Node,
            _ if is_old && (url.starts_with("internal/") || is_bare()) => Self::Node,
            _ if url.starts_with("wasm:") => Self::Wasm,
            _ => Self::App,
        }
    }
}

/// The packages of a profile.
#[derive(Debug, Default)]
pub(super) struct Packages {
    numbers: FxHashMap<String, PackageId>,
}

impl Packages {
    /// With these numbers.
    pub(super) fn of(names: &[String]) -> Self {
        let numbers = (0..).zip(names).map(|(number, name)| (name.clone(), number)).collect();
        Self { numbers }
    }

    fn number(&mut self, name: &str) -> PackageId {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn into_names(self) -> Vec<String> {
        let mut names = vec![String::new(); self.numbers.len()];
        for (name, number) in self.numbers {
            names[number as usize] = name;
        }
        names
    }
}

/// The package that a script is of: what follows the last `node_modules` in its path.
fn package_of(url: &str) -> Option<&str> {
    const FOLDER: &str = "node_modules";
    let is_separator = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    let bytes = url.as_bytes();
    let (at, _) = url.rmatch_indices(FOLDER).find(|(at, _)| {
        (*at == 0 || is_separator(bytes.get(at - 1))) && is_separator(bytes.get(at + FOLDER.len()))
    })?;
    let path = &url[at + FOLDER.len() + 1..];
    let is_scoped = path.starts_with('@') || path.starts_with("%40");
    let mut ends = path.match_indices(['/', '\\']).map(|(at, _)| at);
    // A file right below `node_modules` is a package without a folder.
    let end = if is_scoped { ends.nth(1) } else { ends.next() };
    let name = &path[..end.unwrap_or(path.len())];
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(name: &str, url: &str) -> Category {
        Category::of(name, url, false, &mut Packages::default())
    }

    #[test]
    fn entries_of_v8() {
        assert_eq!(category("(garbage collector)", ""), Category::GarbageCollector);
        assert_eq!(category("(idle)", ""), Category::Idle);
        assert_eq!(category("(program)", ""), Category::Program);
        assert_eq!(category("(root)", ""), Category::Root);
        assert_eq!(category("stringify", ""), Category::Native);
        assert_eq!(category("(idle)", "file:///srv/app.js"), Category::App);
    }

    #[test]
    fn scripts() {
        assert_eq!(category("emit", "node:events"), Category::Node);
        assert_eq!(category("f", "wasm://wasm/1234"), Category::Wasm);
        assert_eq!(category("f", "file:///srv/my_node_modules/a.js"), Category::App);
        assert_eq!(category("f", "events.js"), Category::App);
        let mut packages = Packages::default();
        assert_eq!(Category::of("f", "events.js", true, &mut packages), Category::Node);
        assert_eq!(Category::of("f", "internal/timers.js", true, &mut packages), Category::Node);
        assert_eq!(Category::of("f", "/srv/events.js", true, &mut packages), Category::App);
    }

    #[test]
    fn packages_by_the_nearest_folder() {
        for (url, name) in [
            ("file:///srv/node_modules/koa/lib/app.js", "koa"),
            ("/srv/node_modules/@scope/name/index.js", "@scope/name"),
            ("file:///srv/node_modules/a/node_modules/b/x.js", "b"),
            ("/srv/node_modules/.pnpm/a@1.0.0/node_modules/@b/c/x.js", "@b/c"),
            ("C:\\srv\\node_modules\\koa\\app.js", "koa"),
            ("node_modules/koa/app.js", "koa"),
            ("/srv/node_modules/one.js", "one.js"),
        ] {
            assert_eq!(package_of(url), Some(name), "{url}");
        }
        assert_eq!(package_of("/srv/node_modules/"), None);
        assert_eq!(package_of("/srv/node_modules"), None);
    }
}
