//! Calls that do their work on the event loop while everybody waits.

use std::collections::BTreeMap;

use super::super::finding::{Finding, Texts};
use super::super::owners::{Owners, is_user};
use super::super::words::percent;
use super::{by_owner, callers_text, is_worth_telling};
use crate::profile::category::Category;
use crate::profile::figures::share;
use crate::profile::{Function, FunctionId, Node, Profile};

/// A kind of such calls.
struct Kind {
    rule: &'static str,
    /// As the beginning of a sentence.
    what: &'static str,
    explanation: &'static str,
    advice: &'static str,
    /// Whether a function of Node is one of them, by its name and the URL of its script.
    has: fn(&str, &str) -> bool,
}

const WAITS: &str = "All requests wait until such a call is done.";

/// Who comes first is told where one calls another.
const KINDS: &[Kind] = &[
    Kind {
        rule: "module-loading",
        what: "Loading modules",
        explanation: "require() and import read, compile and run files on the event loop.",
        advice: "At the start that is as it should be; later on load what is needed before the first \
                 request.",
        has: |name, url| {
            (url == "node:internal/modules/cjs/loader"
                && matches!(name, "Module._load" | "Module.load" | "Module._compile" | "wrapSafe"))
                || (url.starts_with("node:internal/modules/esm") && !name.is_empty())
        },
    },
    Kind {
        rule: "sync-child-process",
        what: "Waiting for child processes (execSync and the like)",
        explanation: WAITS,
        advice: "Use exec(), execFile() or spawn() with a callback or a promise.",
        has: |name, url| url.ends_with("child_process") && name.ends_with("Sync"),
    },
    Kind {
        rule: "sync-crypto",
        what: "Synchronous cryptography",
        explanation: WAITS,
        advice: "Use the asynchronous form (crypto.pbkdf2(), crypto.scrypt(), ...), which computes on \
                 libuv's threads.",
        has: |name, url| url.starts_with("node:internal/crypto/") && name.ends_with("Sync"),
    },
    Kind {
        rule: "sync-zlib",
        what: "Synchronous compression",
        explanation: WAITS,
        advice: "Use the asynchronous form (zlib.gzip(), zlib.brotliCompress(), ... or a stream), which \
                 computes on libuv's threads.",
        has: |name, url| {
            url == "node:zlib"
                && matches!(name, "zlibBufferSync" | "processChunkSync" | "syncBufferWrapper")
        },
    },
    Kind {
        rule: "sync-fs",
        what: "Synchronous access to files",
        explanation: WAITS,
        advice: "Use node:fs/promises, or read once and keep what was read.",
        has: |name, url| url == "node:fs" && name.ends_with("Sync"),
    },
    Kind {
        rule: "structured-clone",
        what: "structuredClone()",
        explanation: "It serialises the whole value and reads it again, on the event loop.",
        advice: "Copy what changes only, or pass the value on without a copy.",
        has: |name, url| name == "structuredClone" && url.starts_with("node:internal/"),
    },
    Kind {
        rule: "console",
        what: "Writing to the console",
        explanation: "console.log() formats its arguments on the event loop; to a file or a terminal it \
                      also waits for the write.",
        advice: "Log less, or by a logger that writes from a buffer or a worker thread.",
        has: |_, url| url.starts_with("node:internal/console/"),
    },
    Kind {
        rule: "stack-traces",
        what: "Making stack traces",
        explanation: "Every Error walks the stack when it is made, and formats it when `stack` is read.",
        advice: "Make no errors in the usual course of things, and read no `stack` there; a lower \
                 Error.stackTraceLimit helps too.",
        has: |name, url| {
            url == "node:internal/errors"
                && (name.starts_with("prepareStackTrace") || name.contains("StackTrace"))
        },
    },
];

pub(super) fn find(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let tell = |(number, calls): (usize, Calls)| {
        let weights = calls.nodes.iter().map(|node| (*node, profile.tree().self_weight(*node)));
        let callers = by_owner(profile, owners, weights);
        let weight = callers.iter().map(|(_, weight)| weight).sum();
        is_worth_telling(profile, weight)
            .then(|| finding(profile, &KINDS[number], &calls, &callers, weight))
    };
    calls(profile).into_iter().filter_map(tell).collect()
}

fn finding(
    profile: &Profile,
    kind: &Kind,
    calls: &Calls,
    callers: &[(Option<FunctionId>, u64)],
    weight: u64,
) -> Finding {
    let texts = Texts {
        sentence: format!(
            "{} takes {} of the CPU time ({}){}{}.",
            kind.what,
            profile.share_text(weight),
            profile.weight_text(weight),
            entry_text(profile, calls, weight),
            callers_text(profile, callers)
        ),
        explanation: kind.explanation.into(),
        advice: kind.advice.into(),
    };
    let caller = callers.first().and_then(|(owner, _)| *owner);
    Finding::new(profile, kind.rule, weight, caller, texts)
}

/// Which of the calls it is: `, in readFileSync`, with its share where there are several.
fn entry_text(profile: &Profile, calls: &Calls, weight: u64) -> String {
    let names = calls.entries.iter();
    let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
    for (entry, weight) in names {
        *weights.entry(profile.function(*entry).title()).or_default() += weight;
    }
    let heaviest = weights.iter().max_by_key(|(_, weight)| **weight);
    match heaviest {
        Some((name, part)) if name.ends_with("Sync") && weights.len() > 1 => {
            format!(", {} of it in {name}", percent(share(*part, weight)))
        }
        Some((name, _)) if name.ends_with("Sync") => format!(", in {name}"),
        _ => String::new(),
    }
}

/// The calls of a kind.
#[derive(Default)]
struct Calls {
    /// All that is done in them by Node and V8. What the program does in them, a module's body say, is
    /// its own.
    nodes: Vec<Node>,
    /// Own weight of these by the function that was called.
    entries: BTreeMap<FunctionId, u64>,
}

/// By kind. Of a call within a call the outer one counts.
fn calls(profile: &Profile) -> BTreeMap<usize, Calls> {
    let kinds: Vec<Option<usize>> = profile.functions().iter().map(kind_of).collect();
    let tree = profile.tree();
    // Kind and function of the call that a node is in.
    let mut calls: Vec<Option<(usize, FunctionId)>> = Vec::with_capacity(tree.len());
    let mut found: BTreeMap<usize, Calls> = BTreeMap::new();
    for node in 0..tree.len() as Node {
        let function = tree.function(node);
        let above = tree.parent(node).and_then(|parent| calls[parent as usize]);
        let begun = || kinds[function as usize].map(|kind| (kind, function));
        let is_own = is_user(profile.function(function).category);
        let call = if is_own { None } else { above.or_else(begun) };
        if let Some((kind, entry)) = call {
            let found = found.entry(kind).or_default();
            found.nodes.push(node);
            *found.entries.entry(entry).or_default() += tree.self_weight(node);
        }
        calls.push(call);
    }
    found
}

fn kind_of(function: &Function) -> Option<usize> {
    let is_node = function.category == Category::Node;
    KINDS.iter().position(|kind| is_node && (kind.has)(&function.name, &function.url))
}
