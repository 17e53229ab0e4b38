//! The contract of one function in words, and where each part of it comes from.
//!
//! What is told is what callers of the function are judged by: a model, where one speaks of it, and
//! else what its body says. `find` finds the function that is meant, `words` does the wording.

mod find;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use go_flow::{ArgEffect, Inferred, LockContracts};
use go_project::{Origin, Package};
use go_syntax::{Features, FieldListId, File, FuncId, Mode, Source, parse};
use go_types::{Importer, PackageCx, PackageNames, ProjectLoader};
use rules::{ModelPlace, model_places};
use serde::Serialize;

use super::contracts::Contracts;
use super::targets::{Unit, UnitFile};
use super::{Request, Run, STACK_BYTES, ThreadError};
use crate::cache::Seen;
use crate::guard::catch;
use crate::problem::relative;
use find::Found;

/// What is known of a function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// Its full name: `path.F`, `(path.T).M`, `(*path.T).M`.
    pub function: String,
    /// The import path of its package.
    pub package: String,
    /// Where it is declared, if its source is at hand.
    pub declared: Option<Place>,
    /// Whether anything is known of it.
    pub known: bool,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// A line of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Place {
    /// The path, relative to the working folder where it lies below it.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// One thing that is known of a function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fact {
    /// What it is about: `gives`, `receiver`, `parameter`, `process`, `ends`, `lock` or `waits`.
    pub about: &'static str,
    /// The name of the receiver, parameter or lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number of the parameter or result, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// What is done, in one word: `borrows`, `keeps`, `never-returns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'static str>,
    /// The kind of resource, by its name in the models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// All of it in words.
    pub text: String,
    /// Where it comes from.
    pub source: FactSource,
}

/// Where something that is known comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum FactSource {
    /// It was inferred from the body of the function that is declared here.
    Body(Place),
    /// A model says so.
    Model {
        /// The file with the model.
        path: String,
        /// The table in it.
        table: &'static str,
    },
}

impl fmt::Display for FactSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(Place { path, line }) => {
                write!(f, "inferred from the body at {path}:{line}")
            }
            Self::Model { path, table } => write!(f, "model: [[{table}]] in {path}"),
        }
    }
}

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The threads could not be started.
    #[error(transparent)]
    Threads(#[from] ThreadError),
    /// What was given cannot be the name of a function.
    #[error(
        "`{0}` is not the name of a function\n  help: write path.F, path.T.M, '(*path.T).M', ./dir.F, ./dir.T.M, or only F or T.M"
    )]
    Malformed(String),
    /// The package is not there.
    #[error("there is no package `{path}` to look for `{name}` in: {why}")]
    NoPackage {
        /// The function that is asked for.
        name: String,
        /// The path before it.
        path: String,
        /// Why it leads nowhere.
        why: String,
    },
    /// There is no such function.
    #[error("there is no function `{name}` in {place}{}", words::nearest(.nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// Names that resemble it.
        nearest: Vec<String>,
    },
    /// There are several.
    #[error("`{name}` may be any of {} functions\n  help: name one of them:{}", .matches.len(), words::listed(.matches))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Their full names.
        matches: Vec<String>,
    },
    /// A bug.
    #[error("internal error: {0}\n  help: this is a bug of deferscope: please report it")]
    Bug(String),
}

/// The contract of a function; patterns of the request do not matter.
///
/// # Errors
///
/// When the name means no function, or several.
pub fn summarize(request: &Request<'_>, function: &str) -> Result<Summary, SummaryError> {
    let jobs = request.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|source| ThreadError { jobs, source })?;
    pool.install(|| {
        let run = Run::new(request);
        let found = find::find(&run, function)?;
        catch(|| run.summary(&found)).map_err(SummaryError::Bug)
    })
}

/// What the words need of a declaration.
#[derive(Debug, Default)]
struct Signature {
    receiver: String,
    /// Names, `_` where there are none, and types as written.
    params: Vec<(String, String)>,
    results: Vec<(String, String)>,
    /// Whether the names are those of a declaration.
    known: bool,
}

impl Signature {
    fn of(file: &File, func: FuncId) -> Self {
        let node = file.func(func);
        let sig = file.sig(node.sig);
        let receiver = node.recv.map(|list| fields(file, list));
        Self {
            receiver: receiver
                .and_then(|list| list.into_iter().next())
                .map_or_else(|| "_".to_owned(), |(name, _)| name),
            params: fields(file, sig.params),
            results: sig.results.map_or_else(Vec::new, |list| fields(file, list)),
            known: true,
        }
    }
}

