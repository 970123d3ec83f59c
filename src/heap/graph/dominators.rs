//! Dominators by Semi-NCA (Georgiadis 2005: semidominators as Lengauer and Tarjan have them, then the
//! nearest common ancestor in the depth-first tree), in the numbers of a depth-first walk, without
//! recursion. Where the search for the ancestor takes too many steps, as in a long queue whose items
//! are in a table too, it goes on by longer ones.
//!
//! Memory beside the graph: five numbers of 32 bits a node, and one for each edge that counts and is
//! no tree edge.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::essential::{Essential, NodeSet};
use super::{Control, FileSizes, Graph, Node, SelfSizes, edge_target};
use crate::error::Result;
use crate::heap::parallel::both;

const UNSEEN: u32 = u32::MAX;

/// How often a long loop looks whether it is to end.
const CHECK_EVERY: usize = 1 << 20;

/// Who dominates whom: in the order of the walk, where a dominator comes before what it dominates.
#[derive(Debug)]
pub struct Dominators {
    /// The nodes in that order; the root first.
    pub(super) order: Vec<Node>,
    /// For each place in the order, the place of its immediate dominator.
    pub(super) idoms: Vec<u32>,
}

impl Dominators {
    /// Finds them over the edges that keep things alive.
    ///
    /// As in DevTools, what nothing reaches hangs on the root: first what has no retainer that
    /// counts, with all it reaches; then what only holds itself, without.
    pub fn of(graph: &Graph, control: &Control) -> Result<Self> {
        let mut edges = Essential::new(graph)?;
        let Walk { order, parents, places, retainers } = Walk::of(graph, &mut edges, control)?;
        let ends = ends(&order[..parents.len()], &retainers);
        drop(retainers);
        let retainers = Retainers::fill(graph, &edges, &places, ends)?;
        drop((places, edges));
        control.check()?;
        let mut idoms = semi_nca(parents, retainers, control)?;
        idoms.resize(order.len(), 0);
        Ok(Self { order, idoms })
    }

    /// The same, and the sizes meanwhile.
    pub fn with_sizes(
        graph: &Graph,
        sizes: FileSizes,
        control: &Control,
    ) -> Result<(Self, SelfSizes)> {
        let (dominators, sizes) = both(|| Self::of(graph, control), || sizes.owned(graph))?;
        Ok((dominators?, sizes))
    }
}

/// A depth-first walk over the edges that count.
struct Walk {
    /// The nodes in preorder; behind the end of `parents` those that were not reached.
    order: Vec<Node>,
    /// Place of the parent of each place.
    parents: Vec<u32>,
    /// Place of each node.
    places: Vec<u32>,
    /// Per node, how many edges come in beside the tree's; by node, not by place.
    retainers: Vec<u32>,
}

impl Walk {
    /// Takes the tree's edges out of `essential`.
    fn of(graph: &Graph, essential: &mut Essential, control: &Control) -> Result<Self> {
        let nodes = graph.len();
        let mut walk = Self {
            order: Vec::with_capacity(nodes),
            parents: Vec::with_capacity(nodes),
            places: vec![UNSEEN; nodes],
            retainers: vec![0; nodes],
        };
        let mut stack = Vec::new();
        walk.visit(graph.root, 0, &mut stack, graph);
        walk.descend(graph, essential, &mut stack, control)?;
        if walk.order.len() < nodes {
            for node in walk.without_retainers(graph, essential) {
                if walk.places[node as usize] == UNSEEN {
                    walk.visit(node, 0, &mut stack, graph);
                    walk.descend(graph, essential, &mut stack, control)?;
                }
            }
            let left = graph.nodes().filter(|node| walk.places[*node as usize] == UNSEEN);
            walk.order.extend(left);
        }
        Ok(walk)
    }

    #[inline]
    fn visit(&mut self, node: Node, parent: u32, stack: &mut Vec<(Node, u32)>, graph: &Graph) {
        self.places[node as usize] = self.order.len() as u32;
        self.order.push(node);
        self.parents.push(parent);
        stack.push((node, graph.first_edges[node as usize]));
    }

