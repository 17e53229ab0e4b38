//! Finding, reading and checking `deferscope.toml`, and laying the flags over it.

use std::path::{Path, PathBuf};

use go_project::GoVersion;
use toml::de::DeTable;

use super::error::{Complaint, Complaints, ConfigError};
use super::globs::Globs;
use super::model::{self, ConfigFile, Level, PathGlob, Selected, Severities};
use super::selection::{Layer, Selector};
use super::{BuildSettings, Config, Override, schema};
use crate::catalogue::UNUSED_SUPPRESSION;
use crate::suggest::closest;

/// The name of configuration files.
pub const FILE_NAME: &str = "deferscope.toml";

/// What the command line says about configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// The rules that run, instead of those that the file selects.
    pub select: Option<Vec<String>>,
    /// Rules that run in addition.
    pub extend_select: Vec<String>,
    /// Rules that do not run.
    pub ignore: Vec<String>,
    /// `RULE=LEVEL`.
    pub severity: Vec<String>,
    /// Globs of paths that are left out.
    pub exclude: Vec<String>,
    /// Whether test files are analysed.
    pub tests: Option<bool>,
    /// Whether findings in generated files are reported.
    pub generated: Option<bool>,
    /// Whether suppressions that suppress nothing are reported.
    pub report_unused_suppressions: bool,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    /// The operating system built for.
    pub goos: Option<String>,
    /// The architecture built for.
    pub goarch: Option<String>,
    /// Build tags.
    pub tags: Option<Vec<String>>,
    /// The language version.
    pub go_version: Option<String>,
}

impl Config {
    /// The nearest configuration file at or above the absolute folder `from`.
    pub fn find(from: &Path) -> Option<PathBuf> {
        from.ancestors()
            .map(|folder| folder.join(FILE_NAME))
            .find(|file| file.exists())
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or anything in it cannot be understood: then all of that.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read {
            path: path.to_path_buf(),
            source,
        };
        let bytes = std::fs::read(path).map_err(read)?;
        let absolute = std::path::absolute(path).map_err(read)?;
        let root = absolute.parent().unwrap_or(&absolute);
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let mut complaints = Complaints::new(&valid);
            complaints.add(
                valid.len(),
                Complaint::new("the file is not UTF-8 from here on"),
            );
            complaints
                .finish(path)
                .err()
                .unwrap_or_else(|| read(std::io::ErrorKind::InvalidData.into()))
        })?;
        Self::parse(text, path, root)
    }

    /// Reads the text of a configuration file. `path` is for messages, globs are relative to `root`.
    ///
    /// # Errors
    ///
    /// When anything in it cannot be understood: then all of that.
    pub fn parse(text: &str, path: &Path, root: &Path) -> Result<Self, ConfigError> {
        let mut complaints = Complaints::new(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            complaints.add(
                error.span().map_or(0, |span| span.start),
                Complaint::new(error.message()),
            );
        }
        if complaints.is_empty() {
            schema::check(table.get_ref(), &mut complaints);
        }
        let mut config = Self {
            path: Some(path.to_path_buf()),
            ..Self::defaults(root)
        };
        if complaints.is_empty() {
            match toml::from_str::<ConfigFile>(text) {
                Ok(file) => {
                    config.take(&file, &mut complaints);
                    config.take_models(&file.models, text, &mut complaints);
                }
                Err(error) => {
                    complaints.add(
                        error.span().map_or(0, |span| span.start),
                        Complaint::new(error.message()),
                    );
                }
            }
        }
        complaints.finish(path)?;
        config.read_model_files()?;
        Ok(config)
    }

    fn take(&mut self, file: &ConfigFile, complaints: &mut Complaints) {
        self.file = layer(
            file.select.as_deref(),
            &file.extend_select,
            &file.ignore,
            &file.severity,
            complaints,
        );
        if file.report_unused_suppressions == Some(true) {
            self.file
                .extend_select
                .extend(Selector::parse(UNUSED_SUPPRESSION.name));
        }
        self.exclude = globs(file.exclude.iter(), complaints);
        self.generated = file.generated.unwrap_or(self.generated);
        self.tests = file.tests.unwrap_or(self.tests);
        self.baseline = file
            .baseline
            .as_ref()
            .map(|baseline| self.root.join(&baseline.0));
        for item in &file.overrides {
            let layer = layer(
                item.select.as_deref(),
                &item.extend_select,
                &item.ignore,
                &item.severity,
                complaints,
            );
            self.overrides.push(Override {
                paths: globs(item.paths.iter(), complaints),
                layer,
            });
        }
        for (glob, ignored) in &file.per_file_ignores {
            let layer = layer(None, &[], ignored, &Severities::default(), complaints);
            self.overrides.push(Override {
                paths: globs([glob], complaints),
                layer,
            });
        }
        self.build = build(&file.build, complaints);
    }

    /// Lays the flags of the command line over the configuration.
    ///
    /// # Errors
    ///
    /// When a flag cannot be understood.
    pub fn with_flags(mut self, flags: &Flags) -> Result<Self, ConfigError> {
        let parse = |names: &[String], flag| -> Result<Vec<Selector>, ConfigError> {
            let one =
                |name: &String| Selector::parse(name).map_err(|complaint| complaint.in_flag(flag));
            names.iter().map(one).collect()
        };
        let select = flags
            .select
            .as_deref()
            .map(|names| parse(names, "--select"))
            .transpose()?;
        let mut layer = Layer {
            select,
            extend_select: parse(&flags.extend_select, "--extend-select")?,
            ignore: parse(&flags.ignore, "--ignore")?,
            severity: Vec::new(),
        };
        for assignment in &flags.severity {
            layer
                .severity
                .push(severity(assignment).map_err(|complaint| complaint.in_flag("--severity"))?);
        }
        if flags.report_unused_suppressions {
            layer
                .extend_select
                .extend(Selector::parse(UNUSED_SUPPRESSION.name));
        }
        self.flags = layer;
        let excluded = self
            .exclude
            .texts()
            .iter()
            .chain(&flags.exclude)
            .map(String::as_str);
        self.exclude = Globs::new(excluded).map_err(|complaint| complaint.in_flag("--exclude"))?;
        self.tests = flags.tests.unwrap_or(self.tests);
        self.generated = flags.generated.unwrap_or(self.generated);
        if let Some(version) = &flags.go_version {
            let version =
                language_version(version).map_err(|complaint| complaint.in_flag("--go-version"))?;
            self.build.go_version = Some(version);
        }
        let over = |target: &mut Option<String>, value: &Option<String>| {
            if value.is_some() {
                target.clone_from(value);
            }
        };
        over(&mut self.build.goos, &flags.goos);
        over(&mut self.build.goarch, &flags.goarch);
        if flags.tags.is_some() {
            self.build.tags.clone_from(&flags.tags);
        }
        if flags.baseline.is_some() {
            self.baseline.clone_from(&flags.baseline);
        }
        Ok(self)
    }
}

