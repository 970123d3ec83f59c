//! Whatever the file: a report or an error that tells what is wrong with it, no panic, no hang, memory
//! bounded by the size of the file. Run by `npm run fuzz`.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use rsprof::error::Error;
use rsprof::profile::{Control, Profile, verdict};
use tempfile::NamedTempFile;

fuzz_target!(|text: &[u8]| {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text).expect("room for it");
    match Profile::read(file.path(), &Control::default()) {
        Ok(profile) => {
            let told = verdict::report(&profile, 5);
            let own: u64 = profile.categories().values().sum();
            assert_eq!(own, profile.total_weight(), "own weights make up the whole");
            let fits = |finding: &verdict::Finding| finding.weight <= profile.busy_weight();
            assert!(told.findings.iter().all(fits), "no finding weighs more than the whole");
            let same = verdict::diff(&profile, &profile, 5).expect("of one kind");
            let changed = |row: &verdict::ChangeRow| row.own.significant || row.total.significant;
            assert!(!same.functions.iter().any(changed), "a profile does not differ from itself");
        }
        Err(Error::InvalidProfile { offset, .. }) => {
            assert!(offset <= 1032 * text.len() as u64, "the offset is in the text");
        }
        Err(Error::Budget(_)) => {}
        Err(other) => panic!("{other}"),
    }
});
