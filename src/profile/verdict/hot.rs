//! The functions that cost most, and where their calls come from.

use rustc_hash::FxHashMap;

use super::finding::{Finding, Texts};
use super::owners::{Owners, is_user};
use super::words::{begin, percent, plural};
use crate::profile::category::Category;
use crate::profile::figures::share;
use crate::profile::{FunctionId, Node, Profile, ProfileKind};

/// What is told costs at least this.
const LEAST_SHARE: f64 = 0.05;

/// Hot functions that are told.
const MOST: usize = 3;

/// A caller counts from this share of the function's weight on.
const LEAST_CALLER: f64 = 0.01;

/// Share of a function's weight that makes its way there worth a word.
const MOSTLY: f64 = 0.5;

/// A function and what is charged to it.
pub(super) struct HotSpot {
    pub(super) function: FunctionId,
    pub(super) weight: u64,
    pub(super) origins: Vec<Origin>,
}

/// A function of the program from which calls come.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) function: FunctionId,
    pub(super) weight: u64,
    /// Of that, what comes through listeners of events that it emits.
    pub(super) emitted: u64,
    /// One of these listeners, where it is not the hot function itself.
    pub(super) listener: Option<FunctionId>,
}

/// A step up: the function of the program from which a call comes.
struct Way {
    from: Node,
    /// The listener that an event has called on the way.
    listener: Option<Node>,
}

/// The hot functions, most expensive first.
pub(super) fn hot_spots(profile: &Profile, owners: &Owners) -> Vec<HotSpot> {
    let all = 0..profile.functions().len() as FunctionId;
    let mut functions: Vec<FunctionId> =
        all.filter(|function| owners.charged_to(*function) > 0).collect();
    functions.sort_by_key(|function| std::cmp::Reverse(owners.charged_to(*function)));
    functions.truncate(2 * MOST);
    let spot = |function| HotSpot {
        function,
        weight: owners.charged_to(function),
        origins: origins(profile, owners, function),
    };
    functions.into_iter().map(spot).collect()
}

/// Where a function's calls come from, the one that costs most first.
pub(super) fn origins(profile: &Profile, owners: &Owners, function: FunctionId) -> Vec<Origin> {
    let mut found: FxHashMap<FunctionId, Origin> = FxHashMap::default();
    for node in profile.nodes_of(function) {
        let weight = owners.charged(*node);
        let Some(Way { from, listener }) = way_up(profile, *node).filter(|_| weight > 0) else {
            continue;
        };
        let caller = profile.tree().function(from);
        let origin = found.entry(caller).or_insert(Origin {
            function: caller,
            weight: 0,
            emitted: 0,
            listener: None,
        });
        origin.weight += weight;
        if let Some(listener) = listener {
            origin.emitted += weight;
            let listener = profile.tree().function(listener);
            origin.listener = origin.listener.or(Some(listener).filter(|one| *one != function));
        }
    }
    let mut origins: Vec<Origin> = found.into_values().collect();
    origins.sort_by_key(|origin| (std::cmp::Reverse(origin.weight), origin.function));
    origins
}

/// Up to the first function of the program with a name, past what calls back: a listener stands for the
/// function that emits the event, an anonymous callback for the function that it is written in, as a
/// rule. `None` where the event loop calls.
fn way_up(profile: &Profile, node: Node) -> Option<Way> {
    let tree = profile.tree();
    let hot = tree.function(node);
    let (mut at, mut listener, mut nearest) = (node, None, None);
    // The innermost function of the program so far: the one that may be a listener.
    let mut called = node;
    while let Some(above) = tree.parent(at) {
        at = above;
        let id = tree.function(at);
        let function = profile.function(id);
        if is_emit(&function.name, &function.url) {
            listener = listener.or(Some(called));
        }
        if !is_user(function.category) || id == hot {
            continue;
        }
        if nearest.is_none() {
            nearest = Some(at);
        }
        called = at;
        let is_listener = tree.parent(at).is_some_and(|parent| {
            let parent = profile.function(tree.function(parent));
            is_emit(&parent.name, &parent.url)
        });
        if !function.name.is_empty() && !is_listener {
            return Some(Way { from: at, listener });
        }
    }
    // Nothing of the program emits: the nearest caller it is, and the event came from outside.
    nearest.map(|from| Way { from, listener: None })
}

fn is_emit(name: &str, url: &str) -> bool {
    name == "emit" && matches!(url, "node:events" | "events.js" | "events")
}

/// The way in words: `called from 3 places, most of it (78.0 %) from ...`.
pub(super) fn origin_text(profile: &Profile, weight: u64, origins: &[Origin]) -> String {
    let counted = |origin: &&Origin| share(origin.weight, weight) >= LEAST_CALLER;
    let count = origins.iter().filter(counted).count();
    let Some(first) = origins.first().filter(|_| count > 0) else {
        return String::new();
    };
    let name = profile.named(first.function);
    let part = share(first.weight, weight);
    let each = if is_emitted(first) {
        let by = first.listener.map_or_else(String::new, |listener| {
            format!(", by way of {}", profile.named(listener))
        });
        format!(", once for each listener of an event{by}")
    } else {
        String::new()
    };
    match count {
        1 if part > 0.95 => format!(", called from {name}{each}"),
        1 => format!(", {} of it called from {name}{each}", percent(part)),
        _ if part >= MOSTLY => format!(
            ", called from {}, most of it ({}) from {name}{each}",
            plural(count, "place"),
            percent(part)
        ),
        _ => format!(
            ", called from {}, more from {name} ({}) than from any other{each}",
            plural(count, "place"),
            percent(part)
        ),
    }
}

