//! The models of libraries that a configuration has, or names files of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rules::{ModelMistake, UserModels};

use toml::de::{DeTable, DeValue};

use super::error::{Complaint, Complaints, ConfigError};
use super::{Config, model};

/// A larger file is no file of models.
const LARGEST: u64 = 4 << 20;

impl Config {
    /// Takes what `text` says under `models`. Files are read later.
    pub(super) fn take_models(
        &mut self,
        models: &model::Models,
        text: &str,
        complaints: &mut Complaints,
    ) {
        match models {
            model::Models::None => {}
            model::Models::Tables(tables) => {
                let mut user = UserModels::default();
                if let Err(mistakes) = user.add_table(text) {
                    complain(complaints, mistakes);
                }
                self.models = Arc::new(user);
                self.models_setting = Some(tables.clone().into());
            }
            model::Models::Files(paths) => {
                let mut files = Vec::new();
                let places = places(text);
                for (index, path) in paths.iter().enumerate() {
                    let file = self.root.join(path);
                    match is_readable(&file) {
                        Ok(()) => files.push(file.to_string_lossy().into_owned().into()),
                        Err(why) => {
                            let message = format!("cannot read {path}: {why}");
                            let complaint = Complaint::new(message)
                                .with_help("paths are relative to the folder of this file");
                            complaints.add(places.get(index).copied().unwrap_or(0), complaint);
                        }
                    }
                }
                self.models_setting = Some(toml::Value::Array(files));
            }
        }
    }

    /// Reads the files that the configuration names.
    pub(super) fn read_model_files(&mut self) -> Result<(), ConfigError> {
        let Some(toml::Value::Array(files)) = &self.models_setting else {
            return Ok(());
        };
        let mut user = UserModels::default();
        for path in files
            .iter()
            .filter_map(toml::Value::as_str)
            .map(PathBuf::from)
        {
            let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read {
                path: path.clone(),
                source,
            })?;
            let mut complaints = Complaints::new(&text);
            if let Err(mistakes) = user.add_file(&text) {
                complain(&mut complaints, mistakes);
            }
            complaints.finish(&path)?;
        }
        self.models = Arc::new(user);
        Ok(())
    }
}

/// Where the elements of the list `models` stand.
fn places(text: &str) -> Vec<usize> {
    let table = DeTable::parse_recoverable(text).0;
    match table.get_ref().get("models").map(toml::Spanned::get_ref) {
        Some(DeValue::Array(items)) => items.iter().map(|item| item.span().start).collect(),
        _ => Vec::new(),
    }
}

fn is_readable(path: &Path) -> std::io::Result<()> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    if metadata.len() > LARGEST {
        return Err(std::io::Error::other("it is too large"));
    }
    Ok(())
}

fn complain(complaints: &mut Complaints, mistakes: Vec<ModelMistake>) {
    for mistake in mistakes {
        let complaint = Complaint::new(mistake.message).with_help(mistake.help);
        complaints.add(mistake.at, complaint);
    }
}