fn layer(
    select: Option<&[Selected]>,
    extend_select: &[Selected],
    ignore: &[Selected],
    severity: &Severities,
    complaints: &mut Complaints,
) -> Layer {
    let mut one = |Selected(name): &Selected| match Selector::parse(name.get_ref()) {
        Ok(selector) => Some(selector),
        Err(complaint) => {
            complaints.add(name.span().start, complaint);
            None
        }
    };
    Layer {
        select: select.map(|names| names.iter().filter_map(&mut one).collect()),
        extend_select: extend_select.iter().filter_map(&mut one).collect(),
        ignore: ignore.iter().filter_map(&mut one).collect(),
        severity: severity
            .0
            .iter()
            .filter_map(|(name, &level)| Some((one(name)?, level)))
            .collect(),
    }
}

/// The globs that are globs; the others are complained about one by one.
fn globs<'a>(globs: impl IntoIterator<Item = &'a PathGlob>, complaints: &mut Complaints) -> Globs {
    let mut good = Vec::new();
    let mut last = 0;
    for PathGlob(glob) in globs {
        last = glob.span().start;
        match Globs::new([glob.get_ref().as_str()]) {
            Ok(_) => good.push(glob.get_ref().as_str()),
            Err(complaint) => complaints.add(last, complaint),
        }
    }
    Globs::new(good).unwrap_or_else(|complaint| {
        complaints.add(last, complaint);
        Globs::default()
    })
}

fn build(build: &model::Build, complaints: &mut Complaints) -> BuildSettings {
    let word = |word: &Option<model::BuildWord>| word.as_ref().map(|word| word.0.clone());
    let go_version = build.go_version.as_ref().and_then(|version| {
        let parsed = language_version(version.0.get_ref());
        parsed
            .map_err(|complaint| complaints.add(version.0.span().start, complaint))
            .ok()
    });
    BuildSettings {
        goos: word(&build.goos),
        goarch: word(&build.goarch),
        tags: (!build.tags.is_empty())
            .then(|| build.tags.iter().map(|tag| tag.0.clone()).collect()),
        go_version,
    }
}

fn language_version(text: &str) -> Result<GoVersion, Complaint> {
    GoVersion::parse(text).ok_or_else(|| {
        Complaint::new(format!("`{text}` is not a version of the Go language"))
            .with_help("write it as in go.mod: `1.21`")
    })
}

/// Reads `RULE=LEVEL`.
fn severity(assignment: &str) -> Result<(Selector, Level), Complaint> {
    let Some((name, level)) = assignment.split_once('=') else {
        return Err(Complaint::new(format!("`{assignment}` has no `=`"))
            .with_help("write RULE=LEVEL, where LEVEL is off, note, warning or error"));
    };
    let selector = Selector::parse(name.trim())?;
    let known = Level::ALL
        .into_iter()
        .find(|known| known.as_str() == level.trim());
    let level = known.ok_or_else(|| {
        let complaint = Complaint::new(format!("`{level}` is not a severity"));
        complaint.with_help(match closest(level, Level::ALL.map(Level::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "choose off, note, warning or error".to_owned(),
        })
    })?;
    Ok((selector, level))
}
