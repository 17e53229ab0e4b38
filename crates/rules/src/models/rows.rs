//! The tables of the files with models, as `models/README.md` describes them. A key that is not here
//! is an error; what nothing reads yet has a name that begins with an underscore.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ModelFile {
    pub(super) class: Vec<ClassRow>,
    pub(super) acquire: Vec<AcquireRow>,
    pub(super) function: Vec<FunctionRow>,
    pub(super) end: Vec<EndRow>,
    pub(super) package: Vec<PackageRow>,
    pub(super) result: Vec<ResultRow>,
    #[serde(rename = "harmless")]
    _harmless: Vec<HarmlessRow>,
    #[serde(rename = "assert")]
    _assert: Vec<AssertRow>,
    pub(super) iterate: Vec<IterateRow>,
    pub(super) block: Vec<BlockRow>,
}

impl ModelFile {
    /// The names of the classes in the file.
    #[cfg(test)]
    pub(super) fn class_names(&self) -> impl Iterator<Item = &str> {
        self.class.iter().map(|class| class.name.as_str())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassRow {
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) noun: String,
    #[serde(default)]
    pub(super) types: Vec<String>,
    #[serde(default)]
    pub(super) field_of: Vec<String>,
    #[serde(default)]
    pub(super) release: Vec<String>,
    #[serde(default)]
    pub(super) release_funcs: Vec<String>,
    pub(super) release_via: Option<String>,
    #[serde(default)]
    pub(super) exhausted_by: Vec<String>,
    #[serde(default)]
    pub(super) until: String,
    #[serde(default)]
    pub(super) until_go: String,
    #[serde(default)]
    pub(super) process_end: String,
    #[serde(default)]
    pub(super) long_lived: bool,
    #[serde(default)]
    pub(super) note: String,
    #[serde(default)]
    pub(super) commit: Vec<String>,
    #[serde(default)]
    pub(super) rollback: Vec<String>,
    #[serde(default, rename = "flush")]
    _flush: IgnoredAny,
    #[serde(default)]
    pub(super) fires: bool,
    pub(super) channel: Option<String>,
    #[serde(default, rename = "owns_fields")]
    _owns_fields: IgnoredAny,
    #[serde(default, rename = "same_goroutine")]
    _same_goroutine: IgnoredAny,
    #[serde(default, rename = "by_gc")]
    _by_gc: IgnoredAny,
    #[serde(default)]
    pub(super) release_error: String,
    pub(super) error_method: Option<String>,
    #[serde(default)]
    pub(super) twice: String,
    #[serde(default, rename = "drain_rule")]
    _drain_rule: IgnoredAny,
    #[serde(default, rename = "in_loop_only")]
    _in_loop_only: IgnoredAny,
    #[serde(default)]
    pub(super) severity: String,
    #[serde(default, rename = "since_go")]
    _since_go: IgnoredAny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcquireRow {
    #[serde(default)]
    pub(super) funcs: Vec<String>,
    pub(super) class: String,
    #[serde(default)]
    pub(super) result: Option<ResultKey>,
    #[serde(default)]
    pub(super) field: String,
    #[serde(default = "last")]
    pub(super) error: String,
    #[serde(default, rename = "literals")]
    _literals: IgnoredAny,
    #[serde(default)]
    pub(super) returns: Vec<String>,
    #[serde(default, rename = "elements")]
    _elements: IgnoredAny,
    #[serde(default, rename = "written")]
    _written: IgnoredAny,
    #[serde(default, rename = "modes")]
    _modes: IgnoredAny,
    #[serde(default)]
    pub(super) only_arg: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "unless_arg")]
    _unless_arg: IgnoredAny,
    #[serde(default, rename = "ctx_releases")]
    _ctx_releases: IgnoredAny,
    #[serde(default, rename = "owner")]
    _owner: IgnoredAny,
    #[serde(default, rename = "inside")]
    _inside: IgnoredAny,
    #[serde(default, rename = "severity")]
    _severity: IgnoredAny,
}

fn last() -> String {
    "last".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ResultKey {
    Number(u32),
    Name(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunctionRow {
    #[serde(default)]
    pub(super) funcs: Vec<String>,
    #[serde(default)]
    pub(super) params: BTreeMap<String, String>,
    #[serde(default, rename = "field")]
    _field: IgnoredAny,
    #[serde(default)]
    pub(super) writes: Option<ResultKey>,
    #[serde(default, rename = "result_of")]
    _result_of: IgnoredAny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndRow {
    #[serde(default)]
    pub(super) funcs: Vec<String>,
    pub(super) how: String,
    pub(super) on_arg: Option<IgnoredAny>,
    pub(super) on_success: Option<IgnoredAny>,
    pub(super) from: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultRow {
    pub(super) funcs: Vec<String>,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageRow {
    pub(super) path: String,
    #[serde(default)]
    pub(super) borrows: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HarmlessRow {
    #[serde(default, rename = "types")]
    _types: IgnoredAny,
    #[serde(default, rename = "funcs")]
    _funcs: IgnoredAny,
    #[serde(default, rename = "result")]
    _result: IgnoredAny,
    #[serde(default, rename = "field")]
    _field: IgnoredAny,
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssertRow {
    #[serde(default, rename = "funcs")]
    _funcs: IgnoredAny,
    #[serde(default, rename = "arg")]
    _arg: IgnoredAny,
    #[serde(default, rename = "says")]
    _says: IgnoredAny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IterateRow {
    #[serde(default)]
    pub(super) types: Vec<String>,
    #[serde(default)]
    pub(super) next: Vec<String>,
    pub(super) error_method: String,
    pub(super) rule: String,
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
    #[serde(default, rename = "funcs")]
    _funcs: IgnoredAny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockRow {
    #[serde(default)]
    pub(super) funcs: Vec<String>,
    #[serde(default)]
    pub(super) on: String,
    #[serde(default, rename = "unlocks")]
    _unlocks: IgnoredAny,
}