/// The names and types of a list of parameters or results.
fn fields(file: &File, list: FieldListId) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for id in file.fields_of(list).iter() {
        let field = file.field(id);
        let ty = file.expr_text(field.ty).to_owned();
        if field.names.is_empty() {
            all.push(("_".to_owned(), ty));
        } else {
            let names = field.names.iter();
            all.extend(names.map(|name| (file.name(name).to_owned(), ty.clone())));
        }
    }
    all
}

/// Parses the files of a package.
fn parsed(
    run: &Run<'_>,
    package: &Package,
    tests: bool,
    mode: Mode,
) -> Vec<(Arc<Path>, Arc<File>)> {
    let files = package.files.iter();
    files
        .filter(|file| tests || !file.flags.test)
        .filter_map(|file| {
            let path = package.file_path(file);
            let bytes = run.project.read_file(&path).ok()?;
            Some((path.into(), Arc::new(parse(Source::new(bytes), mode))))
        })
        .collect()
}

impl Run<'_> {
    fn summary(&self, found: &Found) -> Summary {
        let mut summary = Summary {
            function: found.full_name(),
            package: found.path.to_string(),
            declared: None,
            known: false,
            facts: Vec::new(),
        };
        let key = format!("{}.{}", found.path, found.key);
        let mut teller = Teller {
            run: self,
            signature: Signature::default(),
            places: model_places(&self.request.config.models, &found.path, &key),
            body: None,
            facts: Vec::new(),
        };
        if let Some(package) = &found.package {
            self.look_into(package, found, &key, &mut teller);
        } else {
            teller.model(&found.path, &key);
        }
        summary.declared = teller.body;
        summary.facts = teller.facts;
        summary.known = !summary.facts.is_empty();
        summary
    }

    /// Tells what is known of a function of a package that is at hand.
    fn look_into(&self, package: &Arc<Package>, found: &Found, key: &str, teller: &mut Teller<'_>) {
        let is_own = package.origin != Origin::Std || self.project.is_worked_on(package);
        let files = parsed(self, package, found.in_tests, Mode::Full);
        let (paths, trees): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let names = Arc::new(PackageNames::new(Importer::of(Arc::clone(package)), trees));
        let loader = ProjectLoader::new(&self.project);
        let cx = PackageCx::new(&names, &loader);
        let declared = find::declared(&names, &found.key);
        if let Some((index, func)) = declared {
            let file = cx.file(index);
            let line = file.line_index().line(file.func(func).span.start);
            let path = relative(&paths[index as usize], self.request.cwd);
            teller.signature = Signature::of(file, func);
            teller.body = Some(Place {
                path: path.display().to_string(),
                line,
            });
        }
        // Who calls it goes by the models first.
        if !teller.model(&found.path, key) && is_own {
            let unit = Unit {
                package: Arc::clone(package),
                files: unit_files(package, self.request.cwd),
            };
            let seen = Seen::new(&self.project, &[unit]);
            let contracts = Contracts::new(
                &self.project,
                &loader,
                &self.models,
                None,
                seen.in_circles().collect(),
            );
            let own = contracts.of_unit(&cx);
            if let (Some(contract), Some(body)) =
                (own.contract(&cx, names.path(), &found.key), &teller.body)
            {
                let source = FactSource::Body(body.clone());
                teller.contract(&contract, &|_| source.clone());
            }
        }
        if let Some((index, func)) = declared
            && (cx.file(index).func(func).features).intersects(Features::BODY)
        {
            teller.locks(&cx, (index, func));
        }
    }
}

fn unit_files(package: &Package, cwd: &Path) -> Vec<UnitFile> {
    let files = package.files.iter().enumerate();
    files
        .map(|(index, file)| {
            let absolute = package.file_path(file);
            UnitFile {
                index,
                path: Arc::new(relative(&absolute, cwd).to_path_buf()),
                absolute,
                wanted: true,
            }
        })
        .collect()
}

/// Collects the facts.
struct Teller<'r> {
    run: &'r Run<'r>,
    signature: Signature,
    places: Vec<ModelPlace>,
    /// Where the function is declared.
    body: Option<Place>,
    facts: Vec<Fact>,
}

