//! Compares names and types with what go/types says.
//!
//! ```text
//! go run crates/go_types/tests/oracle/main.go std cmd >reference
//! cargo run --release -p go_types --example oracle -- reference [SHOWN]
//! ```
//!
//! Prints how many agree, and the first disagreements of each class. With `--count` in the place of a
//! number, only finds the types of all values, for measuring what that costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use go_syntax::{ExprId, ExprKind, File, Mode, NameId, Source, StmtKind, parse};
use go_types::{Body, DeclSite, Importer, Loader, LocalId, Object, PackageCx, PackageNames};
use rustc_hash::{FxHashMap, FxHashSet};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let reference = args
        .next()
        .ok_or("which reference? see the head of this example")?;
    let limit = args.next();
    if limit.as_deref() == Some("--count") {
        return count(&reference);
    }
    let shown: usize = limit.map_or(Ok(5), |text| text.parse())?;
    let text = std::fs::read_to_string(&reference)?;
    let world = World::load(&text)?;
    let mut score = Score::default();
    for section in sections(&text) {
        check(&world, section, &mut score);
    }
    std::io::stdout().write_all(score.report(shown).as_bytes())?;
    Ok(())
}

/// Finds the types of all values in the packages that a reference lists.
fn count(reference: &str) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(reference)?;
    let world = World::load(&text)?;
    let (mut all, mut known) = (0usize, 0usize);
    for section in sections(&text) {
        let Some(names) = world.packages.get(section.path) else {
            continue;
        };
        let cx = PackageCx::new(names, &world);
        for (index, file) in (0..).zip(names.files()) {
            let roots = file.all_funcs();
            for root in roots.filter(|&func| file.func(func).parent.is_none()) {
                let body = Body::new(&cx, index, root);
                for (_, ty) in body.values() {
                    all += 1;
                    known += usize::from(!ty.is_unknown());
                }
            }
        }
    }
    let line = format!("{all} values, {known} with known types\n");
    std::io::stdout().write_all(line.as_bytes())?;
    Ok(())
}

