//! The models of libraries that ship with the tool: TOML files in `models/`, read when first needed.

use std::sync::OnceLock;

use go_flow::{
    Acquire, ArgEffect, Class, CloseError, Closing, Exits, FunctionModel, Gives, Iterate, Models,
    Subject, Twice, Wanted, WritesTo, method_key,
};

mod places;
mod rows;
mod user;

pub use places::{ModelPlace, model_places};
pub use user::{MODEL_TABLES, ModelMistake, RunModels, UserModels};

use rows::{ClassRow, ModelFile, ResultKey};

/// The files, by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Everything that is known of libraries, as it is shipped.
pub fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| build(&shipped()))
}

/// The files that are shipped.
/// Of a variable number of arguments, so many are known.
const MOST_VARIADIC: usize = 8;

fn shipped() -> Vec<ModelFile> {
    let read = |(name, text): &(&str, &str)| {
        toml::from_str(text).unwrap_or_else(|error| panic!("{name} is shipped: {error}"))
    };
    FILES.iter().map(read).collect()
}

fn build(files: &[ModelFile]) -> Models {
    let mut models = Models::new();
    // A class may be named before the file that has it.
    for file in files {
        add_classes(&mut models, file);
    }
    for file in files {
        add_functions(&mut models, file);
    }
    models
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
            field_of: row
                .field_of
                .iter()
                .filter_map(|path| path.rsplit_once('.'))
                .map(|(ty, field)| (ty.into(), field.into()))
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
            habitual: row.long_lived && row.severity == "note",
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
            channel: row.channel.as_deref().map(Into::into),
            fires: row.fires,
            is_path: &*row.rule == "temp-not-removed",
            // Nobody waits for the rest of what could not be written; Start closes the pipes when it
            // fails, and without Start nobody waits for their end.
            error_excuses: row.rule == "writer-not-finished" || row.name == "command-stdin",
            closing: closing(row),
            note: row.note.as_str().into(),
        });
    }
}

fn closing(row: &ClassRow) -> Closing {
    let names = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    Closing {
        twice: match row.twice.as_str() {
            "panic" => Twice::Panic,
            "bug" => Twice::Bug,
            "error" => Twice::Error,
            _ => Twice::Ok,
        },
        error: match row.release_error.as_str() {
            "always" => CloseError::Always,
            "written" => CloseError::Written,
            _ => CloseError::Never,
        },
        error_method: row.error_method.as_deref().map(Into::into),
        commit: names(&row.commit),
        rollback: names(&row.rollback),
    }
}

