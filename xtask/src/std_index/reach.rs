//! Which declarations the exported ones of public packages lead to.
//!
//! Names are looked up in all files of a package, whatever systems they are for, and without regard
//! to local scopes: rather a declaration too many than one too few.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use super::items::{Item, is_exported, items};
use super::read::{GoFile, Package};

/// A file and what is kept of it.
pub(super) struct Kept<'a> {
    pub(super) file: &'a GoFile,
    /// The kept declarations, in the order of the file.
    pub(super) texts: Vec<String>,
    /// The imports that they need: the name if one is given, and the path as written.
    pub(super) imports: Vec<(Option<String>, String)>,
}

/// A file with all its items.
struct Loaded<'a> {
    file: &'a GoFile,
    imports: Vec<Import>,
    items: Vec<usize>,
}

struct Import {
    local: String,
    given: bool,
    written: String,
    /// The path of the package meant; none for those that have no source, C and unsafe.
    path: Option<String>,
}

impl Import {
    /// The names that an item may mean from this import: any at all of a dot import.
    fn uses<'i>(&'i self, item: &'i Item) -> impl Iterator<Item = &'i str> {
        let selected = item
            .imported
            .iter()
            .filter(|(local, _)| *local == self.local)
            .map(|(_, name)| &**name);
        let bare = item.own.iter().filter(|_| self.local == ".");
        selected.chain(bare.map(String::as_str))
    }
}

/// The package and file of an item.
struct Home<'a> {
    package: &'a str,
    file: usize,
}

#[derive(Default)]
struct Graph<'a> {
    files: Vec<Loaded<'a>>,
    items: Vec<(Home<'a>, Item)>,
    /// By package and name.
    declared: BTreeMap<&'a str, BTreeMap<String, Vec<usize>>>,
    /// By package and type.
    methods: BTreeMap<&'a str, BTreeMap<String, Vec<usize>>>,
}

/// What is kept of each package that has anything to keep, by import path.
pub(super) fn reach(packages: &BTreeMap<String, Package>) -> Result<BTreeMap<&str, Vec<Kept<'_>>>> {
    let graph = Graph::new(packages)?;
    let kept = graph.closure(|package| packages[package].is_public());
    let mut out: BTreeMap<&str, Vec<Kept<'_>>> = BTreeMap::new();
    let mut index = 0;
    for (path, package) in packages {
        let files: Vec<Kept<'_>> = package
            .files
            .iter()
            .map(|_| {
                index += 1;
                graph.kept(&graph.files[index - 1], &kept)
            })
            .collect();
        if package.is_public() || files.iter().any(|file| !file.texts.is_empty()) {
            out.insert(path, without_empty(files));
        }
    }
    Ok(out)
}

/// Leaves out files of which nothing is kept, if the package is there without them in every build.
fn without_empty(mut files: Vec<Kept<'_>>) -> Vec<Kept<'_>> {
    let unconditional = |kept: &Kept<'_>| {
        kept.file.constraint.is_none() && !kept.file.name.contains('_') && !kept.texts.is_empty()
    };
    if files.iter().any(unconditional) {
        files.retain(|kept| !kept.texts.is_empty());
    }
    files
}

impl<'a> Graph<'a> {
    fn new(packages: &'a BTreeMap<String, Package>) -> Result<Self> {
        let mut graph = Self::default();
        for (path, package) in packages {
            for file in &package.files {
                graph
                    .add(packages, path, file)
                    .with_context(|| format!("{path}/{}", file.name))?;
            }
        }
        Ok(graph)
    }

    fn add(
        &mut self,
        packages: &BTreeMap<String, Package>,
        path: &'a str,
        file: &'a GoFile,
    ) -> Result<()> {
        let imports = imports(packages, file)?;
        let locals = imports.iter().map(|import| import.local.clone()).collect();
        let mut indices = Vec::new();
        for item in items(&file.tree, &locals)? {
            let index = self.items.len();
            for name in &item.names {
                if name != "_" {
                    let names = self.declared.entry(path).or_default();
                    names.entry(name.clone()).or_default().push(index);
                }
            }
            if let Some((base, _)) = &item.method {
                let types = self.methods.entry(path).or_default();
                types.entry(base.clone()).or_default().push(index);
            }
            indices.push(index);
            let home = Home {
                package: path,
                file: self.files.len(),
            };
            self.items.push((home, item));
        }
        self.files.push(Loaded {
            file,
            imports,
            items: indices,
        });
        Ok(())
    }

