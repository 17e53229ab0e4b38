//! The JSON schema of the configuration, and the check of a parsed file against it.
//!
//! The check understands as much of JSON schema as the model makes use of: types, properties, items,
//! enumerations, required properties. What it lets through, serde can read.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Complaint, Complaints};
use super::model::ConfigFile;
use crate::suggest::closest;

/// The schema, as it is committed in `docs/deferscope.schema.json`.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<ConfigFile>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), "deferscope.toml".into());
    }
    schema
}

/// Complains about everything in `table` that the schema does not allow.
pub(crate) fn check(table: &DeTable<'_>, complaints: &mut Complaints) {
    let schema = schema();
    check_table(
        &Node {
            root: &schema,
            schema: &schema,
            path: String::new(),
        },
        table,
        0,
        complaints,
    );
}

/// A part of the schema, and the key that leads to it.
struct Node<'a> {
    root: &'a Value,
    schema: &'a Value,
    /// Empty for the whole file.
    path: String,
}

impl<'a> Node<'a> {
    fn child(&self, schema: &'a Value, key: &str) -> Self {
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        self.at(schema, path)
    }

    fn at(&self, schema: &'a Value, path: String) -> Self {
        Self {
            root: self.root,
            schema: self.resolve(schema),
            path,
        }
    }

    /// Follows references, alone or beside a description, and the value of what is optional.
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        loop {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let target = reference.and_then(|path| self.root.pointer(path.strip_prefix('#')?));
            let several = schema
                .get("allOf")
                .or_else(|| schema.get("anyOf"))
                .and_then(Value::as_array);
            match target.or_else(|| several?.first()) {
                Some(next) => schema = next,
                None => return schema,
            }
        }
    }

    /// The place in words, to follow "unknown key … ".
    fn within(&self) -> String {
        if self.path.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.path)
        }
    }

    fn properties(&self) -> Option<&'a Map<String, Value>> {
        self.schema.get("properties")?.as_object()
    }

    /// The schema of values under keys that are not listed.
    fn other_properties(&self) -> Option<&'a Value> {
        self.schema
            .get("additionalProperties")
            .filter(|schema| schema.is_object())
    }

    /// Whether anything is said of the keys of a table.
    fn is_bound(&self) -> bool {
        self.schema.get("properties").is_some() || self.schema.get("additionalProperties").is_some()
    }

    fn choices(&self) -> Option<Vec<&'a str>> {
        let list = self.schema.get("enum")?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    fn allows(&self, ty: &str) -> bool {
        match self.schema.get("type") {
            Some(Value::String(only)) => only == ty,
            Some(Value::Array(several)) => several.iter().any(|one| one == ty),
            _ => false,
        }
    }

    /// What is wanted, in words.
    fn wanted(&self) -> String {
        if let Some(title) = self.schema.get("title").and_then(Value::as_str) {
            return title.to_owned();
        }
        if self.allows("boolean") {
            "true or false".to_owned()
        } else if self.allows("array") {
            let items = self
                .schema
                .get("items")
                .and_then(|items| self.resolve(items).get("title"));
            match items.and_then(Value::as_str) {
                Some(item) => format!("a list, each of its elements {item}"),
                None => "a list of tables (`[[…]]`)".to_owned(),
            }
        } else if self.allows("object") {
            "a table".to_owned()
        } else {
            "a string".to_owned()
        }
    }
}

fn check_table(node: &Node<'_>, table: &DeTable<'_>, at: usize, complaints: &mut Complaints) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let known = node
            .properties()
            .and_then(|properties| properties.get(name));
        match known.or_else(|| node.other_properties()) {
            Some(schema) => {
                if known.is_none() {
                    check_key_name(node, name, key.span().start, complaints);
                }
                check_value(&node.child(schema, name), value, complaints);
            }
            None => complaints.add(key.span().start, unknown_key(node, name)),
        }
    }
    for required in node
        .schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(name) = required.as_str().filter(|name| table.get(*name).is_none()) {
            complaints.add(
                at,
                Complaint::new(format!("`{name}` is missing{}", node.within())),
            );
        }
    }
}

fn unknown_key(node: &Node<'_>, name: &str) -> Complaint {
    let known: Vec<&str> = node
        .properties()
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    let complaint = Complaint::new(format!("unknown key `{name}`{}", node.within()));
    match closest(name, known.iter().copied()) {
        Some(meant) => complaint.with_help(format!("did you mean `{meant}`?")),
        None => complaint.with_help(format!("the keys{} are {}", node.within(), list(&known))),
    }
}

/// Keys of maps are as free or as bound as the schema's `propertyNames` says.
fn check_key_name(node: &Node<'_>, name: &str, at: usize, complaints: &mut Complaints) {
    if let Some(names) = node.schema.get("propertyNames") {
        check_choice(&node.child(names, name), name, at, complaints);
    }
}

fn check_value(node: &Node<'_>, value: &Spanned<DeValue<'_>>, complaints: &mut Complaints) {
    let at = value.span().start;
    let ty = match value.get_ref() {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    };
    if !node.allows(ty) {
        let found = match ty {
            "string" => "a string",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "a boolean",
            "datetime" => "a date or time",
            "array" => "a list",
            _ => "a table",
        };
        let message = format!("`{}` must be {}, and is {found}", node.path, node.wanted());
        complaints.add(at, Complaint::new(message));
        return;
    }
    match value.get_ref() {
        DeValue::String(text) => check_choice(node, text, at, complaints),
        DeValue::Array(items) => {
            let Some(schema) = node.schema.get("items") else {
                return;
            };
            let item = node.at(schema, node.path.clone());
            items
                .iter()
                .for_each(|value| check_value(&item, value, complaints));
        }
        // What is said of no key of a table, somebody else looks at.
        DeValue::Table(table) if node.is_bound() => check_table(node, table, at, complaints),
        _ => {}
    }
}

fn check_choice(node: &Node<'_>, text: &str, at: usize, complaints: &mut Complaints) {
    let Some(choices) = node.choices().filter(|choices| !choices.contains(&text)) else {
        return;
    };
    let complaint = Complaint::new(format!("`{text}` is not {}", node.wanted()));
    complaints.add(
        at,
        match closest(text, choices.iter().copied()) {
            Some(meant) => complaint.with_help(format!("did you mean `{meant}`?")),
            None if choices.len() <= 6 => {
                complaint.with_help(format!("choose one of {}", list(&choices)))
            }
            None => complaint.with_help("`deferscope rules` lists all rules and categories"),
        },
    );
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
