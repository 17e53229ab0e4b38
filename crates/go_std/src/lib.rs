//! What the standard library of Go declares, for machines without Go.
//!
//! The index in `index.bin` is made from the sources of one release by `cargo xtask std-index`; the
//! README beside it says what it is made of and under which licence. Here it is only read. Nothing
//! in this crate knows what Go source means.

mod index;

pub use index::{Files, Index, IndexError, MAGIC};

use std::sync::LazyLock;

/// The index that is part of the program. Its table of contents is read when it is first asked for,
/// and each package when its files are.
pub fn embedded() -> &'static Index {
    static EMBEDDED: LazyLock<Index> = LazyLock::new(|| {
        let bytes = include_bytes!("../index.bin");
        Index::read(bytes).expect("the committed index is whole, or the tests of this crate fail")
    });
    &EMBEDDED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_can_be_unpacked() {
        let index = embedded();
        assert!(index.packages().count() > 150);
        for path in index.packages() {
            let files = index.files(path).expect("listed").expect("whole");
            assert!(files.names().count() > 0, "{path}");
            let clause = format!("package {}", index.package_name(path).expect("listed"));
            for name in files.names() {
                let text = files.text(name).expect("listed");
                assert!(name.ends_with(".go"), "{path}/{name}");
                assert!(text.lines().any(|line| line == clause), "{path}/{name}");
            }
        }
    }

    #[test]
    fn what_code_may_import_is_there() {
        let index = embedded();
        for path in [
            "archive/tar",
            "fmt",
            "net/http",
            "net/http/pprof",
            "syscall",
            "unicode/utf8",
        ] {
            assert!(index.contains(path), "{path}");
        }
        // The language's own, the toolchain's, other people's, and folders that are no packages.
        for path in [
            "unsafe",
            "C",
            "builtin",
            "cmd/go",
            "example.com/fmt",
            "encoding/",
            "go",
            "",
        ] {
            assert!(!index.contains(path), "{path}");
            assert!(index.files(path).is_none(), "{path}");
        }
        let text = index.files("os").expect("there").expect("whole");
        let text = text.text("file.go").expect("there");
        assert!(
            text.contains("\nfunc Open(name string)(*File,error)\n"),
            "{text}"
        );
    }
}
