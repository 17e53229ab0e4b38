//! Models that users write: the same tables, read with the same strictness, and laid over those that
//! are shipped.

use std::sync::{Arc, OnceLock};

use go_flow::{Models, method_key};
use toml::de::{DeTable, DeValue};

use super::rows::ModelFile;
use super::{build, expand, models, shipped};

/// The tables of a file of models, and what a row of them says.
pub const MODEL_TABLES: &[(&str, &str)] = &[
    (
        "class",
        "A kind of resource: what must be released, and how.",
    ),
    ("acquire", "Functions that acquire a resource."),
    ("function", "What functions do with their arguments."),
    ("end", "Functions that never return."),
    ("package", "What goes for all functions of a package."),
    ("result", "What functions give that nothing else tells."),
    ("harmless", "Values that need no release after all."),
    ("assert", "Functions of tests that check something."),
    (
        "iterate",
        "Loops that end on an error as they do at the end.",
    ),
    ("block", "Functions that may wait for ever."),
];

/// Something wrong in a file of models.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelMistake {
    /// Where, in bytes.
    pub at: usize,
    /// What. One sentence, no full stop.
    pub message: String,
    /// What to do about it. One sentence, no full stop.
    pub help: String,
}

/// Models of a user, from one or more files.
#[derive(Debug, Default)]
pub struct UserModels {
    files: Vec<ModelFile>,
    texts: Vec<String>,
}

/// A file in which models are one table among others.
#[derive(serde::Deserialize)]
struct Within {
    models: ModelFile,
}

impl UserModels {
    /// Adds a file of models.
    ///
    /// # Errors
    ///
    /// When anything in it cannot be understood.
    pub fn add_file(&mut self, text: &str) -> Result<(), Vec<ModelMistake>> {
        let file: ModelFile = toml::from_str(text).map_err(|error| vec![mistake(&error)])?;
        let table = DeTable::parse(text).map_err(|error| vec![mistake(&error)])?;
        self.add(file, table.get_ref(), text)
    }

    /// Adds the table `models` of a file with other tables.
    ///
    /// # Errors
    ///
    /// When anything in it cannot be understood.
    pub fn add_table(&mut self, text: &str) -> Result<(), Vec<ModelMistake>> {
        let Within { models } = toml::from_str(text).map_err(|error| vec![mistake(&error)])?;
        let table = DeTable::parse(text).map_err(|error| vec![mistake(&error)])?;
        match table.get_ref().get("models").map(toml::Spanned::get_ref) {
            Some(DeValue::Table(table)) => self.add(models, table, text),
            _ => Ok(()),
        }
    }

    fn add(
        &mut self,
        file: ModelFile,
        table: &DeTable<'_>,
        text: &str,
    ) -> Result<(), Vec<ModelMistake>> {
        let own = |name: &str| {
            let files = self.files.iter().chain([&file]);
            files
                .flat_map(|file| &file.class)
                .any(|class| class.name == name)
        };
        let mut mistakes = Vec::new();
        for (at, class) in strings(table, "acquire", "class") {
            if !own(&class) && models().class_named(&class).is_none() {
                mistakes.push(ModelMistake {
                    at,
                    message: format!("there is no class `{class}`"),
                    help: "add a `[[class]]` with this name, or name one that is shipped"
                        .to_owned(),
                });
            }
        }
        for (at, rule) in strings(table, "class", "rule") {
            let known = crate::rule_by_name(&rule).is_some()
                || models().classes().any(|(_, class)| *class.rule == *rule);
            if !known {
                mistakes.push(ModelMistake {
                    at,
                    message: format!("there is no rule `{rule}`"),
                    help: "`closer-not-closed` is for everything that has no rule of its own"
                        .to_owned(),
                });
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.files.push(file);
        self.texts.push(text.to_owned());
        Ok(())
    }

    /// The texts that the models were read from.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    pub(super) fn files(&self) -> &[ModelFile] {
        &self.files
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is shipped, with these over it.
    fn over_shipped(&self) -> Models {
        let mut shipped = shipped();
        for own in self.files.iter().flat_map(|file| &file.acquire) {
            let names: Vec<String> = (own.funcs.iter())
                .flat_map(|func| expand(func))
                .map(|func| method_key(&func))
                .collect();
            for row in shipped.iter_mut().flat_map(|file| &mut file.acquire) {
                if row.class == own.class {
                    row.funcs = (row.funcs.iter())
                        .flat_map(|func| expand(func))
                        .filter(|func| !names.contains(&method_key(func)))
                        .collect();
                }
            }
        }
        shipped.extend(self.files.iter().map(Clone::clone));
        build(&shipped)
    }
}

fn mistake(error: &toml::de::Error) -> ModelMistake {
    ModelMistake {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().trim_end().to_owned(),
        help: "crates/rules/models/README.md describes the tables and keys of models".to_owned(),
    }
}

/// The strings under `key` in the tables of a list, with their places.
fn strings(table: &DeTable<'_>, list: &str, key: &str) -> Vec<(usize, String)> {
    let Some(DeValue::Array(rows)) = table.get(list).map(toml::Spanned::get_ref) else {
        return Vec::new();
    };
    let one = |row: &toml::Spanned<DeValue<'_>>| {
        let DeValue::Table(row) = row.get_ref() else {
            return None;
        };
        let value = row.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((value.span().start, text.to_string())),
            _ => None,
        }
    };
    rows.iter().filter_map(one).collect()
}

