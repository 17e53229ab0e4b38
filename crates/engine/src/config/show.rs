//! The settings in effect, as a configuration file that would give them.

use std::fmt;

use toml::{Table, Value};

use super::model::Level;
use super::selection::{Layer, Selector};
use super::{Config, Override};
use crate::catalogue;

impl fmt::Display for Config {
    /// TOML that [`Config::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => writeln!(f, "# {}, with the flags of this command", path.display())?,
            None => writeln!(f, "# the defaults, with the flags of this command")?,
        }
        write!(
            f,
            "{}",
            toml::to_string(&self.table()).map_err(|_| fmt::Error)?
        )
    }
}

impl Config {
    fn table(&self) -> Table {
        let selection = self.selection();
        let mut table = Table::new();
        let running = selection.running().map(|(index, _)| Selector::Rule(index));
        table.insert("select".into(), names(running));
        table.insert("exclude".into(), texts(self.exclude.texts()));
        table.insert("generated".into(), self.generated.into());
        table.insert("tests".into(), self.tests.into());
        if let Some(baseline) = &self.baseline {
            table.insert(
                "baseline".into(),
                baseline.to_string_lossy().into_owned().into(),
            );
        }
        let changed = selection
            .running()
            .filter(|&(index, severity)| catalogue::all()[index].severity != severity);
        let severities: Table = changed
            .map(|(index, severity)| {
                (
                    catalogue::all()[index].name.to_owned(),
                    severity.as_str().into(),
                )
            })
            .collect();
        insert_table(&mut table, "severity", severities);
        insert_table(&mut table, "build", self.build_table());
        if let Some(models) = &self.models_setting {
            table.insert("models".into(), models.clone());
        }
        if !self.overrides.is_empty() {
            let overrides = self
                .overrides
                .iter()
                .map(|item| Value::Table(override_table(item)));
            table.insert("overrides".into(), Value::Array(overrides.collect()));
        }
        table
    }

    fn build_table(&self) -> Table {
        let mut table = Table::new();
        let mut word = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                table.insert(key.to_owned(), value.into());
            }
        };
        word("goos", self.build.goos.clone());
        word("goarch", self.build.goarch.clone());
        word(
            "go-version",
            self.build.go_version.map(|version| version.to_string()),
        );
        if let Some(tags) = &self.build.tags {
            table.insert("tags".into(), texts(tags));
        }
        table
    }
}

fn override_table(Override { paths, layer }: &Override) -> Table {
    let Layer {
        select,
        extend_select,
        ignore,
        severity,
    } = layer;
    let mut table = Table::new();
    table.insert("paths".into(), texts(paths.texts()));
    if let Some(select) = select {
        table.insert("select".into(), names(select.iter().copied()));
    }
    for (key, selectors) in [("extend-select", extend_select), ("ignore", ignore)] {
        if !selectors.is_empty() {
            table.insert(key.into(), names(selectors.iter().copied()));
        }
    }
    let level = |&(selector, level): &(Selector, Level)| {
        (selector.as_str().to_owned(), level.as_str().into())
    };
    insert_table(&mut table, "severity", severity.iter().map(level).collect());
    table
}

fn insert_table(table: &mut Table, key: &str, value: Table) {
    if !value.is_empty() {
        table.insert(key.to_owned(), value.into());
    }
}

fn names(selectors: impl Iterator<Item = Selector>) -> Value {
    Value::Array(selectors.map(|selector| selector.as_str().into()).collect())
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
}
