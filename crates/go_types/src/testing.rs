//! Helpers of the tests: packages from text, and Go snippets that say themselves what is expected.

use std::sync::Arc;

use go_syntax::{File, Mode, Source, parse};
use rustc_hash::FxHashMap;

use crate::{Importer, Loader, PackageNames};

/// A loader over packages given as text.
#[derive(Debug, Default)]
pub(crate) struct TextPackages {
    packages: FxHashMap<String, Arc<PackageNames>>,
}

impl TextPackages {
    /// Each pair is an import path and the text of the package's only file.
    pub(crate) fn new(packages: &[(&str, &str)]) -> Self {
        let load = |&(path, text): &(&str, &str)| {
            (
                path.to_owned(),
                Arc::new(PackageNames::new(
                    Importer::new(path),
                    vec![file(text, Mode::SkipBodies)],
                )),
            )
        };
        Self {
            packages: packages.iter().map(load).collect(),
        }
    }
}

impl Loader for TextPackages {
    fn package_name(&self, import_path: &str, _: &Importer) -> Option<Arc<str>> {
        self.packages.get(import_path)?.name().map(Arc::from)
    }

    fn package(&self, import_path: &str, _: &Importer) -> Option<Arc<PackageNames>> {
        self.packages.get(import_path).cloned()
    }
}

fn file(text: &str, mode: Mode) -> Arc<File> {
    Arc::new(parse(Source::new(text.into()), mode))
}

/// The package `example.com/p` with these files.
pub(crate) fn package(files: &[&str]) -> Arc<PackageNames> {
    let files = files.iter().map(|text| file(text, Mode::Full)).collect();
    Arc::new(PackageNames::new(Importer::new("example.com/p"), files))
}