/// The models of a run: those that are shipped, or these with those of a user over them. They are made
/// when first asked for.
#[derive(Debug, Default)]
pub struct RunModels {
    user: Option<Arc<UserModels>>,
    made: OnceLock<Models>,
}

impl RunModels {
    /// The models with those of a user.
    pub fn new(user: Option<Arc<UserModels>>) -> Self {
        Self {
            user: user.filter(|user| !user.is_empty()),
            made: OnceLock::new(),
        }
    }

    /// The models.
    pub fn get(&self) -> &Models {
        match &self.user {
            None => models(),
            Some(user) => self.made.get_or_init(|| user.over_shipped()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: &str = "[[class]]\nname = \"lease\"\nrule = \"closer-not-closed\"\nnoun = \"lease\"\ntypes = [\"*example.com/coord.Lease\"]\nrelease = [\"Release\"]\n\n[[acquire]]\nfuncs = [\"(*example.com/coord.Client).Lease\"]\nclass = \"lease\"\n";

    fn mistakes(text: &str) -> Vec<ModelMistake> {
        UserModels::default().add_file(text).expect_err("a mistake")
    }

    #[test]
    fn own_models_lie_over_those_that_are_shipped() {
        let mut user = UserModels::default();
        user.add_file(LEASE).expect("models");
        let error = "[[acquire]]\nfuncs = [\"os.Open\"]\nclass = \"file\"\nerror = \"none\"\n";
        user.add_file(error).expect("models of a shipped class");
        let run = RunModels::new(Some(Arc::new(user)));
        let models = run.get();
        assert!(models.class_named("lease").is_some());
        let lease = models
            .function("example.com/coord.Client.Lease")
            .expect("known");
        assert_eq!(lease.gives.len(), 1);
        let open = models.function("os.Open").expect("known");
        assert_eq!(open.gives.len(), 1, "the one of the user wins");
        assert!(!open.gives[0].unless_error);
        let create = models.function("os.Create").expect("known");
        assert!(create.gives[0].unless_error);
    }

    #[test]
    fn all_tables_are_listed() {
        let error = toml::from_str::<ModelFile>("[[x]]\n").expect_err("no such table");
        let known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        let mut listed: Vec<&str> = MODEL_TABLES.iter().map(|(name, _)| *name).collect();
        let mut known = known;
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn mistakes_have_places() {
        for (from, to, message) in [
            (
                "class = \"lease\"",
                "class = \"leese\"",
                "there is no class `leese`",
            ),
            (
                "closer-not",
                "closer-nit",
                "there is no rule `closer-nit-closed`",
            ),
            ("release =", "relaese =", "unknown field `relaese`"),
            ("[[acquire]]", "[[acquires]]", "unknown field `acquires`"),
        ] {
            let text = LEASE.replace(from, to);
            let [mistake] = &mistakes(&text)[..] else {
                panic!("one mistake in {text}")
            };
            assert!(mistake.message.contains(message), "{mistake:?}");
            assert!(mistake.at > 0 && mistake.at < text.len(), "{mistake:?}");
            let within = format!("tests = true\n{}", text.replace("[[", "[[models."));
            let errors = UserModels::default()
                .add_table(&within)
                .expect_err("a mistake");
            assert!(errors[0].message.contains(message), "{errors:?}");
        }
    }
}