/// Whether most of what comes from there comes through events.
pub(super) fn is_emitted(origin: &Origin) -> bool {
    origin.emitted > 0 && share(origin.emitted, origin.weight) >= MOSTLY
}

/// What is told of the hot functions.
pub(super) fn findings(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let spots = hot_spots(profile, owners).into_iter();
    let told = spots.filter(|spot| profile.busy_share(spot.weight) >= LEAST_SHARE).take(MOST);
    told.map(|spot| finding(profile, owners, &spot)).collect()
}

fn finding(profile: &Profile, owners: &Owners, spot: &HotSpot) -> Finding {
    let HotSpot { function, weight, origins } = spot;
    // What Node does for each listener, a write to its socket say, cannot be done once for all.
    let own = share(profile.figures(*function).self_weight, *weight);
    let fan_out = origins.first().filter(|origin| {
        own >= MOSTLY && is_emitted(origin) && share(origin.weight, *weight) >= MOSTLY
    });
    let rule = match (profile.kind(), fan_out) {
        (ProfileKind::Allocation, _) => "hot-allocation",
        (ProfileKind::Cpu, None) => "hot-function",
        (ProfileKind::Cpu, Some(_)) => "per-listener",
    };
    let texts = Texts {
        sentence: sentence(profile, spot),
        explanation: explanation(profile, owners, *function),
        advice: advice(profile, *function, fan_out),
    };
    let mut finding = Finding::new(profile, rule, *weight, Some(*function), texts);
    let told = origins.iter().take(MOST).map(|origin| profile.function_ref(origin.function));
    finding.callers = told.collect();
    finding
}

fn sentence(profile: &Profile, HotSpot { function, weight, origins }: &HotSpot) -> String {
    let name = begin(profile.named(*function));
    let (part, amount) = (profile.share_text(*weight), profile.weight_text(*weight));
    let from = origin_text(profile, *weight, origins);
    match profile.kind() {
        ProfileKind::Cpu => format!("{name} burns {part} of the CPU time ({amount}){from}."),
        ProfileKind::Allocation => {
            format!("{name} allocated {part} ({amount}) of what is still alive{from}.")
        }
    }
}

/// What of it is the function itself, what Node and V8 do for it, and which line is the hottest.
fn explanation(profile: &Profile, owners: &Owners, function: FunctionId) -> String {
    let own = profile.figures(function).self_weight;
    let weight = owners.charged_to(function);
    let mut parts = Vec::new();
    let share_of_others = share(weight.saturating_sub(own), weight);
    if share_of_others >= 0.1 {
        let helper = helper(profile, owners, function)
            .map_or_else(String::new, |helper| format!(", most of all {}", profile.named(helper)));
        let verb = match profile.kind() {
            ProfileKind::Cpu => "spent",
            ProfileKind::Allocation => "allocated",
        };
        parts.push(format!(
            "{} of it is {verb} in what Node and V8 do for the function{helper}.",
            percent(share_of_others)
        ));
    }
    let lines = profile.hot_lines(function);
    if let Some(line) = lines.first().filter(|line| line.share >= 0.3 && lines.len() > 1) {
        let text = line
            .text
            .as_deref()
            .map_or_else(String::new, |text| format!(": `{}`", text.replace('`', "'")));
        parts.push(format!(
            "Its hottest line is {} with {} of its samples{text}.",
            line.line,
            percent(line.share)
        ));
    }
    parts.join(" ")
}

/// The function of Node, V8 or native code in which most of the function's other time is spent.
fn helper(profile: &Profile, owners: &Owners, function: FunctionId) -> Option<FunctionId> {
    let tree = profile.tree();
    let mut weights: FxHashMap<FunctionId, u64> = FxHashMap::default();
    for node in 0..tree.len() as Node {
        let owner = owners.owner(node).filter(|owner| *owner != node);
        if owner.is_some_and(|owner| tree.function(owner) == function) {
            *weights.entry(tree.function(node)).or_default() += tree.self_weight(node);
        }
    }
    let heaviest = weights.into_iter().max_by_key(|(id, weight)| (*weight, std::cmp::Reverse(*id)));
    heaviest.map(|(id, _)| id).filter(|id| !profile.function(*id).name.is_empty())
}

fn advice(profile: &Profile, function: FunctionId, fan_out: Option<&Origin>) -> String {
    if let Some(origin) = fan_out {
        return format!(
            "If the result is the same for all listeners, make it once in {} before the event is \
             emitted, and pass it on.",
            profile.named(origin.function)
        );
    }
    match (profile.kind(), profile.function(function).category) {
        (ProfileKind::Allocation, _) => {
            "If what it makes should be gone by now, a heap snapshot tells who holds it: \
             `npx rsprof analyze` on one, or `npx rsprof diff` on two."
                .into()
        }
        (_, Category::Package(_)) => {
            "It is in a package: call it less often, keep its result, or look for its options."
                .into()
        }
        _ => "Call it less often, keep its result, or make it cheaper, hottest line first.".into(),
    }
}