    /// Goes on from the stack until it is empty.
    fn descend(
        &mut self,
        graph: &Graph,
        essential: &mut Essential,
        stack: &mut Vec<(Node, u32)>,
        control: &Control,
    ) -> Result<()> {
        let mut turns = 0;
        while let Some(top) = stack.last_mut() {
            let node = top.0;
            let end = graph.first_edges[node as usize + 1];
            let mut found = None;
            while top.1 < end {
                let number = top.1;
                top.1 += 1;
                if !essential.has(number) {
                    continue;
                }
                let to = edge_target(graph.words[number as usize]);
                if self.places[to as usize] == UNSEEN {
                    essential.remove(number);
                    found = Some(to);
                    break;
                }
                self.retainers[to as usize] += 1;
            }
            match found {
                Some(to) => self.visit(to, self.places[node as usize], stack, graph),
                None => {
                    stack.pop();
                }
            }
            turns += 1;
            if turns % CHECK_EVERY == 0 {
                control.check()?;
            }
        }
        Ok(())
    }

    /// Of what was not reached, what no edge that counts leads to. Only what was not reached either
    /// can have such an edge.
    fn without_retainers(&self, graph: &Graph, essential: &Essential) -> Vec<Node> {
        let unseen = || graph.nodes().filter(|node| self.places[*node as usize] == UNSEEN);
        let mut retained = NodeSet::new(graph.len());
        for node in unseen() {
            for number in graph.edge_range(node) {
                if essential.has(number as u32) {
                    retained.add(edge_target(graph.words[number]));
                }
            }
        }
        unseen().filter(|node| !retained.has(*node)).collect()
    }
}

/// For each place, the places that edges come from, without the tree's edges.
struct Retainers {
    /// Where those of each place begin; one more than there are places.
    starts: Vec<u32>,
    places: Vec<u32>,
}

/// For each place of the walk, how many retainers there are up to and with its own; the sum of all
/// once more behind them.
fn ends(order: &[Node], counts: &[u32]) -> Vec<AtomicU32> {
    let mut sum = 0;
    let mut ends = Vec::with_capacity(order.len() + 1);
    for node in order {
        sum += counts[*node as usize];
        ends.push(AtomicU32::new(sum));
    }
    ends.push(AtomicU32::new(sum));
    ends
}

impl Retainers {
    /// Puts the beginning of each of `edges` where those of its end belong, from behind: `ends` become
    /// starts.
    fn fill(
        graph: &Graph,
        edges: &Essential,
        places: &[u32],
        ends: Vec<AtomicU32>,
    ) -> Result<Self> {
        let sum = ends.last().map_or(0, |end| end.load(Ordering::Relaxed));
        let found = (0..sum).map(|_| AtomicU32::new(0)).collect();
        let filling = Filling { graph, edges, places, ends, found };
        let middle = graph.edge_count() / 2;
        both(|| filling.fill(0..middle), || filling.fill(middle..graph.edge_count()))?;
        let Filling { ends, found, .. } = filling;
        let plain = |column: Vec<AtomicU32>| column.into_iter().map(AtomicU32::into_inner);
        Ok(Self { starts: plain(ends).collect(), places: plain(found).collect() })
    }
}

/// What the threads that fill share: each takes other edges, and no slot is given out twice.
struct Filling<'a> {
    graph: &'a Graph,
    edges: &'a Essential,
    places: &'a [u32],
    ends: Vec<AtomicU32>,
    found: Vec<AtomicU32>,
}

impl Filling<'_> {
    fn fill(&self, numbers: Range<usize>) {
        for (node, number) in self.edges.among(self.graph, numbers) {
            let from = self.places[node as usize];
            let to = self.places[edge_target(self.graph.words[number]) as usize];
            // What the walk did not reach retains nothing.
            if (from as usize) < self.ends.len() - 1 {
                let slot = self.ends[to as usize].fetch_sub(1, Ordering::Relaxed) - 1;
                self.found[slot as usize].store(from, Ordering::Relaxed);
            }
        }
    }
}

/// Immediate dominators in the numbers of the walk; `parents` are its tree.
fn semi_nca(parents: Vec<u32>, retainers: Retainers, control: &Control) -> Result<Vec<u32>> {
    let Retainers { starts, places } = retainers;
    // A place's own start is not needed once it was worked on: its semidominator moves in there.
    let mut semis = starts;
    let mut forest =
        Forest { ancestors: parents.clone(), labels: identity(parents.len()), path: Vec::new() };
    let mut end = places.len();
    for place in (1..parents.len()).rev() {
        let start = semis[place] as usize;
        let mut semi = parents[place];
        for from in &places[start..end] {
            // Nothing is less than the root.
            if semi == 0 {
                break;
            }
            semi = semi.min(forest.least(*from, place as u32));
        }
        end = start;
        semis[place] = semi;
        forest.labels[place] = semi;
        if place % CHECK_EVERY == 0 {
            control.check()?;
        }
    }
    drop((forest, places));
    Ok(nearest_ancestors(parents, &semis))
}

