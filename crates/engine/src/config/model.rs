//! The shape of `deferscope.toml`. The JSON schema is made from these types, and files are checked
//! against that schema, so that editors and deferscope cannot disagree.

use std::borrow::Cow;
use std::collections::BTreeMap;

use diagnostics::{Category, Severity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::catalogue;

/// Settings of deferscope, in `deferscope.toml`. All are optional.
#[derive(Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    /// The rules that run, instead of those that are on by default: names of rules, categories, or
    /// `all`.
    pub(crate) select: Option<Vec<Selected>>,
    /// Rules that run in addition.
    pub(crate) extend_select: Vec<Selected>,
    /// Rules that do not run. A rule that is named beats its category, and a category beats `all`.
    pub(crate) ignore: Vec<Selected>,
    /// The severity of rules or categories; `off` is the same as ignoring them.
    pub(crate) severity: Severities,
    /// Files and folders that are not analysed.
    pub(crate) exclude: Vec<PathGlob>,
    /// Whether findings in generated files are reported. They are not by default.
    pub(crate) generated: Option<bool>,
    /// Whether test files are analysed. They are by default.
    pub(crate) tests: Option<bool>,
    /// Whether comments that suppress nothing are reported, as `unused-suppression`.
    pub(crate) report_unused_suppressions: Option<bool>,
    /// A file of findings that are known and not reported, written by `--write-baseline`; relative
    /// to this file.
    pub(crate) baseline: Option<BaselinePath>,
    /// Rules that do not run in files below certain paths: `"cmd/**" = ["exit-skips-defer"]`.
    pub(crate) per_file_ignores: BTreeMap<PathGlob, Vec<Selected>>,
    /// Settings for the files below certain paths. Later ones win.
    pub(crate) overrides: Vec<Override>,
    /// What the code is built for.
    pub(crate) build: Build,
    /// What is known of libraries, beyond what is shipped: the paths of files, relative to this one, or
    /// the tables themselves (`[[models.class]]`, `[[models.acquire]]`, …).
    pub(crate) models: Models,
}

/// Models of libraries. The reader of models looks at what is in them.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Models {
    /// Paths of files.
    Files(Vec<String>),
    /// Tables.
    Tables(toml::Table),
    /// Neither.
    #[default]
    None,
}

impl JsonSchema for Models {
    fn schema_name() -> Cow<'static, str> {
        "Models".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let tables: BTreeMap<&str, serde_json::Value> = rules::MODEL_TABLES
            .iter()
            .map(|&(name, description)| {
                let rows = serde_json::json!({
                    "type": "array",
                    "description": description,
                    "items": { "type": "object" }
                });
                (name, rows)
            })
            .collect();
        json_schema!({
            "title": "a list of paths of files, or tables of models (`[[models.class]]`)",
            "type": ["array", "object"],
            "items": { "type": "string", "title": "the path of a file" },
            "properties": tables,
            "additionalProperties": false
        })
    }
}

/// Settings for the files below certain paths.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Override {
    /// The files or folders that the settings are for.
    pub(crate) paths: Vec<PathGlob>,
    /// The rules that run there, instead of those that run elsewhere.
    pub(crate) select: Option<Vec<Selected>>,
    /// Rules that run there in addition.
    #[serde(default)]
    pub(crate) extend_select: Vec<Selected>,
    /// Rules that do not run there.
    #[serde(default)]
    pub(crate) ignore: Vec<Selected>,
    /// The severity of rules or categories there.
    #[serde(default)]
    pub(crate) severity: Severities,
}

/// What the code is built for.
#[derive(Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Build {
    /// The operating system, in Go's words; that of this machine or of `$GOOS` by default.
    pub(crate) goos: Option<BuildWord>,
    /// The architecture, in Go's words; that of this machine or of `$GOARCH` by default.
    pub(crate) goarch: Option<BuildWord>,
    /// Build tags that hold.
    pub(crate) tags: Vec<BuildWord>,
    /// The version of the Go language, instead of the one in go.mod: `1.21`.
    pub(crate) go_version: Option<LanguageVersion>,
}

/// A rule, a category or `all`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Selected(pub(crate) Spanned<String>);

impl JsonSchema for Selected {
    fn schema_name() -> Cow<'static, str> {
        "Selected".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "a rule, a category or `all`", "enum": selectable() })
    }
}

/// Severities of rules and categories.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Severities(pub(crate) BTreeMap<Selected, Level>);

impl JsonSchema for Severities {
    fn schema_name() -> Cow<'static, str> {
        "Severities".into()
    }

    // What schemars makes of a map spells out the values for each of the keys.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = generator.subschema_for::<Selected>();
        let levels = generator.subschema_for::<Level>();
        json_schema!({ "type": "object", "propertyNames": names, "additionalProperties": levels })
    }
}

/// Everything that a selector can be.
pub(crate) fn selectable() -> Vec<&'static str> {
    std::iter::once(ALL)
        .chain(Category::ALL.iter().map(|category| category.as_str()))
        .chain(catalogue::all().iter().map(|meta| meta.name))
        .collect()
}

/// The selector of every rule.
pub(crate) const ALL: &str = "all";

/// What a rule is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule does not run.
    Off,
    /// It runs, and reports notes.
    Note,
    /// It runs, and reports warnings.
    Warning,
    /// It runs, and reports errors.
    Error,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 4] = [Self::Off, Self::Note, Self::Warning, Self::Error];

    /// The name in configuration and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of the findings, if there are any.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "a severity", "enum": Self::ALL })
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($inner:ty), $title:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(pub(crate) $inner);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "title": $title })
            }
        }
    )*};
}

texts! {
    /// A glob over paths.
    PathGlob(Spanned<String>), "a glob over paths";
    /// An operating system, an architecture or a build tag.
    BuildWord(String), "a word";
    /// A version of the language.
    LanguageVersion(Spanned<String>), "a version of the Go language in quotes";
    /// The file of a baseline.
    BaselinePath(String), "the path of a file";
}