fn add_functions(models: &mut Models, file: &ModelFile) {
    for row in &file.class {
        let Some(class) = models.class_named(&row.name) else {
            continue;
        };
        for func in &row.release_funcs {
            match func.rsplit_once('#') {
                Some((func, index)) => {
                    if let Ok(index) = index.parse() {
                        for func in expand(func) {
                            models.add_release(&method_key(&func), class, index);
                        }
                    }
                }
                None => {
                    for func in expand(func) {
                        models.add_global_release(&method_key(&func), class);
                    }
                }
            }
        }
    }
    for row in &file.acquire {
        let Some(class) = models.class_named(&row.class) else {
            unreachable!("what is shipped is tested, and what users write is checked");
        };
        let (subject, result) = match &row.result {
            None => (Subject::Result, 0),
            Some(ResultKey::Number(result)) => (Subject::Result, *result),
            // Locks are followed by themselves.
            Some(ResultKey::Name(_)) if is_lock(&models.class(class).rule) => continue,
            Some(ResultKey::Name(name)) => (subject(name), 0),
        };
        let only_arg: Wanted = row
            .only_arg
            .iter()
            .filter_map(|(index, names)| {
                let names = names.iter().map(|name| name.as_str().into()).collect();
                Some((index.parse().ok()?, names))
            })
            .collect();
        let gives = Gives {
            subject,
            result,
            class,
            field: row.field.as_str().into(),
            unless_error: matches!(&*row.error, "last" | "ok"),
            why: "".into(),
        };
        for ty in row.returns.iter().flat_map(|ty| expand(ty)) {
            models.add_returned(&ty, gives.clone());
        }
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            models.add_acquire(Acquire {
                func: method_key(&func).into(),
                gives: gives.clone(),
                only_arg: only_arg.clone(),
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
                // Wherever it stands among the arguments.
                Err(_) if param == "variadic" => {
                    function
                        .params
                        .extend((0..MOST_VARIADIC).map(|index| (index, effect)));
                }
                Err(_) => function.recv = Some(effect),
            }
        }
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            function.func = method_key(&func).into();
            models.add_function(&function);
            match row.writes {
                Some(ResultKey::Number(index)) => {
                    models.add_writes(&function.func, WritesTo::Param(index as usize));
                }
                Some(ResultKey::Name(_)) => models.add_writes(&function.func, WritesTo::Recv),
                None => {}
            }
        }
    }
    for row in &file.end {
        // What depends on where its receiver came from is in the table of ends.
        if row.how == "serves" || row.from.is_some() {
            continue;
        }
        let sometimes = row.on_arg.is_some() || row.on_success.is_some();
        let exits = match (&*row.how, sometimes) {
            ("process", false) => Exits::Always,
            ("process", true) => Exits::Maybe,
            (_, false) => Exits::Never,
            (_, true) => continue,
        };
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            models.add_end(&method_key(&func), exits);
        }
    }
    for row in &file.iterate {
        for ty in row.types.iter().flat_map(|ty| expand(ty)) {
            let iterate = Iterate {
                next: row.next.iter().map(|name| name.as_str().into()).collect(),
                error_method: row.error_method.as_str().into(),
                rule: row.rule.as_str().into(),
            };
            models.add_iterate(&ty, iterate);
        }
    }
    for row in &file.result {
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            models.add_result(&method_key(&func), &row.ty);
        }
    }
    for row in &file.block {
        for func in row.funcs.iter().flat_map(|func| expand(func)) {
            models.add_block(&method_key(&func), &row.on);
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

/// What of a call becomes a resource, by its name in a model.
fn subject(name: &str) -> Subject {
    match name.strip_prefix("param:").map(str::parse) {
        Some(Ok(index)) => Subject::Param(index),
        None if name == "recv" => Subject::Receiver,
        None if name == "global" => Subject::Global,
        Some(Err(_)) | None => panic!("a model acquires the unknown {name}"),
    }
}

/// Whether a rule is about locks, which may be taken more than once.
fn is_lock(rule: &str) -> bool {
    matches!(rule, "lock-not-released" | "semaphore-not-released")
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FILES, ModelFile, models};

    const GUIDE: &str = include_str!("../models/README.md");

    /// The keys of the table in the section of the guide about `[[name]]`.
    fn keys_in_guide(name: &str) -> Vec<&'static str> {
        let (_, section) = GUIDE
            .split_once(&format!("## `[[{name}]]`"))
            .expect("the guide has the section");
        let section = section.split("\n## ").next().unwrap_or_default();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.filter_map(|line| line.split('|').nth(1))
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .collect()
    }

    #[test]
    fn every_file_can_be_read_and_names_known_classes() {
        assert!(models().classes().count() > 100);
    }

    #[test]
    fn every_class_names_a_rule() {
        let classes = models().classes();
        let named: BTreeSet<&str> = classes.map(|(_, class)| &*class.rule).collect();
        for rule in named {
            assert!(
                crate::rule_by_name(rule).is_some(),
                "no rule is called {rule}"
            );
        }
    }

    #[test]
    fn names_of_classes_are_unique() {
        let mut seen = BTreeSet::new();
        for (file, text) in FILES {
            let read: ModelFile = toml::from_str(text).expect("shipped");
            for name in read.class_names() {
                assert!(seen.insert(name.to_owned()), "{file}: a second {name}");
            }
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_an_error() {
        for table in ["class", "acquire", "function", "end", "package", "harmless"] {
            let error = toml::from_str::<ModelFile>(&format!("[[{table}]]\nrelaese = []\n"))
                .expect_err("the key is wrong");
            assert!(
                error.message().contains("unknown field `relaese`"),
                "{table}: {error}"
            );
        }
        let error = toml::from_str::<ModelFile>("[[clas]]\n").expect_err("the table is wrong");
        assert!(error.message().contains("unknown field `clas`"), "{error}");
    }

    #[test]
    fn the_reader_knows_the_keys_of_the_guide() {
        for table in ["class", "acquire"] {
            let keys = keys_in_guide(table);
            assert!(keys.len() > 10, "{keys:?}");
            for key in keys {
                let text = format!("[[{table}]]\n{key} = 1979-05-27\n");
                let error = toml::from_str::<ModelFile>(&text).expect_err("not a date");
                assert!(
                    !error.message().contains("unknown field"),
                    "{table}: {error}"
                );
            }
        }
    }

    #[test]
    fn the_guide_tells_of_every_key_in_use() {
        for (file, text) in FILES {
            let tables: toml::Table = text.parse().expect("shipped");
            for (table, rows) in &tables {
                assert!(GUIDE.contains(&format!("`[[{table}]]`")), "{file}: {table}");
                for row in rows.as_array().into_iter().flatten() {
                    for key in row.as_table().into_iter().flat_map(toml::Table::keys) {
                        assert!(
                            GUIDE.contains(&format!("`{key}`"))
                                || GUIDE.contains(&format!("`{key} = ")),
                            "{file}: [[{table}]] {key}"
                        );
                    }
                }
            }
        }
    }
}
