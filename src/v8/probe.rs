//! Whether this process's V8 is one we know, found out before anything is relied on.

use std::sync::OnceLock;

use napi::JsValue;

use super::isolate::{Isolate, version};
use super::symbols::symbols;

/// V8 versions (major, minor) that the whole test suite runs on: Node 18, 20, 22, 24, 25, 26.
const TESTED: [(u32, u32); 6] = [(10, 2), (11, 3), (12, 4), (13, 6), (14, 1), (14, 6)];

/// What [`probe`] found.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Whether the native path may be used.
    pub supported: bool,
    /// Why, or why not.
    pub reason: String,
    /// V8's version; empty where it could not be asked.
    pub v8_version: String,
}

/// Checks symbols, version, handle representation and the layout of the heap statistics.
///
/// `allow_untested` accepts a V8 version outside the tested list; the other checks stay.
#[must_use]
pub fn probe(env: &napi::Env, allow_untested: bool) -> Probe {
    let v8_version = symbols().map(version).unwrap_or_default();
    match check(env, &v8_version, allow_untested) {
        Ok(()) => Probe {
            supported: true,
            reason: format!("V8 {v8_version}: every symbol found, layout checks passed"),
            v8_version,
        },
        Err(reason) => Probe { supported: false, reason, v8_version },
    }
}

/// V8's major version; 0 where unknown.
pub(super) fn v8_major() -> u32 {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| {
        symbols().ok().and_then(|table| major_minor(&version(table))).map_or(0, |(major, _)| major)
    })
}

fn check(env: &napi::Env, v8_version: &str, allow_untested: bool) -> Result<(), String> {
    symbols().map_err(|name| format!("this process does not export V8's {name}"))?;
    let known = major_minor(v8_version).is_some_and(|version| TESTED.contains(&version));
    if !known && !allow_untested {
        return Err(format!("V8 {v8_version} is not among the tested versions"));
    }
    let isolate = Isolate::current().ok_or("no isolate is entered on this thread")?;
    check_handles(env)?;
    check_heap_statistics(isolate)
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// A `napi_value` must be the address of a handle slot that holds a tagged heap object.
fn check_handles(env: &napi::Env) -> Result<(), String> {
    let string = env.create_string("rsprof").map_err(|error| error.to_string())?;
    let slot = string.raw().cast::<usize>();
    if slot.is_null() || !slot.is_aligned() {
        return Err("handles are not slots: unknown build of V8".into());
    }
    // SAFETY: on every Node that was looked at a napi_value is the address of a word-sized slot
    // (ABI map, section 6); null and misaligned ones were just ruled out, and N-API gave it to us
    // as the pointer to something that is alive in this scope.
    let tagged = unsafe { slot.read() };
    if tagged & 1 == 0 {
        return Err("heap objects are not tagged as expected: unknown build of V8".into());
    }
    Ok(())
}

/// V8 must fill 112 bytes of statistics, or a larger multiple of eight, with figures that fit.
fn check_heap_statistics(isolate: Isolate) -> Result<(), String> {
    const SENTINEL: u8 = 0xa5;
    const KNOWN_BYTES: usize = 112;
    // Twice the size of the largest known layout (120 bytes).
    let mut words = [u64::from_ne_bytes([SENTINEL; 8]); 32];
    // SAFETY: the isolate is this thread's; V8 writes its `HeapStatistics` (112 to 120 bytes in
    // every known version) into the 256 bytes of an aligned buffer.
    unsafe { (isolate.symbols().heap_statistics)(isolate.raw(), words.as_mut_ptr().cast()) };
    let written = words
        .iter()
        .rposition(|word| *word != u64::from_ne_bytes([SENTINEL; 8]))
        .map_or(0, |last| (last + 1) * 8);
    let (total, used, limit) = (words[0], words[4], words[5]);
    if written < KNOWN_BYTES || used > total || limit == 0 || total > 1 << 48 {
        return Err(format!("heap statistics have an unknown layout ({written} bytes)"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::major_minor;

    #[test]
    fn reads_the_version() {
        assert_eq!(major_minor("11.3.244.8-node.33"), Some((11, 3)));
        assert_eq!(major_minor("14.6"), Some((14, 6)));
        assert_eq!(major_minor(""), None);
        assert_eq!(major_minor("eleven.3"), None);
    }
}
