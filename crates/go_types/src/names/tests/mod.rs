//! Go snippets that say in comments what their identifiers mean.
//!
//! A comment directly before an identifier is an expectation:
//! - `/*def:x1*/` the identifier declares a local, called `x1` in the other comments;
//! - `/*use:x1*/` it is a use of that local; `/*use:x1 write*/` one with this role;
//! - `/*is:builtin*/`, `/*is:type*/`, `/*is:const*/`, `/*is:nil*/` predeclared;
//! - `/*is:member f.go*/` declared at the top level of the package (in this file of the test);
//! - `/*is:package os*/`, `/*is:dot os*/` the package with this path, or something dot-imported;
//! - `/*is:field*/`, `/*is:guard*/`, `/*is:blank*/`, `/*is:unknown*/`.

mod keys;
mod labels;
mod packages;
mod robust;
mod roles;
mod scopes;

use std::sync::Arc;

use go_syntax::{ExprKind, File, FuncId, Span};
use rustc_hash::FxHashMap;

use super::{BodyNames, LocalId, Object, PackageNames, Role};
use crate::testing::{TextPackages, package};
use crate::{NoPackages, PackageCx};

/// Checks the expectations in a package of one file without the packages it imports.
#[track_caller]
fn check(text: &str) {
    check_files(&[text], &[]);
}

/// Checks the expectations in a package of several files; `imports` are pairs of path and text.
#[track_caller]
fn check_files(files: &[&str], imports: &[(&str, &str)]) {
    let names = package(files);
    let loader = TextPackages::new(imports);
    let cx = PackageCx::new(&names, &loader);
    let mut expectations = 0;
    for (index, file) in (0..).zip(names.files()) {
        assert_eq!(file.errors(), [], "the snippet is not Go");
        expectations += check_file(&cx, index, file);
    }
    assert!(expectations > 0, "the snippet expects nothing");
}

fn check_file(cx: &PackageCx<'_>, index: u32, file: &File) -> usize {
    let bodies = bodies(cx, index);
    let found = Found::of(file, &bodies);
    let expectations: Vec<(u32, &str)> = file
        .comments()
        .iter()
        .filter_map(|comment| expectation(file, comment.span))
        .collect();
    let defs: FxHashMap<&str, u32> = expectations
        .iter()
        .filter_map(|&(offset, text)| Some((text.strip_prefix("def:")?, offset)))
        .collect();
    for &(offset, text) in &expectations {
        let place = file.line_index().line_column(offset);
        let line = file
            .text()
            .lines()
            .nth(place.line as usize - 1)
            .unwrap_or_default();
        let actual = found.describe(cx, file, offset, &defs);
        let matches = actual.iter().any(|actual| actual == text);
        assert!(matches, "{line}\nexpected {text}, found {actual:?}");
    }
    expectations.len()
}

fn bodies(cx: &PackageCx<'_>, index: u32) -> Vec<BodyNames> {
    let file = cx.file(index);
    let roots = file
        .all_funcs()
        .filter(|&func| file.func(func).parent.is_none());
    roots
        .map(|root| BodyNames::resolve(cx, index, root))
        .collect()
}

/// The text of a comment that is an expectation, and where its identifier starts.
fn expectation(file: &File, comment: Span) -> Option<(u32, &str)> {
    let text = file
        .span_text(comment)
        .strip_prefix("/*")?
        .strip_suffix("*/")?;
    let known = ["def:", "use:", "is:"]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    known.then_some((comment.end, text))
}

/// All identifiers by offset.
struct Found<'b> {
    bodies: &'b [BodyNames],
    declared: FxHashMap<u32, (usize, LocalId)>,
    objects: FxHashMap<u32, (usize, Object, Option<Role>)>,
}