/// Steps for each node, on the whole, before the search takes longer ones.
const FEW_STEPS: usize = 16;

/// For each place, the deepest of the dominators of its parent that is not below its semidominator.
fn nearest_ancestors(parents: Vec<u32>, semis: &[u32]) -> Vec<u32> {
    let mut idoms = parents;
    let mut steps_left = FEW_STEPS * idoms.len();
    for place in 1..idoms.len() {
        let mut idom = idoms[place];
        let mut steps = 0;
        while idom > semis[place] {
            idom = idoms[idom as usize];
            steps += 1;
        }
        idoms[place] = idom;
        if steps > steps_left {
            return nearest_by_jumps(idoms, semis, place + 1);
        }
        steps_left -= steps;
    }
    idoms
}

/// The same from `start` on, where each place also knows an ancestor far up, so that a search takes the
/// logarithm of its way (Myers 1983, "An applicative random-access stack").
fn nearest_by_jumps(mut idoms: Vec<u32>, semis: &[u32], start: usize) -> Vec<u32> {
    let mut jumps = vec![0_u32; idoms.len()];
    let mut depths = vec![0_u32; idoms.len()];
    for place in 1..idoms.len() {
        let mut idom = idoms[place];
        while place >= start && idom > semis[place] {
            let jump = jumps[idom as usize];
            idom = if jump > semis[place] { jump } else { idoms[idom as usize] };
        }
        idoms[place] = idom;
        depths[place] = depths[idom as usize] + 1;
        let jump = jumps[idom as usize] as usize;
        let up = jumps[jump] as usize;
        let is_level = depths[idom as usize] + depths[up] == 2 * depths[jump];
        jumps[place] = if is_level { up as u32 } else { idom };
    }
    idoms
}

fn identity(length: usize) -> Vec<u32> {
    (0..length as u32).collect()
}

/// The trees of places that were worked on: everything from `linked` on hangs on its parent.
struct Forest {
    ancestors: Vec<u32>,
    /// The least semidominator on the way up to the ancestor, without it.
    labels: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// The least semidominator from `place` up to, without, its tree's root; `place` where it is one.
    #[inline]
    fn least(&mut self, place: u32, linked: u32) -> u32 {
        if place <= linked {
            return if place == linked { self.labels[place as usize] } else { place };
        }
        if self.ancestors[place as usize] > linked {
            self.compress(place, linked);
        }
        self.labels[place as usize]
    }

    /// Lets everything from `place` up hang on the tree's root at once.
    fn compress(&mut self, place: u32, linked: u32) {
        let mut at = place;
        while self.ancestors[at as usize] > linked {
            self.path.push(at);
            at = self.ancestors[at as usize];
        }
        let mut least = self.labels[at as usize];
        let root = self.ancestors[at as usize];
        while let Some(at) = self.path.pop() {
            least = least.min(self.labels[at as usize]);
            self.labels[at as usize] = least;
            self.ancestors[at as usize] = root;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{nearest_ancestors, nearest_by_jumps};

    proptest! {
        #[test]
        fn long_steps_lead_where_short_ones_do(
            raw in proptest::collection::vec((any::<u32>(), any::<u32>(), any::<bool>()), 1..300),
            start in 1_usize..300,
        ) {
            // Mostly deep: the place before is the parent, and the semidominator is far up.
            let parent = |(at, (parent, _, deep)): (u32, &(u32, u32, bool))| {
                if *deep { at } else { parent % (at + 1) }
            };
            let parents: Vec<u32> = [0].into_iter().chain((0..).zip(&raw).map(parent)).collect();
            let semi = |(parent, (_, semi, _)): (&u32, &(u32, u32, bool))| semi % (parent + 1);
            let semis: Vec<u32> =
                [0].into_iter().chain(parents[1..].iter().zip(&raw).map(semi)).collect();
            let mut idoms = parents.clone();
            for place in 1..idoms.len() {
                while idoms[place] > semis[place] {
                    idoms[place] = idoms[idoms[place] as usize];
                }
            }
            prop_assert_eq!(&nearest_ancestors(parents.clone(), &semis), &idoms);
            let mut partly = parents;
            let start = start.min(partly.len());
            partly[..start].copy_from_slice(&idoms[..start]);
            prop_assert_eq!(nearest_by_jumps(partly, &semis, start), idoms);
        }
    }
}
