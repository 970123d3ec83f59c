#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;

const V2_MOUNT: &str =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1_MOUNTS: &str = "\
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/unified rw shared:12 - cgroup2 cgroup2 rw
";

fn folders_of(named: &str, mounts: &str) -> Option<(Version, Vec<String>)> {
    let Place { version, folders } = place(named, mounts)?;
    Some((version, folders.iter().map(|folder| folder.to_string_lossy().into_owned()).collect()))
}

fn v2(folders: &[&str]) -> Option<(Version, Vec<String>)> {
    Some((Version::V2, folders.iter().map(|folder| (*folder).to_owned()).collect()))
}

fn v1(folders: &[&str]) -> Option<(Version, Vec<String>)> {
    Some((Version::V1, folders.iter().map(|folder| (*folder).to_owned()).collect()))
}

#[test]
fn finds_nested_groups() {
    let found = folders_of("0::/system.slice/app.service\n", V2_MOUNT);
    let expected = v2(&[
        "/sys/fs/cgroup/system.slice/app.service",
        "/sys/fs/cgroup/system.slice",
        "/sys/fs/cgroup/",
    ]);
    assert_eq!(found, expected);
    let found = folders_of("5:cpu,cpuacct:/a\n4:hugetlb,memory:/pod/b:c\n0::/u\n", V1_MOUNTS);
    let expected = v1(&[
        "/sys/fs/cgroup/memory/pod/b:c",
        "/sys/fs/cgroup/memory/pod",
        "/sys/fs/cgroup/memory/",
    ]);
    assert_eq!(found, expected);
}

#[test]
fn finds_the_group_of_a_container() {
    // Its own namespace: it sees itself as the root.
    assert_eq!(folders_of("0::/\n", V2_MOUNT), v2(&["/sys/fs/cgroup/"]));
    // The host's namespace, with its own group bound to the usual place.
    let mounts = "700 690 0:28 /docker/0123 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    assert_eq!(folders_of("4:memory:/docker/0123\n", mounts), v1(&["/sys/fs/cgroup/memory/"]));
    let nested = folders_of("4:memory:/docker/0123/job\n", mounts);
    assert_eq!(nested, v1(&["/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/memory/"]));
    // A name like its own that is another's, and one above the namespace.
    for named in ["4:memory:/docker/01234\n", "4:memory:/../x\n", "4:memory:/docker/0123/../x\n"] {
        assert_eq!(folders_of(named, mounts), v1(&["/sys/fs/cgroup/memory/"]), "{named}");
    }
}

#[test]
fn takes_v2_where_v1_has_no_memory() {
    let found = folders_of("5:cpu:/a\n0::/b\n", V1_MOUNTS);
    assert_eq!(found, v2(&["/sys/fs/cgroup/unified/b", "/sys/fs/cgroup/unified/"]));
    // Named, but not mounted.
    let found = folders_of("4:memory:/a\n0::/b\n", V2_MOUNT);
    assert_eq!(found, v2(&["/sys/fs/cgroup/b", "/sys/fs/cgroup/"]));
}

#[test]
fn garbage_is_no_group() {
    for named in ["", "\n", "garbage", "0:", "0::", "::::", "4:memory\n", "4:cpu:/a"] {
        for mounts in ["", "garbage\n", " - \n", "1 2 3 - cgroup2\n", "1 2 3 / /x rw - cgroup2 a\n"]
        {
            assert_eq!(folders_of(named, mounts), None, "{named:?} {mounts:?}");
        }
    }
    assert_eq!(folders_of("garbage", V2_MOUNT), None);
    // An empty path is the root's.
    assert_eq!(folders_of("0::", V2_MOUNT), v2(&["/sys/fs/cgroup/"]));
}

#[test]
fn paths_are_unescaped() {
    assert_eq!(unescape(r"/a\040b\134c"), Path::new(r"/a b\c"));
    assert_eq!(unescape(r"/a\04"), Path::new(r"/a\04"));
    assert_eq!(unescape(r"/\999\777"), Path::new(r"/\999\777"));
}