impl<'b> Found<'b> {
    fn of(file: &File, bodies: &'b [BodyNames]) -> Self {
        let mut found = Self {
            bodies,
            declared: FxHashMap::default(),
            objects: FxHashMap::default(),
        };
        for (index, body) in bodies.iter().enumerate() {
            let func = file.func(body.root());
            for name in func.names.iter() {
                if let Some(local) = body.declared(name) {
                    found
                        .declared
                        .insert(file.name_span(name).start, (index, local));
                }
            }
            let mut roles = FxHashMap::default();
            for (local, _) in body.locals() {
                roles.extend(body.uses(local).iter().map(|used| (used.expr, used.role)));
            }
            for expr in func.exprs.iter() {
                if matches!(file.expr(expr).kind, ExprKind::Ident) {
                    let start = file.expr(expr).span.start;
                    if body.is_definition(expr) {
                        found
                            .declared
                            .insert(start, (index, body.local_of(expr).expect("defined")));
                    }
                    found
                        .objects
                        .insert(start, (index, body.object(expr), roles.get(&expr).copied()));
                }
            }
        }
        found
    }

    /// Everything true of the identifier at `offset`, as it would be written in a comment.
    fn describe(
        &self,
        cx: &PackageCx<'_>,
        file: &File,
        offset: u32,
        defs: &FxHashMap<&str, u32>,
    ) -> Vec<String> {
        let label = |start: u32| {
            defs.iter()
                .find(|&(_, &at)| at == start)
                .map_or("?", |(label, _)| label)
        };
        let mut all = Vec::new();
        if self.declared.contains_key(&offset) {
            all.push(format!("def:{}", label(offset)));
        }
        let Some(&(body, object, role)) = self.objects.get(&offset) else {
            return all;
        };
        match object {
            Object::Local(id)
                if self
                    .declared
                    .get(&offset)
                    .is_none_or(|&(_, declared)| declared != id) =>
            {
                let label = label(self.bodies[body].local(id).span.start);
                let role = match role {
                    None => "unrecorded",
                    Some(Role::Read) => "read",
                    Some(Role::Write) => "write",
                    Some(Role::ReadWrite) => "readwrite",
                    Some(Role::AddressTaken) => "address",
                    Some(Role::PartWrite) => "partwrite",
                    Some(Role::PartAddressTaken) => "partaddress",
                };
                all.push(format!("use:{label}"));
                all.push(format!("use:{label} {role}"));
            }
            Object::Local(_) => {}
            Object::Member(id) => {
                let member = cx.names().member(id);
                assert_eq!(cx.names().member_name(id), ident_at(file, offset));
                all.push("is:member".to_owned());
                all.push(format!(
                    "is:member {}",
                    ["a.go", "b.go", "c.go"][member.file as usize]
                ));
            }
            Object::Package(id) => all.push(format!("is:package {}", cx.names().import(id).path)),
            Object::DotMember(id) => all.push(format!("is:dot {}", cx.names().import(id).path)),
            Object::Builtin(builtin) => {
                assert_eq!(builtin.as_str(), ident_at(file, offset));
                all.push("is:builtin".to_owned());
            }
            Object::UniverseType(_) => all.push("is:type".to_owned()),
            Object::UniverseConst(_) => all.push("is:const".to_owned()),
            Object::Nil => all.push("is:nil".to_owned()),
            Object::FieldKey => all.push("is:field".to_owned()),
            Object::TypeSwitchGuard => {
                all.push("is:guard".to_owned());
                all.push(format!("def:{}", label(offset)));
            }
            Object::Blank => all.push("is:blank".to_owned()),
            Object::Unknown => all.push("is:unknown".to_owned()),
        }
        all
    }
}

fn ident_at(file: &File, offset: u32) -> &str {
    let rest = &file.text()[offset as usize..];
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    &rest[..end]
}

/// A package of one file, and the names of its first function with a body.
fn first_body(text: &str) -> (Arc<PackageNames>, BodyNames) {
    let names = package(&[text]);
    let file = names.file(0);
    let root: FuncId = file
        .all_funcs()
        .find(|&func| file.func(func).body.is_some())
        .expect("a function");
    let body = BodyNames::resolve(&PackageCx::new(&names, &NoPackages), 0, root);
    (names, body)
}
