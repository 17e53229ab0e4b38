//! The models of libraries that ship with the tool: TOML files in `models/`, read when first needed.

use std::sync::OnceLock;

use go_flow::{Acquire, ArgEffect, Class, FunctionModel, Gives, Models, method_key};
use serde::Deserialize;

/// The files, by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Everything that is known of libraries.
pub fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| {
        let mut models = Models::new();
        let files: Vec<ModelFile> = FILES
            .iter()
            .map(|(name, text)| {
                toml::from_str(text).unwrap_or_else(|error| panic!("{name} is shipped: {error}"))
            })
            .collect();
        // A class may be named before the file that has it.
        for file in &files {
            add_classes(&mut models, file);
        }
        for file in &files {
            add_functions(&mut models, file);
        }
        models
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ModelFile {
    class: Vec<ClassRow>,
    acquire: Vec<AcquireRow>,
    function: Vec<FunctionRow>,
    end: Vec<EndRow>,
    package: Vec<PackageRow>,
}

#[derive(Debug, Deserialize)]
struct ClassRow {
    name: String,
    rule: String,
    noun: String,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    release: Vec<String>,
    #[serde(default)]
    release_funcs: Vec<String>,
    release_via: Option<String>,
    #[serde(default)]
    exhausted_by: Vec<String>,
    #[serde(default)]
    until: String,
    #[serde(default)]
    until_go: String,
    #[serde(default)]
    process_end: String,
    #[serde(default)]
    long_lived: bool,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
struct AcquireRow {
    #[serde(default)]
    funcs: Vec<String>,
    class: String,
    #[serde(default)]
    result: Option<ResultKey>,
    #[serde(default)]
    field: String,
    #[serde(default = "last")]
    error: String,
}

fn last() -> String {
    "last".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ResultKey {
    Number(u32),
    Name(
        #[expect(
            dead_code,
            reason = "what becomes a resource without being a result is not followed yet"
        )]
        String,
    ),
}

#[derive(Debug, Deserialize)]
struct FunctionRow {
    #[serde(default)]
    funcs: Vec<String>,
    #[serde(default)]
    params: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct EndRow {
    #[serde(default)]
    funcs: Vec<String>,
    how: String,
}

#[derive(Debug, Deserialize)]
struct PackageRow {
    path: String,
    #[serde(default)]
    borrows: bool,
}

fn add_classes(models: &mut Models, file: &ModelFile) {
    for row in &file.class {
        models.add_class(Class {
            name: row.name.as_str().into(),
            rule: row.rule.as_str().into(),
            noun: row.noun.as_str().into(),
            types: row
                .types
                .iter()
                .flat_map(|ty| expand(ty))
                .map(Into::into)
                .collect(),
            release: row
                .release
                .iter()
                .filter(|name| *name != "()")
                .map(|name| name.as_str().into())
                .collect(),
            release_via: row.release_via.as_deref().map(Into::into),
            passes_on: !matches!(
                &*row.rule,
                "pool-item-not-returned" | "semaphore-not-released" | "temp-not-removed"
            ),
            by_call: row.release.iter().any(|name| name == "()"),
            until_go: row
                .until_go
                .strip_prefix("1.")
                .and_then(|minor| minor.parse().ok()),
            matters_at_end: row.process_end == "matters",
            long_lived: row.long_lived,
            exhausted_by: row
                .exhausted_by
                .iter()
                .filter(|name| !name.contains(':'))
                .map(|name| name.as_str().into())
                .collect(),
            fed_by: row
                .exhausted_by
                .iter()
                .find_map(|name| name.strip_prefix("result:")?.parse().ok()),
            drained: row.until == "io.EOF",
            is_path: &*row.rule == "temp-not-removed",
            error_excuses: &*row.rule == "writer-not-finished",
            note: row.note.as_str().into(),
        });
    }
}

fn add_functions(models: &mut Models, file: &ModelFile) {
    for row in &file.class {
        let Some(class) = models.class_named(&row.name) else {
            continue;
        };
        for func in &row.release_funcs {
            if let Some((func, index)) = func.rsplit_once('#')
                && let Ok(index) = index.parse()
            {
                for func in expand(func) {
                    models.add_release(&method_key(&func), class, index);
                }
            }
        }
    }
    for row in &file.acquire {
        let result = match row.result {
            None => 0,
            Some(ResultKey::Number(result)) => result,
            // What becomes a resource without being a result is not followed yet.
            Some(ResultKey::Name(_)) => continue,
        };
        let Some(class) = models.class_named(&row.class) else {
            panic!("a model acquires the unknown class {}", row.class);
        };
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            models.add_acquire(Acquire {
                func: method_key(&func).into(),
                gives: Gives {
                    result,
                    class,
                    field: row.field.as_str().into(),
                    unless_error: matches!(&*row.error, "last" | "ok"),
                },
            });
        }
    }
    for row in &file.function {
        let mut function = FunctionModel {
            func: "".into(),
            recv: None,
            params: Vec::new(),
        };
        for (param, fate) in &row.params {
            let effect = effect(fate);
            match param.parse() {
                Ok(index) => function.params.push((index, effect)),
                Err(_) => function.recv = Some(effect),
            }
        }
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            function.func = method_key(&func).into();
            models.add_function(&function);
        }
    }
    for row in &file.end {
        if row.how != "serves" {
            for func in row.funcs.iter().flat_map(|func| expand(func)) {
                models.add_end(&method_key(&func));
            }
        }
    }
    for row in &file.package {
        if row.borrows {
            for path in expand(&row.path) {
                models.add_borrowing(&path);
            }
        }
    }
}

fn effect(fate: &str) -> ArgEffect {
    match fate {
        "borrow" | "calls" => ArgEffect::Borrow,
        "drain" => ArgEffect::Drain,
        "wrap" => ArgEffect::Wrap,
        "own" | "own-if-ok" => ArgEffect::Own,
        "release" | "drain+release" => ArgEffect::Release,
        // Kept references do not release, but who keeps them may be asked to.
        "store" | "calls-later" | "go" => ArgEffect::Keep,
        _ => ArgEffect::Unknown,
    }
}

/// The names that `a{b,c}d` stands for.
fn expand(text: &str) -> Vec<String> {
    let Some((head, rest)) = text.split_once('{') else {
        return vec![text.to_owned()];
    };
    let Some((group, tail)) = rest.split_once('}') else {
        return vec![text.to_owned()];
    };
    let tails = expand(tail);
    group
        .split(',')
        .flat_map(|part| tails.iter().map(move |tail| format!("{head}{part}{tail}")))
        .collect()
}
