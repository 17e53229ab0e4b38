//! `deferscope config`, and how all commands come by their settings.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use engine::config::Flags;
use engine::{Config, ConfigError};

use crate::args::{ConfigSource, Settings};
use crate::exit::Exit;
use crate::output::to_stdout;

pub(crate) fn show(source: &ConfigSource, settings: &Settings) -> Result<Exit> {
    let config = load(source, settings, &working_folder()?)?;
    to_stdout(|out| write!(out, "{config}"))?;
    Ok(Exit::Clean)
}

pub(crate) fn schema() -> Result<Exit> {
    to_stdout(|out| writeln!(out, "{:#}", engine::config::schema()))?;
    Ok(Exit::Clean)
}

/// The current folder.
pub(crate) fn working_folder() -> Result<PathBuf> {
    std::env::current_dir()
        .context("cannot find the current folder; if it has been removed, change to another one")
}

/// The settings for a run in the folder `cwd`.
pub(crate) fn load(
    source: &ConfigSource,
    settings: &Settings,
    cwd: &Path,
) -> Result<Config, ConfigError> {
    let path = match &source.config {
        Some(path) => Some(path.clone()),
        None if source.isolated => None,
        None => Config::find(cwd),
    };
    let config = match path {
        Some(path) => Config::load(&path)?,
        None => Config::defaults(cwd),
    };
    config.with_flags(&flags(settings))
}

fn flags(settings: &Settings) -> Flags {
    Flags {
        select: settings.select.clone(),
        extend_select: settings.extend_select.clone(),
        ignore: settings.ignore.clone(),
        severity: settings.severity.clone(),
        exclude: settings.exclude.clone(),
        tests: settings.tests,
        generated: settings.generated,
        report_unused_suppressions: settings.report_unused_suppressions,
        baseline: settings.baseline.clone(),
        goos: settings.goos.clone(),
        goarch: settings.goarch.clone(),
        tags: settings.tags.clone(),
        go_version: settings.go_version.clone(),
    }
}
