//! Ids followed: nodes get their parents, and an order in which every subtree is one piece.

use rustc_hash::FxHashMap;

use super::draft::{Draft, NONE, RawNodes};
use crate::error::Result;
use crate::text::input::invalid;

/// How much room ids may take when they number a table's rows.
const SPREAD: usize = 8;

/// Where nodes are, by their ids.
#[derive(Debug)]
pub(super) enum Places {
    /// V8 counts from 1.
    Dense(Vec<u32>),
    Sparse(FxHashMap<u32, u32>),
}

impl Places {
    fn of(nodes: &RawNodes) -> Result<Self> {
        let highest = nodes.ids.iter().filter(|id| **id != NONE).max().map_or(0, |id| *id as usize);
        let mut places = if highest <= nodes.len().saturating_mul(SPREAD) + 1024 {
            Self::Dense(vec![NONE; highest + 1])
        } else {
            Self::Sparse(FxHashMap::default())
        };
        for (place, id) in nodes.ids.iter().enumerate().filter(|(_, id)| **id != NONE) {
            let known = match &mut places {
                Self::Dense(table) => std::mem::replace(&mut table[*id as usize], place as u32),
                Self::Sparse(map) => map.insert(*id, place as u32).unwrap_or(NONE),
            };
            if known != NONE {
                return Err(invalid(format!("two nodes have the id {id}"), nodes.offsets[place]));
            }
        }
        Ok(places)
    }

    /// The place of the node with an id.
    #[inline]
    pub(super) fn find(&self, id: u32) -> Option<u32> {
        let place = match self {
            Self::Dense(table) => table.get(id as usize),
            Self::Sparse(map) => map.get(&id),
        };
        place.copied().filter(|place| *place != NONE)
    }

    /// After nodes moved: `moved` has the new place of each.
    fn move_to(&mut self, moved: &[u32]) {
        let to_new = |place: &mut u32| *place = moved.get(*place as usize).map_or(NONE, |new| *new);
        match self {
            Self::Dense(table) => table.iter_mut().for_each(to_new),
            Self::Sparse(map) => map.values_mut().for_each(to_new),
        }
    }
}

/// Gives each node its parent and puts them in depth-first order, parents before children.
pub(super) fn link(draft: &mut Draft) -> Result<Places> {
    let mut places = Places::of(&draft.nodes)?;
    attach(draft, &places)?;
    check_root(&draft.nodes)?;
    if !is_depth_first(&draft.nodes.parents) {
        let moved = depth_first(&draft.nodes)?;
        reorder(draft, &moved);
        places.move_to(&moved);
    }
    Ok(places)
}

/// Follows the ids of children and parents.
fn attach(draft: &mut Draft, places: &Places) -> Result<()> {
    let nodes = &mut draft.nodes;
    let children = std::mem::take(&mut draft.children).into_iter();
    let children =
        children.map(|(parent, child)| (Some(parent), places.find(child), parent, child));
    let parents = std::mem::take(&mut draft.parents).into_iter();
    let parents = parents.map(|(child, parent)| (places.find(parent), Some(child), child, parent));
    for (parent, child, teller, id) in children.chain(parents) {
        let offset = nodes.offsets[teller as usize];
        let (Some(parent), Some(child)) = (parent, child) else {
            return Err(invalid(format!("node {id} is referred to and not there"), offset));
        };
        let known = &mut nodes.parents[child as usize];
        // A file may tell both of the child and of its parent.
        if *known != NONE && (*known != parent || teller == parent) {
            let id = nodes.ids[child as usize];
            return Err(invalid(format!("node {id} is a child of two"), offset));
        }
        *known = parent;
    }
    Ok(())
}

fn check_root(nodes: &RawNodes) -> Result<()> {
    let mut roots = (0..nodes.len()).filter(|node| nodes.parents[*node] == NONE);
    match (roots.next(), roots.next()) {
        (Some(_), None) => Ok(()),
        (None, _) => Err(invalid("every node has a parent: the tree is a cycle", nodes.offsets[0])),
        (Some(_), Some(second)) => Err(invalid(
            "expected one root, found a second node that is nobody's child",
            nodes.offsets[second],
        )),
    }
}

/// Whether each node's parent is the node before it or one of that one's ancestors.
fn is_depth_first(parents: &[u32]) -> bool {
    let precedes = |(node, parent): (usize, &u32)| (*parent as usize) < node;
    if !parents.iter().enumerate().skip(1).all(precedes) {
        return false;
    }
    (1..parents.len()).all(|node| {
        let mut at = node - 1;
        while at != parents[node] as usize && parents[at] != NONE {
            at = parents[at] as usize;
        }
        at == parents[node] as usize
    })
}

/// The place of each node in depth-first order.
fn depth_first(nodes: &RawNodes) -> Result<Vec<u32>> {
    let count = nodes.len();
    let (starts, children) = children(&nodes.parents);
    let root = nodes.parents.iter().position(|parent| *parent == NONE).unwrap_or(0);
    let (mut moved, mut next) = (vec![NONE; count], 0);
    let mut pending = vec![root as u32];
    while let Some(node) = pending.pop() {
        moved[node as usize] = next;
        next += 1;
        let range = starts[node as usize] as usize..starts[node as usize + 1] as usize;
        pending.extend(children[range].iter().rev());
    }
    match moved.iter().position(|place| *place == NONE) {
        None => Ok(moved),
        Some(lost) => {
            let detail = format!("node {} is below itself: a cycle", nodes.ids[lost]);
            Err(invalid(detail, nodes.offsets[lost]))
        }
    }
}

/// All children, parent by parent, and where those of each begin.
fn children(parents: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let attached = || parents.iter().enumerate().filter(|(_, parent)| **parent != NONE);
    let mut starts = vec![0_u32; parents.len() + 1];
    attached().for_each(|(_, parent)| starts[*parent as usize + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let (mut next, mut children) = (starts.clone(), vec![0; attached().count()]);
    for (node, parent) in attached() {
        let place = &mut next[*parent as usize];
        children[*place as usize] = node as u32;
        *place += 1;
    }
    (starts, children)
}

/// Moves all that nodes have to their new places.
fn reorder(draft: &mut Draft, moved: &[u32]) {
    let nodes = &mut draft.nodes;
    let is_node = |place: &&mut u32| **place != NONE;
    nodes.parents.iter_mut().filter(is_node).for_each(|parent| *parent = moved[*parent as usize]);
    permute(&mut nodes.ids, moved);
    permute(&mut nodes.frames, moved);
    permute(&mut nodes.parents, moved);
    permute(&mut nodes.weights, moved);
    permute(&mut nodes.offsets, moved);
    draft.ticks.iter_mut().for_each(|tick| tick.node = moved[tick.node as usize]);
    let deopts = draft.deopts.iter_mut().chain(&mut draft.bailouts);
    deopts.for_each(|deopt| deopt.node = moved[deopt.node as usize]);
}

fn permute<T: Copy>(column: &mut [T], moved: &[u32]) {
    let old = column.to_vec();
    for (value, place) in old.into_iter().zip(moved) {
        column[*place as usize] = value;
    }
}
