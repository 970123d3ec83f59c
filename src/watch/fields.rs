//! The numbers of a reading, and their order.

macro_rules! fields {
    ($($field:ident = $name:literal,)+) => {
        /// One number of a reading.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Field { $($field,)+ }

        /// Their names, in their order: `NATIVE` of lib/watch/metrics.js.
        pub const READING_FIELDS: [&str; [$($name,)+].len()] = [$($name,)+];
    };
}

fields! {
    Rss = "rss",
    MemoryUsed = "memoryUsed",
    MemoryLimit = "memoryLimit",
    Cpu = "cpu",
    ThreadCpu = "threadCpu",
    Fds = "fds",
    FdLimit = "fdLimit",
    DiskFree = "diskFree",
    DiskTotal = "diskTotal",
    HeapUsed = "heapUsed",
    HeapTotal = "heapTotal",
    HeapLimit = "heapLimit",
    External = "external",
    Malloced = "malloced",
    NativeContexts = "nativeContexts",
    DetachedContexts = "detachedContexts",
    NewSpaceUsed = "newSpaceUsed",
    NewSpaceSize = "newSpaceSize",
    OldSpaceUsed = "oldSpaceUsed",
    OldSpaceSize = "oldSpaceSize",
    CodeSpaceUsed = "codeSpaceUsed",
    CodeSpaceSize = "codeSpaceSize",
    LargeObjectSpaceUsed = "largeObjectSpaceUsed",
    LargeObjectSpaceSize = "largeObjectSpaceSize",
    OtherSpaceUsed = "otherSpaceUsed",
    OtherSpaceSize = "otherSpaceSize",
    HeapFloor = "heapFloor",
    ExternalFloor = "externalFloor",
    FloorTime = "floorTime",
    Scavenges = "scavenges",
    ScavengeTime = "scavengeTime",
    MarkSweeps = "markSweeps",
    MarkSweepTime = "markSweepTime",
    OtherGcs = "otherGcs",
    OtherGcTime = "otherGcTime",
    GcPause = "gcPause",
    Handles = "handles",
    TcpHandles = "tcpHandles",
    UdpHandles = "udpHandles",
    PipeHandles = "pipeHandles",
    ProcessHandles = "processHandles",
    FileWatchHandles = "fileWatchHandles",
    OtherHandles = "otherHandles",
}

/// The numbers of one reading; what is not known is NaN.
#[derive(Clone, Debug)]
pub(super) struct Row([f64; READING_FIELDS.len()]);

impl Row {
    pub(super) const UNKNOWN: Self = Self([f64::NAN; READING_FIELDS.len()]);

    pub(super) fn set(&mut self, field: Field, value: f64) {
        self.0[field as usize] = value;
    }

    #[allow(clippy::cast_precision_loss, reason = "sizes and counts stay far below 2^53")]
    pub(super) fn set_size(&mut self, field: Field, value: usize) {
        self.set(field, value as f64);
    }

    pub(super) fn into_numbers(self) -> [f64; READING_FIELDS.len()] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stands_where_its_name_does() {
        for (field, name) in [
            (Field::Rss, "rss"),
            (Field::FloorTime, "floorTime"),
            (Field::OtherHandles, "otherHandles"),
        ] {
            assert_eq!(READING_FIELDS[field as usize], name);
        }
        assert_eq!(Field::OtherHandles as usize + 1, READING_FIELDS.len());
    }
}