    /// The items that the exported names of the packages chosen lead to.
    fn closure(&self, is_root: impl Fn(&str) -> bool) -> BTreeSet<usize> {
        let mut kept = BTreeSet::new();
        let mut wanted_methods: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut work: Vec<usize> = self
            .declared
            .iter()
            .filter(|(package, _)| is_root(package))
            .flat_map(|(_, names)| names.iter().filter(|(name, _)| is_exported(name)))
            .flat_map(|(_, items)| items.iter().copied())
            .collect();
        loop {
            while let Some(index) = work.pop() {
                if !kept.insert(index) {
                    continue;
                }
                let (home, item) = &self.items[index];
                let package = home.package;
                work.extend(
                    item.own
                        .iter()
                        .flat_map(|name| self.declared(package, name)),
                );
                for import in &self.files[home.file].imports {
                    let Some(path) = import.path.as_deref() else {
                        continue;
                    };
                    work.extend(import.uses(item).flat_map(|name| self.declared(path, name)));
                }
                wanted_methods.extend(item.hidden_methods.iter().map(|name| (package, &**name)));
            }
            // Methods come with their type; unexported ones if somebody asks for their name.
            let types = self.methods.iter().flat_map(|(package, types)| {
                types
                    .iter()
                    .map(move |(base, methods)| (*package, base, methods))
            });
            for (package, base, methods) in types {
                if !self
                    .declared(package, base)
                    .iter()
                    .any(|ty| kept.contains(ty))
                {
                    continue;
                }
                let wanted = |index: &&usize| {
                    let name = self.items[**index]
                        .1
                        .method
                        .as_ref()
                        .map_or("", |(_, name)| name);
                    !kept.contains(*index)
                        && (is_exported(name) || wanted_methods.contains(&(package, name)))
                };
                work.extend(methods.iter().filter(wanted));
            }
            if work.is_empty() {
                return kept;
            }
        }
    }

    /// The items that declare a name, in all files of the package.
    fn declared(&self, package: &str, name: &str) -> &[usize] {
        let names = self.declared.get(package);
        names
            .and_then(|names| names.get(name))
            .map_or(&[], Vec::as_slice)
    }