impl Teller<'_> {
    /// The source of what a table of models says.
    fn place(&self, table: &'static str) -> FactSource {
        let place = self.places.iter().find(|place| place.table == table);
        let path = match place.and_then(|place| place.file) {
            Some(file) => format!("crates/rules/models/{file}"),
            None => match &self.run.request.config.path {
                Some(path) => relative(path, self.run.request.cwd).display().to_string(),
                None => "the configuration".to_owned(),
            },
        };
        FactSource::Model { path, table }
    }

    /// Tells what models say; whether callers go by them.
    fn model(&mut self, package: &str, key: &str) -> bool {
        let models = self.run.models.get();
        let contract = models.function(key);
        if let Some(contract) = contract {
            let (acquire, function, end) = (
                self.place("acquire"),
                self.place("function"),
                self.place("end"),
            );
            self.contract(contract, &|about| {
                match about {
                    "gives" => &acquire,
                    "ends" => &end,
                    _ => &function,
                }
                .clone()
            });
            for (index, names) in models.only_arg(key) {
                let text = words::only_arg(&self.signature, *index, names);
                let source = acquire.clone();
                self.tell("gives", None, Some(*index), Some("only-if"), text, source);
            }
        }
        for (class, index) in models.released_by(key) {
            let class = models.class(class);
            let text = words::releases(&self.signature, index, class);
            let (name, about) = match index {
                Some(index) => (Some(self.param(index)), "parameter"),
                None => (None, "process"),
            };
            let source = self.place("class");
            self.tell(about, name, index, Some("releases"), text, source);
            if let Some(fact) = self.facts.last_mut() {
                fact.class = Some(class.name.to_string());
            }
        }
        if let Some(to) = models.writes_to(key) {
            let source = self.place("function");
            match to {
                go_flow::WritesTo::Recv => {
                    let name = self.signature.receiver.clone();
                    let text = words::writes("receiver", &name);
                    self.tell("receiver", Some(name), None, Some("writes"), text, source);
                }
                go_flow::WritesTo::Param(index) => {
                    self.writes(index, source);
                }
            }
        }
        if models.borrows(package) {
            let text = "what it is given and nothing else is said of, it borrows: so does everything that the package exports".to_owned();
            let source = self.place("package");
            self.tell("parameter", None, None, Some("borrows"), text, source);
        }
        contract.is_some()
    }

    fn contract(
        &mut self,
        contract: &go_flow::Contract,
        source: &dyn Fn(&'static str) -> FactSource,
    ) {
        let models = self.run.models.get();
        for gives in &contract.gives {
            let class = models.class(gives.class);
            let text = words::gives(&self.signature, gives, class);
            let index = Some(gives.result as usize);
            self.tell("gives", None, index, None, text, source("gives"));
            if let Some(fact) = self.facts.last_mut() {
                fact.class = Some(class.name.to_string());
            }
        }
        if contract.recv != ArgEffect::Unknown {
            let name = self.signature.receiver.clone();
            let (word, text) = words::effect("receiver", &name, contract.recv);
            let source = source("receiver");
            self.tell("receiver", Some(name), None, Some(word), text, source);
        }
        for (index, &effect) in contract.params.iter().enumerate() {
            if effect != ArgEffect::Unknown {
                let name = self.param(index);
                let (word, text) = words::effect("parameter", &name, effect);
                let source = source("parameter");
                self.tell(
                    "parameter",
                    Some(name),
                    Some(index),
                    Some(word),
                    text,
                    source,
                );
            }
        }
        for index in (0..32).filter(|&index| contract.writes_to(index)) {
            self.writes(index, source("parameter"));
        }
        if let Some((word, text)) = words::ends(contract) {
            self.tell(
                "ends",
                None,
                None,
                Some(word),
                text.to_owned(),
                source("ends"),
            );
        }
    }

    fn writes(&mut self, index: usize, source: FactSource) {
        let name = self.param(index);
        let text = words::writes("parameter", &name);
        self.tell(
            "parameter",
            Some(name),
            Some(index),
            Some("writes"),
            text,
            source,
        );
    }

    fn locks(&mut self, cx: &PackageCx<'_>, function: (u32, FuncId)) {
        let Some(body) = self.body.clone() else {
            return;
        };
        let params: Vec<String> = self
            .signature
            .params
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let locks = LockContracts::of(cx);
        let (deeds, waits) = locks.deeds(cx, function, &self.signature.receiver, &params);
        for deed in deeds {
            let (word, text) = words::lock(&deed);
            let source = FactSource::Body(body.clone());
            self.tell("lock", Some(deed.lock), None, Some(word), text, source);
        }
        if let Some(kind) = waits {
            let (word, text) = words::waits(kind);
            let source = FactSource::Body(body);
            self.tell("waits", None, None, Some(word), text.to_owned(), source);
        }
    }

    /// The name of a parameter; its number where there is none.
    fn param(&self, index: usize) -> String {
        words::param(&self.signature, index)
    }

    fn tell(
        &mut self,
        about: &'static str,
        name: Option<String>,
        index: Option<usize>,
        effect: Option<&'static str>,
        text: String,
        source: FactSource,
    ) {
        self.facts.push(Fact {
            about,
            name,
            index,
            effect,
            class: None,
            text,
            source,
        });
    }
}
