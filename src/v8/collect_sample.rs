//! `CpuProfiler::CollectSample`: a sample at once, for every profile that runs.

use std::sync::OnceLock;

use super::Isolate;
use super::symbols::{Ptr, optional};

/// Both forms, by which one there is: V8 13 added a trace id, an optional 64-bit number in two registers.
enum CollectSample {
    Plain(unsafe extern "C" fn(Ptr)),
    Traced(unsafe extern "C" fn(Ptr, u64, u64)),
}

fn collect_sample() -> Option<&'static CollectSample> {
    static FOUND: OnceLock<Option<CollectSample>> = OnceLock::new();
    let load = || {
        // SAFETY: the types are the C++ signatures that the mangled names encode (ABI map, rule 7).
        unsafe {
            let traced = optional("_ZN2v811CpuProfiler13CollectSampleEPNS_7IsolateESt8optionalImE")
                .or_else(|| {
                    optional("_ZN2v811CpuProfiler13CollectSampleEPNS_7IsolateENSt3__18optionalIyEE")
                });
            let plain = || optional("_ZN2v811CpuProfiler13CollectSampleEPNS_7IsolateE");
            traced.map(CollectSample::Traced).or_else(|| plain().map(CollectSample::Plain))
        }
    };
    FOUND.get_or_init(load).as_ref()
}

impl Isolate {
    /// Has V8 take a sample for every CPU profile of this isolate. False where it cannot be asked to.
    #[must_use]
    pub fn collect_sample(self) -> bool {
        let Some(collect) = collect_sample() else { return false };
        // SAFETY: the isolate is this thread's and alive (see `Isolate`); without a profile V8 does
        // nothing; no trace id is passed: its second half is zero.
        unsafe {
            match collect {
                CollectSample::Plain(collect) => collect(self.raw()),
                CollectSample::Traced(collect) => collect(self.raw(), 0, 0),
            }
        }
        true
    }
}