    fn kept(&self, file: &Loaded<'a>, kept: &BTreeSet<usize>) -> Kept<'a> {
        let items: Vec<&Item> = file
            .items
            .iter()
            .filter(|index| kept.contains(index))
            .map(|&index| &self.items[index].1)
            .collect();
        let leads_somewhere = |import: &Import, name: &str| match &import.path {
            Some(path) if import.local == "." => !self.declared(path, name).is_empty(),
            _ => true,
        };
        let used = |import: &&Import| {
            // Without cgo such a file takes no part, whatever is kept of it.
            import.written == "C"
                || items
                    .iter()
                    .any(|item| import.uses(item).any(|name| leads_somewhere(import, name)))
        };
        Kept {
            file: file.file,
            texts: items.iter().map(|item| item.text.clone()).collect(),
            imports: file
                .imports
                .iter()
                .filter(used)
                .map(|import| {
                    let name = import.given.then(|| import.local.clone());
                    (name, import.written.clone())
                })
                .collect(),
        }
    }
}

fn imports(packages: &BTreeMap<String, Package>, file: &GoFile) -> Result<Vec<Import>> {
    let mut imports = Vec::new();
    for id in file.tree.imports() {
        let Some(written) = file.tree.import_path(id) else {
            bail!("an import that cannot be read");
        };
        let go_syntax::SpecKind::Import { name, .. } = file.tree.spec(id).kind else {
            continue;
        };
        let vendored = format!("vendor/{written}");
        let path = match &*written {
            "C" | "unsafe" => None,
            path if packages.contains_key(path) => Some(path.to_owned()),
            _ if packages.contains_key(&vendored) => Some(vendored),
            path => bail!("imports {path}, which is not there"),
        };
        let local = match name.map(|name| file.tree.name(name)) {
            Some("_") => continue,
            Some(name) => name.to_owned(),
            None => path.as_ref().map_or_else(
                || written.to_string(),
                |path| packages[path].name().to_owned(),
            ),
        };
        imports.push(Import {
            local,
            given: name.is_some(),
            written: written.into_owned(),
            path,
        });
    }
    Ok(imports)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::std_index::{pack, read};

    /// The Go text of the files that are kept, by path.
    fn index(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("below")).expect("a folder");
            std::fs::write(path, text).expect("written");
        }
        let packages = read::packages(folder.path()).expect("readable");
        let kept = reach(&packages).expect("reached");
        let mut texts = BTreeMap::new();
        for package in pack::contents(&kept) {
            for (name, text) in package.files {
                texts.insert(format!("{}/{name}", package.path), text);
            }
        }
        texts
    }

    #[test]
    fn exported_declarations_and_what_they_lead_to_are_kept() {
        let texts = index(&[
            (
                "a/a.go",
                "package a\nimport (\n\t\"a/internal/b\"\n\t\"fmt\"\n)\ntype T struct {\n\tu\n\n\tx  b.X // hidden\n}\ntype u struct{}\nfunc (u) Seen()\nfunc (u) unseen() { fmt.Print() }\nfunc (u) asked()\ntype I interface { asked() }\ntype alone int\nfunc helper(alone) {}\n",
            ),
            ("a/a_test.go", "package a\ntype Tested int\n"),
            (
                "a/gen.go",
                "//go:build ignore\n\npackage main\nfunc main() {}\n",
            ),
            (
                "a/linux_only.go",
                "//go:build linux\n\npackage a\nfunc (u) OnLinux()\n",
            ),
            ("a/nothing_windows.go", "package a\nfunc nothing() {}\n"),
            ("a/internal/b/b.go", "package b\ntype X int\ntype Y int\n"),
            ("a/internal/c/c.go", "package c\ntype Unreached int\n"),
            ("cmd/d/d.go", "package d\ntype D int\n"),
            ("fmt/fmt.go", "package fmt\nfunc Print(args ...any) {}\n"),
        ]);
        let expected = [
            (
                "a/a.go",
                "package a\nimport \"a/internal/b\"\ntype T struct{u\nx b.X}\ntype u struct{}\nfunc(u)Seen()\nfunc(u)asked()\ntype I interface{asked()}\n",
            ),
            ("a/internal/b/b.go", "package b\ntype X int\n"),
            (
                "a/linux_only.go",
                "//go:build linux\n\npackage a\nfunc(u)OnLinux()\n",
            ),
            ("fmt/fmt.go", "package fmt\nfunc Print(args ...any)\n"),
        ];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(texts, BTreeMap::from(expected));
    }

    #[test]
    fn a_package_stays_where_nothing_of_it_is_seen() {
        let texts = index(&[
            ("a/a_linux.go", "package a\nfunc init() {}\n"),
            ("a/b.go", "//go:build !linux\n\npackage a\nimport \"C\"\n"),
        ]);
        assert_eq!(texts["a/a_linux.go"], "package a\n");
        assert_eq!(
            texts["a/b.go"],
            "//go:build !linux\n\npackage a\nimport \"C\"\n"
        );
    }

    #[test]
    fn dot_imports_lead_on() {
        let texts = index(&[
            ("a/a.go", "package a\nimport . \"internal/b\"\nvar V X\n"),
            (
                "internal/b/b.go",
                "package b\ntype X struct{ y }\ntype y int\n",
            ),
        ]);
        assert_eq!(
            texts["a/a.go"],
            "package a\nimport .\"internal/b\"\nvar V X\n"
        );
        assert_eq!(
            texts["internal/b/b.go"],
            "package b\ntype X struct{y}\ntype y int\n"
        );
    }
}
