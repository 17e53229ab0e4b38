//! The seeds of the fuzz target `binary` are the programs that are made here.

use std::path::Path;

use crate::made::{KINDS, program};

/// Set this to write the seeds instead.
const WRITE: &str = "DEFERSCOPE_WRITE_SEEDS";

#[test]
fn the_seeds_are_as_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/binary");
    for kind in KINDS {
        let path = folder.join(format!("{}.elf", kind.name()));
        let bytes = program(kind);
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &bytes).expect("a seed");
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(
            committed == bytes,
            "{} is not what is made; {WRITE}=1 writes it",
            path.display()
        );
    }
}
