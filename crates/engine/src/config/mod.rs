//! The configuration: `deferscope.toml`, checked with places and suggestions, and the flags of the
//! command line laid over it.

mod error;
mod globs;
mod model;
mod models;
mod read;
mod schema;
mod selection;
mod show;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_project::GoVersion;
use rules::UserModels;

pub use error::{ConfigError, ConfigProblem};
pub use model::Level;
pub use read::{FILE_NAME, Flags};
pub use schema::schema;
pub use selection::{Selection, Selector};

pub(crate) use model::selectable;

use globs::Globs;
use selection::Layer;

/// The settings in effect.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that they come from, unless they are the defaults.
    pub path: Option<PathBuf>,
    /// The absolute folder that globs are relative to.
    root: PathBuf,
    /// Which rules run where nothing more special is said: the layer of the file and that of the
    /// flags.
    file: Layer,
    flags: Layer,
    /// Settings for some paths.
    overrides: Vec<Override>,
    exclude: Globs,
    /// Whether findings in generated files are reported.
    pub generated: bool,
    /// Whether test files are analysed.
    pub tests: bool,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    /// What the code is built for.
    pub build: BuildSettings,
    /// What the user says of libraries.
    pub models: Arc<UserModels>,
    /// Whether the rules run that only evidence from running programs turns on.
    pub with_evidence: bool,
    /// The setting that they come from, for who wants to see it.
    models_setting: Option<toml::Value>,
}

/// What the code is built for, as far as that is configured.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BuildSettings {
    /// The operating system.
    pub goos: Option<String>,
    /// The architecture.
    pub goarch: Option<String>,
    /// Build tags, instead of those in the environment.
    pub tags: Option<Vec<String>>,
    /// The language version.
    pub go_version: Option<GoVersion>,
}

#[derive(Clone, Debug)]
struct Override {
    paths: Globs,
    layer: Layer,
}

impl Config {
    /// The defaults, for code below `root`.
    pub fn defaults(root: &Path) -> Self {
        Self {
            path: None,
            root: root.to_path_buf(),
            file: Layer::default(),
            flags: Layer::default(),
            overrides: Vec::new(),
            exclude: Globs::default(),
            generated: false,
            tests: true,
            baseline: None,
            build: BuildSettings::default(),
            models: Arc::default(),
            with_evidence: false,
            models_setting: None,
        }
    }

    /// Whether a file, given by its absolute path, is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root)
            .is_ok_and(|path| self.exclude.matches(path))
    }

    /// The rules that run where no override says otherwise.
    pub fn selection(&self) -> Selection {
        self.at_first().with(&self.file).with(&self.flags)
    }

    fn at_first(&self) -> Selection {
        if self.with_evidence {
            Selection::with_evidence()
        } else {
            Selection::default()
        }
    }

    /// The rules that run in a file, given by its absolute path.
    pub fn selection_for(&self, path: &Path) -> Selection {
        self.selection_under(&self.overrides_for(path))
    }

    /// The positions of the overrides that are for a file, given by its absolute path. Files with the
    /// same overrides run the same rules.
    pub(crate) fn overrides_for(&self, path: &Path) -> Vec<usize> {
        let Ok(path) = path.strip_prefix(&self.root) else {
            return Vec::new();
        };
        let overrides = self.overrides.iter().enumerate();
        overrides
            .filter(|(_, item)| item.paths.matches(path))
            .map(|(index, _)| index)
            .collect()
    }

    /// The rules that run under some overrides. What an override ignores stays ignored whatever the
    /// flags select.
    pub(crate) fn selection_under(&self, overrides: &[usize]) -> Selection {
        let layers = || overrides.iter().map(|&index| &self.overrides[index].layer);
        let mut selection = self.at_first().with(&self.file);
        for layer in layers() {
            selection = selection.with(layer);
        }
        selection = selection.with(&self.flags);
        for layer in layers() {
            selection = selection.with(&layer.only_ignores());
        }
        selection
    }
}
