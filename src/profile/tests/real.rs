//! Profiles that Node wrote.
//!
//! `RSPROF_PROFILES` names a folder with more of them: `.cpuprofile` and `.heapprofile`.

use std::fs;

use super::*;

fn check(path: &Path) {
    let profile = read_path(path, CHUNK).unwrap();
    let text = fs::read(path).unwrap();
    assert_agree(&profile, &Naive::parse(&text).unwrap());
    let is_cpu = path.extension().is_some_and(|extension| extension == "cpuprofile");
    assert_eq!(profile.kind() == ProfileKind::Cpu, is_cpu);
    // rsprof's own allocation profiles have no samples.
    assert!(profile.effective_samples() > 1.0 || !is_cpu);
    assert!(profile.by_self().iter().all(|id| profile.figures(*id).self_weight > 0));
}

/// `node --cpu-prof --heap-prof` of a loop around a function `pack`.
#[test]
fn profiles_of_node_26() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/profile/tests/data");
    for name in ["node-26.cpuprofile", "node-26.heapprofile"] {
        let path = folder.join(name);
        check(&path);
        let profile = read_path(&path, CHUNK).unwrap();
        let pack = profile.function(named(&profile, "pack"));
        // Node writes a URL into the one and a path into the other.
        assert!(pack.url.ends_with("/srv/app.js"), "{}", pack.url);
        assert_eq!((pack.line, pack.column), (1, 14));
    }
}

#[test]
fn profiles_at_hand() {
    let Some(folder) = std::env::var_os("RSPROF_PROFILES") else { return };
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let is_profile = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|end| end == "cpuprofile" || end == "heapprofile")
    };
    let mut count = 0;
    for path in files.filter(is_profile) {
        check(&path);
        count += 1;
    }
    assert!(count > 0);
}
