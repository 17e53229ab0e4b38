//! Writing the index in the form that `go_std` reads. The same input gives the same bytes.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;

use super::reach::Kept;

/// The best that deflate can do in bearable time.
const LEVEL: u8 = 10;

/// A package: its path, its name, and its files with their names.
pub(super) struct Contents {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) files: Vec<(String, String)>,
}

/// The Go text of what is kept.
pub(super) fn contents(kept: &BTreeMap<&str, Vec<Kept<'_>>>) -> Vec<Contents> {
    kept.iter()
        .map(|(path, files)| Contents {
            path: (*path).to_owned(),
            name: files
                .first()
                .map_or_else(String::new, |kept| kept.file.package.clone()),
            files: files
                .iter()
                .map(|kept| (kept.file.name.clone(), text(kept)))
                .collect(),
        })
        .collect()
}

fn text(kept: &Kept<'_>) -> String {
    let mut lines = Vec::new();
    if let Some(constraint) = &kept.file.constraint {
        lines.push(format!("//go:build {constraint}\n"));
    }
    lines.push(format!("package {}", kept.file.package));
    for (name, path) in &kept.imports {
        lines.push(format!(
            "import {}{path:?}",
            name.as_deref().unwrap_or_default()
        ));
    }
    lines.extend(kept.texts.iter().cloned());
    lines.push(String::new());
    lines.join("\n")
}

/// The whole index.
pub(super) fn pack(release: &str, packages: &[Contents]) -> Vec<u8> {
    let mut table = String::new();
    let mut packed = Vec::new();
    for package in packages {
        let mut raw = String::new();
        for (name, text) in &package.files {
            raw.push_str(&format!("{name}\0{text}\0"));
        }
        let block = compress_to_vec(raw.as_bytes(), LEVEL);
        table.push_str(&format!(
            "{} {} {} {}\n",
            package.path,
            package.name,
            block.len(),
            raw.len()
        ));
        packed.extend(block);
    }
    let table_packed = compress_to_vec(table.as_bytes(), LEVEL);
    let head = format!(
        "{}\n{release}\n{} {}\n",
        go_std::MAGIC,
        table_packed.len(),
        table.len()
    );
    [head.into_bytes(), table_packed, packed].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(path: &str, files: &[(&str, &str)]) -> Contents {
        let own = |&(name, text): &(&str, &str)| (name.to_owned(), text.to_owned());
        Contents {
            path: path.to_owned(),
            name: "p".to_owned(),
            files: files.iter().map(own).collect(),
        }
    }

    #[test]
    fn what_is_packed_is_read_back() {
        let packages = [
            contents("a", &[("x.go", "package p\n"), ("y.go", "")]),
            contents("a/b", &[("z.go", "package p\ntype T int\n")]),
        ];
        let bytes = pack("1.2.3", &packages);
        assert_eq!(bytes, pack("1.2.3", &packages));
        let index = go_std::Index::read(bytes.leak()).expect("an index");
        assert_eq!(index.release(), "1.2.3");
        assert_eq!(index.packages().collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(index.unpacked(), 0);
        let files = index.files("a").expect("there").expect("whole");
        assert_eq!(files.names().collect::<Vec<_>>(), ["x.go", "y.go"]);
        assert_eq!(files.text("y.go"), Some(""));
        assert_eq!(files.text("z.go"), None);
        assert_eq!(index.unpacked(), 1, "the other one is left packed");
        assert_eq!(index.package_name("a/b"), Some("p"));
        assert!(index.files("b").is_none());
    }

    #[test]
    fn a_damaged_index_is_an_error_and_nothing_worse() {
        let bytes = pack("1.2.3", &[contents("a", &[("x.go", "package p\n")])]);
        let whole = |bytes: Vec<u8>| {
            let index = go_std::Index::read(bytes.leak());
            index.is_ok_and(|index| matches!(index.files("a"), Some(Ok(_))))
        };
        assert!(whole(bytes.clone()));
        for end in 0..bytes.len() {
            assert!(!whole(bytes[..end].to_vec()), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0x55;
            // Some bits do not matter to deflate; none may do worse than fail.
            whole(broken);
        }
    }
}