#[test]
fn the_working_set_is_without_inactive_files() {
    let v2 = "anon 100\nfile 50\ninactive_file 30\n";
    assert_eq!(working_set(150.0, v2, "inactive_file"), 120.0);
    assert_eq!(working_set(20.0, v2, "inactive_file"), 0.0);
    assert_eq!(working_set(150.0, "garbage", "inactive_file"), 150.0);
    let v1 = "inactive_file 1\ntotal_inactive_file 40\n";
    assert_eq!(working_set(150.0, v1, "total_inactive_file"), 110.0);
}

#[test]
fn the_machine_has_memory() {
    assert_eq!(total_memory("MemFree: 1 kB\nMemTotal:       8 kB\n"), Some(8192.0));
    assert_eq!(total_memory("MemTotal: lots\n"), None);
    assert!(machine_memory().unwrap() > 1e6);
}

/// A place of real files.
fn place_of(version: Version, groups: &[&[(&str, &str)]]) -> (tempfile::TempDir, Place) {
    let dir = tempfile::tempdir().unwrap();
    let folders = groups.iter().enumerate().map(|(index, files)| {
        let folder = dir.path().join(index.to_string());
        fs::create_dir(&folder).unwrap();
        for (name, text) in *files {
            fs::write(folder.join(name), text).unwrap();
        }
        folder
    });
    let folders = folders.collect();
    (dir, Place { version, folders })
}

#[test]
fn the_smallest_limit_counts() {
    let max = |text: &'static str| [("memory.max", text)];
    for (limits, expected) in [
        (["max\n", "5000\n", "4000\n"], Some(4000.0)),
        (["3000\n", "5000\n", "max\n"], Some(3000.0)),
        (["max\n", "max\n", "max\n"], None),
        (["garbage\n", "", "7\n"], Some(7.0)),
        (["18446744073709551615\n", "max", "-1"], None),
    ] {
        let files = limits.map(max);
        let (_dir, place) = place_of(Version::V2, &files.each_ref().map(|files| files.as_slice()));
        assert_eq!(place.limit(), expected, "{limits:?}");
    }
    let (_dir, place) = place_of(Version::V2, &[&[], &[]]);
    assert_eq!(place.limit(), None, "the root has no such file");
}

#[test]
fn v1_tells_the_limit_of_the_hierarchy() {
    let stat = |text: &'static str| [("memory.stat", text)];
    for (text, expected) in [
        ("cache 1\nhierarchical_memory_limit 4096\n", Some(4096.0)),
        ("hierarchical_memory_limit 9223372036854771712\n", None),
        ("hierarchical_memsw_limit 1\n", None),
        ("", None),
    ] {
        let (_dir, place) = place_of(Version::V1, &[&stat(text)]);
        assert_eq!(place.limit(), expected, "{text}");
    }
}

#[test]
fn reads_the_innermost_group_that_accounts_memory() {
    let files = [("memory.current", "500\n"), ("memory.stat", "inactive_file 100\n")];
    let (_dir, place) = place_of(Version::V2, &[&[("cgroup.procs", "1\n")], &files]);
    let mut group = MemoryGroup { files: place.open(), ..MemoryGroup::default() };
    assert_eq!(group.used(), Some(400.0));
    let (_dir, place) = place_of(Version::V2, &[&[("cgroup.procs", "1\n")]]);
    assert!(place.open().is_none());
    assert_eq!(MemoryGroup::default().used(), None);
}

#[test]
fn a_group_that_vanishes_is_unknown() {
    let files = [("memory.usage_in_bytes", "500\n"), ("memory.stat", "total_inactive_file 1\n")];
    let (dir, place) = place_of(Version::V1, &[&files]);
    let mut group = MemoryGroup { files: place.open(), ..MemoryGroup::default() };
    assert_eq!(group.used(), Some(499.0));
    fs::write(dir.path().join("0/memory.usage_in_bytes"), "").unwrap();
    assert_eq!(group.used(), None);
}
