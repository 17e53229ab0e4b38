//! Which files of models speak of a function.

use go_flow::method_key;

use super::rows::ModelFile;
use super::user::UserModels;
use super::{FILES, expand, shipped};

/// A table of models that speaks of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelPlace {
    /// The file, of those that are shipped; none for the models of a user.
    pub file: Option<&'static str>,
    /// The table: `acquire`, `function`, `end`, `class` (its `release_funcs`), or `package`.
    pub table: &'static str,
}

/// The tables that speak of the function `key`, which is `name` of `package`: those of the user
/// first.
pub fn model_places(user: &UserModels, package: &str, key: &str) -> Vec<ModelPlace> {
    let mut places = Vec::new();
    for file in user.files() {
        add(&mut places, file, None, package, key);
    }
    for ((name, _), file) in FILES.iter().zip(&shipped()) {
        add(&mut places, file, Some(name), package, key);
    }
    places
}

fn add(
    places: &mut Vec<ModelPlace>,
    file: &ModelFile,
    name: Option<&'static str>,
    package: &str,
    key: &str,
) {
    let among = |funcs: &[String]| {
        let all = funcs.iter().flat_map(|func| expand(func));
        all.map(|func| match func.rsplit_once('#') {
            Some((func, _)) => method_key(func),
            None => method_key(&func),
        })
        .any(|func| func == key)
    };
    let tables = [
        ("acquire", file.acquire.iter().any(|row| among(&row.funcs))),
        (
            "function",
            file.function.iter().any(|row| among(&row.funcs)),
        ),
        ("end", file.end.iter().any(|row| among(&row.funcs))),
        (
            "class",
            file.class.iter().any(|row| among(&row.release_funcs)),
        ),
        (
            "package",
            file.package
                .iter()
                .any(|row| row.borrows && expand(&row.path).iter().any(|path| path == package)),
        ),
    ];
    for (table, speaks) in tables {
        if speaks {
            places.push(ModelPlace { file: name, table });
        }
    }
}
