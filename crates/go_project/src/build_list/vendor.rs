//! The vendor folder: when it takes the place of the module cache, and what it holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::{BuildContext, ModMode};
use crate::modfile::{VendorList, parse_modules_txt};
use crate::names::strip_path_prefix;
use crate::package::Module;
use crate::version::GoVersion;

/// The first language version for which a vendor folder is used unasked.
const VENDOR_BY_DEFAULT: GoVersion = GoVersion::new(1, 14);

/// A vendor folder that takes the place of the module cache.
#[derive(Debug)]
pub(crate) struct Vendor {
    pub(crate) dir: PathBuf,
    list: VendorList,
    modules: Vec<Arc<Module>>,
}

impl Vendor {
    /// The vendor folder beside `go.mod` or `go.work`, if it is to be used: when asked for, or when
    /// it exists, fits the kind of file, and the language is new enough.
    pub(super) fn choose(
        root: &Path,
        go: Option<GoVersion>,
        workspace: bool,
        context: &BuildContext,
    ) -> Option<Self> {
        let dir = root.join("vendor");
        let wanted = match context.mod_mode {
            Some(mode) => mode == ModMode::Vendor,
            None => go.is_some_and(|go| go >= VENDOR_BY_DEFAULT) && dir.is_dir(),
        };
        if !wanted {
            return None;
        }
        let bytes = crate::files::read(&dir.join("modules.txt")).unwrap_or_default();
        let list = parse_modules_txt(&bytes);
        if context.mod_mode.is_none() && list.workspace != workspace {
            return None;
        }
        let modules = list
            .modules
            .iter()
            .map(|module| {
                Arc::new(Module {
                    path: module.path.clone(),
                    version: module.version.clone(),
                    dir: dir.clone(),
                    go: module.go.unwrap_or(GoVersion::UNSTATED),
                })
            })
            .collect();
        Some(Self { dir, list, modules })
    }

    /// The module that a vendored package belongs to: as listed, or else the longest path that fits.
    pub(crate) fn module_of(&self, import_path: &str) -> Option<Arc<Module>> {
        let listed = self
            .list
            .packages
            .get(import_path)
            .and_then(|index| self.modules.get(*index));
        listed
            .or_else(|| {
                self.modules
                    .iter()
                    .filter(|module| strip_path_prefix(import_path, &module.path).is_some())
                    .max_by_key(|module| module.path.len())
            })
            .cloned()
    }
}
