//! Ways in one line: where Node's own lists lead to the program's objects.

use super::analysis;
use super::heap::{At, GC_ROOTS, GLOBAL, Heap};
use crate::heap::verdict::inspect::inspect;

/// The way to an object.
fn way(heap: &Heap, at: At) -> String {
    inspect(&analysis(heap), heap.id(at), 1).unwrap().path_text
}

fn closure(heap: &mut Heap, from: At, property: &str, name: &str) -> At {
    let at = heap.add("closure", name, 64);
    heap.link(from, "property", property, at);
    at
}

/// The variables of a function.
fn scope(heap: &mut Heap, function: At) -> At {
    let at = heap.add("object", "system / Context", 64);
    heap.link(function, "internal", "context", at);
    at
}

fn variable(heap: &mut Heap, scope: At, name: &str, class: &str) -> At {
    let at = heap.add("object", class, 64);
    heap.link(scope, "context", name, at);
    at
}

/// A heap with a list of Node's own, as any function of `node:timers` knows it.
fn known_to_node(name: &str, class: &str) -> (Heap, At) {
    let mut heap = Heap::new();
    let function = closure(&mut heap, GLOBAL, "setTimeout", "setTimeout");
    let scope = scope(&mut heap, function);
    let list = variable(&mut heap, scope, name, class);
    (heap, list)
}

#[test]
fn a_timer_is_told_by_its_delay_and_its_function() {
    let (mut heap, map) = known_to_node("timerListMap", "Object");
    let list = heap.add("object", "TimersList", 64);
    heap.link(map, "element", "30000", list);
    let first = heap.object(list, "_idleNext", "Timeout", 64);
    let timer = heap.object(first, "_idleNext", "Timeout", 64);
    let beat = closure(&mut heap, timer, "_onTimeout", "heartbeat");
    let scope = scope(&mut heap, beat);
    let user = variable(&mut heap, scope, "subscriber", "Subscriber");
    assert_eq!(way(&heap, list), "(timer of 30,000 ms)");
    assert_eq!(way(&heap, timer), "(timer of 30,000 ms)");
    assert_eq!(way(&heap, beat), "(timer of 30,000 ms) → heartbeat()");
    assert_eq!(way(&heap, user), "(timer of 30,000 ms) → heartbeat() → variable subscriber");
}

#[test]
fn a_bound_function_is_told_by_what_it_is_bound_to() {
    let (mut heap, map) = known_to_node("timerListMap", "Object");
    let list = heap.add("object", "TimersList", 64);
    heap.link(map, "element", "1000", list);
    let timer = heap.object(list, "_idleNext", "Timeout", 64);
    let bound = closure(&mut heap, timer, "_onTimeout", "native_bind");
    let server = heap.add("object", "Server", 64);
    heap.link(bound, "internal", "bound_this", server);
    let events = heap.object(server, "_events", "Object", 64);
    assert_eq!(way(&heap, events), "(timer of 1,000 ms) → Server._events");
}

#[test]
fn what_a_callback_uses_begins_with_the_callback() {
    let (mut heap, list) = known_to_node("execution_async_resources", "Array");
    let immediate = heap.add("object", "Immediate", 64);
    heap.link(list, "element", "1", immediate);
    let tick = closure(&mut heap, immediate, "_onImmediate", "tick");
    let scope = scope(&mut heap, tick);
    let handlers = variable(&mut heap, scope, "handlers", "Array");
    let socket = heap.add("object", "Socket", 64);
    heap.link(list, "element", "2", socket);
    let user = heap.object(socket, "user", "User", 64);
    assert_eq!(way(&heap, immediate), "(running callback)");
    assert_eq!(way(&heap, handlers), "(running callback) → tick() → variable handlers");
    assert_eq!(way(&heap, user), "(running callback) → Socket.user");
}

#[test]
fn process_is_known_to_everybody() {
    let (mut heap, process) = known_to_node("process", "process");
    let module = heap.object(process, "mainModule", "Module", 64);
    assert_eq!(way(&heap, process), "process");
    assert_eq!(way(&heap, module), "process.mainModule");
}

#[test]
fn what_a_running_function_holds_is_named() {
    let mut heap = Heap::new();
    let stack = heap.add("synthetic", "(Stack roots)", 0);
    heap.link(GC_ROOTS, "element", "7", stack);
    let manager = heap.add("object", "Manager", 64);
    heap.link(stack, "element", "1", manager);
    let rooms = heap.object(manager, "rooms", "Array", 64);
    let scope = heap.add("object", "system / Context", 64);
    heap.link(stack, "element", "2", scope);
    let cache = variable(&mut heap, scope, "cache", "Map");
    assert_eq!(way(&heap, manager), "(running function) → Manager");
    assert_eq!(way(&heap, rooms), "(running function) → Manager.rooms");
    assert_eq!(way(&heap, cache), "(running function) → variable cache");
}