/// The lines of one package.
struct Section<'t> {
    path: &'t str,
    lines: Vec<&'t str>,
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("package ") {
            sections.push(Section {
                path,
                lines: Vec::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

/// All packages of the reference.
#[derive(Default)]
struct World {
    packages: FxHashMap<String, Arc<PackageNames>>,
    names: FxHashMap<String, Arc<str>>,
    maps: FxHashMap<String, FxHashMap<String, Arc<str>>>,
}

impl World {
    fn load(text: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut world = Self::default();
        for section in sections(text) {
            let mut files = Vec::new();
            for line in &section.lines {
                let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
                match kind {
                    "file" => {
                        let bytes = std::fs::read(rest)
                            .map_err(|error| format!("reading {rest}: {error}"))?;
                        files.push(Arc::new(parse(Source::new(bytes), Mode::Full)));
                    }
                    "name" => drop(world.names.insert(section.path.to_owned(), rest.into())),
                    "map" => {
                        let (written, path) =
                            rest.split_once(' ').ok_or("a map line has two paths")?;
                        let map = world.maps.entry(section.path.to_owned()).or_default();
                        map.insert(written.to_owned(), path.into());
                    }
                    _ => {}
                }
            }
            let names = PackageNames::new(Importer::new(section.path), files);
            world
                .packages
                .insert(section.path.to_owned(), Arc::new(names));
        }
        Ok(world)
    }

    fn canonical(&self, path: &str, from: &Importer) -> Arc<str> {
        let mapped = self.maps.get(&*from.path).and_then(|map| map.get(path));
        mapped.cloned().unwrap_or_else(|| path.into())
    }
}

impl Loader for World {
    fn package_name(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        self.names.get(&*self.canonical(import_path, from)).cloned()
    }

    fn canonical_path(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        Some(self.canonical(import_path, from))
    }

    fn package(&self, import_path: &str, from: &Importer) -> Option<Arc<PackageNames>> {
        self.packages
            .get(&*self.canonical(import_path, from))
            .cloned()
    }
}

/// How many agree, by class, and what does not.
#[derive(Default)]
struct Score {
    classes: BTreeMap<String, Class>,
}

#[derive(Default)]
struct Class {
    agree: usize,
    unknown: usize,
    wrong: usize,
    examples: Vec<String>,
}

impl Score {
    fn agree(&mut self, class: &str) {
        self.class(class).agree += 1;
    }

    fn differ(&mut self, class: &str, unknown: bool, example: impl FnOnce() -> String) {
        let class = self.class(class);
        if unknown {
            class.unknown += 1;
        } else {
            class.wrong += 1;
        }
        if !unknown || class.examples.len() < 40 {
            let text = format!("{}{}", if unknown { "(unknown) " } else { "" }, example());
            class.examples.push(text);
        }
    }

    fn class(&mut self, class: &str) -> &mut Class {
        self.classes.entry(class.to_owned()).or_default()
    }

    fn report(&self, shown: usize) -> String {
        let mut out = String::new();
        for (name, class) in &self.classes {
            let total = class.agree + class.unknown + class.wrong;
            let share = 100.0 * class.agree as f64 / total as f64;
            let _ = writeln!(
                out,
                "{name:<14} {total:>9} {:>9} agree {share:>8.4} %  {:>7} unknown {:>6} differ",
                class.agree, class.unknown, class.wrong
            );
        }
        for (name, class) in &self.classes {
            let mut examples: Vec<&String> = class.examples.iter().collect();
            examples.sort_by_key(|text| text.starts_with("(unknown)"));
            for example in examples.iter().take(shown) {
                let _ = writeln!(out, "{name}: {example}");
            }
        }
        out
    }
}

/// The bodies of one file, and their identifiers and expressions by place.
struct Index<'a> {
    bodies: Vec<Body<'a>>,
    idents: FxHashMap<u32, (usize, ExprId)>,
    spans: FxHashMap<(u32, u32), (usize, ExprId)>,
    branches: FxHashMap<u32, (usize, NameId)>,
    declared: FxHashMap<u32, (usize, LocalId)>,
    /// Where names stand that declare nothing.
    others: FxHashSet<u32>,
}

impl<'a> Index<'a> {
    fn new(cx: &'a PackageCx<'a>, index: u32) -> Self {
        let file = cx.file(index);
        let mut this = Self {
            bodies: Vec::new(),
            idents: FxHashMap::default(),
            spans: FxHashMap::default(),
            branches: FxHashMap::default(),
            declared: FxHashMap::default(),
            others: FxHashSet::default(),
        };
        for root in file
            .all_funcs()
            .filter(|&func| file.func(func).parent.is_none())
        {
            let body = this.bodies.len();
            for expr in file.func(root).exprs.iter() {
                let node = file.expr(expr);
                if matches!(node.kind, ExprKind::Ident) {
                    this.idents.insert(node.span.start, (body, expr));
                }
                this.spans
                    .insert((node.span.start, node.span.end), (body, expr));
            }
            for stmt in file.func(root).stmts.iter() {
                if let StmtKind::Branch {
                    label: Some(label), ..
                } = file.stmt(stmt).kind
                {
                    this.branches
                        .insert(file.name_span(label).start, (body, label));
                }
            }
            let resolved = Body::new(cx, index, root);
            let names = file.func(root).names.iter();
            let others = names.filter(|&name| resolved.names().declared(name).is_none());
            this.others
                .extend(others.map(|name| file.name_span(name).start));
            let locals = resolved
                .names()
                .locals()
                .filter(|(_, local)| matches!(local.site, DeclSite::Name(_)));
            this.declared
                .extend(locals.map(|(id, local)| (local.span.start, (body, id))));
            this.bodies.push(resolved);
        }
        this
    }

    /// What an identifier means, in the notation of the reference.
    fn meaning(&self, cx: &PackageCx<'_>, file_names: &[&str], offset: u32) -> String {
        if let Some(&(body, label)) = self.branches.get(&offset) {
            let names = self.bodies[body].names();
            let file = self.bodies[body].file();
            return names.branch_target(label).map_or("?".to_owned(), |target| {
                format!("b {}", file.name_span(target.name).start)
            });
        }
        if self.declared.contains_key(&offset) {
            return "n".to_owned();
        }
        let Some(&(body, expr)) = self.idents.get(&offset) else {
            return "no such identifier".to_owned();
        };
        let names = cx.names();
        match self.bodies[body].names().object(expr) {
            Object::Local(_) if self.bodies[body].names().is_definition(expr) => "n".to_owned(),
            Object::Local(id) => format!("l {}", self.bodies[body].names().local(id).span.start),
            Object::Member(id) => {
                let member = names.member(id);
                let start = names.file(member.file).name_span(member.name).start;
                format!("m {} {start}", file_names[member.file as usize])
            }
            Object::Package(import) => format!("p {}", names.canonical_path(import, cx.loader())),
            Object::DotMember(import) => format!("d {}", names.canonical_path(import, cx.loader())),
            Object::Builtin(_)
            | Object::UniverseType(_)
            | Object::UniverseConst(_)
            | Object::Nil => "u".to_owned(),
            Object::FieldKey => "f".to_owned(),
            Object::TypeSwitchGuard => "g".to_owned(),
            Object::Blank | Object::Unknown => "?".to_owned(),
        }
    }
}

fn check(world: &World, section: Section<'_>, score: &mut Score) {
    let Some(names) = world.packages.get(section.path) else {
        return;
    };
    let cx = PackageCx::new(names, world);
    let paths: Vec<&str> = section
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("file "))
        .collect();
    let base = |path: &&'_ str| {
        Path::new(*path)
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned()
    };
    let file_names: Vec<String> = paths.iter().map(base).collect();
    let file_names: Vec<&str> = file_names.iter().map(String::as_str).collect();
    let mut current: Option<(u32, Index<'_>)> = None;
    let mut expected_values: FxHashSet<(u32, u32, u32)> = FxHashSet::default();
    for line in section.lines {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (kind, &current) {
            ("in", _) => {
                let index = rest.parse().unwrap_or_default();
                current = Some((index, Index::new(&cx, index)));
            }
            ("use", Some((index, found))) => {
                let Some((offset, expected)) = rest.split_once(' ') else {
                    continue;
                };
                let offset: u32 = offset.parse().unwrap_or_default();
                if found.others.contains(&offset) && expected == "n" {
                    // The name of a parameter of a function type, which nobody can use.
                    continue;
                }
                let actual = found.meaning(&cx, &file_names, offset);
                let class = format!("name {}", &expected[..1]);
                if actual == expected {
                    score.agree(&class);
                } else {
                    score.differ(&class, actual == "?", || {
                        format!(
                            "{}: {actual}, not {expected}",
                            place(paths[*index as usize], cx.file(*index), offset)
                        )
                    });
                }
            }
            ("type", Some((index, found))) => {
                let mut parts = rest.splitn(3, ' ');
                let mut number = || {
                    parts
                        .next()
                        .and_then(|text| text.parse::<u32>().ok())
                        .unwrap_or_default()
                };
                let (start, end) = (number(), number());
                expected_values.insert((*index, start, end));
                let expected = parts.next().unwrap_or_default();
                compare_type(found, (start, end), expected, score, || {
                    place(paths[*index as usize], cx.file(*index), start)
                });
            }
            _ => {}
        }
    }
    for (index, file) in (0..).zip(names.files()) {
        for root in file.all_funcs() {
            if file.func(root).parent.is_some() {
                continue;
            }
            let body = Body::new(&cx, index, root);
            for (expr, ty) in body.values() {
                let span = file.expr(expr).span;
                if expected_values.contains(&(index, span.start, span.end)) {
                    score.agree("is a value");
                } else {
                    score.differ("is a value", false, || {
                        format!(
                            "{}: {}: {}",
                            place(paths[index as usize], file, span.start),
                            file.expr_text(expr),
                            body.type_string(ty)
                        )
                    });
                }
            }
        }
    }
}

fn compare_type(
    found: &Index<'_>,
    (start, end): (u32, u32),
    expected: &str,
    score: &mut Score,
    place: impl FnOnce() -> String,
) {
    if let Some(&(body, local)) = found.declared.get(&start) {
        let body = &found.bodies[body];
        let actual = body.type_string(body.type_of_local(local));
        return if actual == expected {
            score.agree("type of name");
        } else {
            score.differ("type of name", actual.contains('?'), || {
                format!("{}: {actual}, not {expected}", place())
            });
        };
    }
    if found.others.contains(&start) {
        // A parameter of a function type: nobody asks for its type.
        return;
    }
    let Some(&(body, expr)) = found.spans.get(&(start, end)) else {
        return score.differ("type", false, || format!("{}: no such expression", place()));
    };
    let body = &found.bodies[body];
    let kind = format!("{:?}", body.file().expr(expr).kind);
    let class = format!(
        "type {}",
        kind.split(['(', ' ', '{']).next().unwrap_or_default()
    );
    let actual = body.type_string(body.final_type_of(expr));
    if actual == expected {
        score.agree(&class);
    } else {
        score.differ(&class, actual.contains('?'), || {
            format!(
                "{}: {}: {actual}, not {expected}",
                place(),
                body.file().expr_text(expr)
            )
        });
    }
}

fn place(path: &str, file: &File, offset: u32) -> String {
    let place = file.line_index().line_column(offset);
    format!("{path}:{}:{}", place.line, place.column)
}
