//! Go snippets that say in comments which types their expressions have, and what their calls call.
//!
//! A comment directly after an expression is an expectation about the longest expression that ends
//! there: `/*:T*/` about its type, `/*=T*/` about its type in the end, `/*calls X*/` about its callee,
//! `/*constant*/` and `/*variable*/` about whether it is a constant.

mod calls;
mod exprs;
mod finals;
mod identity;
mod robust;
mod selectors;

use go_syntax::{ExprId, ExprKind, File, Span};

use crate::testing::{TextPackages, package};
use crate::{Body, Callee, PackageCx};

/// Small stand-ins for packages of the standard library.
const STD: &[(&str, &str)] = &[
    (
        "os",
        "package os
import \"io/fs\"
type File struct { *file }
type file struct { name string }
type FileMode = fs.FileMode
type Signal interface { String() string; Signal() }
var Args []string
var Stdout = NewFile(1, \"stdout\")
const ModePerm = fs.ModePerm
func NewFile(fd uintptr, name string) *File
func Open(name string) (*File, error)
func Exit(code int)
func (f *File) Close() error
func (f *file) hidden()
func (f *file) Exported() int
",
    ),
    (
        "io/fs",
        "package fs
type FileMode uint32
const ( ModeDir FileMode = 1 << iota; ModeAppend; ModePerm FileMode = 0777 )
func (m FileMode) IsDir() bool
",
    ),
    (
        "sync",
        "package sync
type Locker interface { Lock(); Unlock() }
type Mutex struct { state int32 }
func (m *Mutex) Lock()
func (m *Mutex) Unlock()
type RWMutex struct { w Mutex }
func (rw *RWMutex) RLocker() Locker
func OnceValue[T any](f func() T) func() T
type Map[K comparable, V any] struct{}
func (m *Map[K, V]) Load(key K) (value V, ok bool)
",
    ),
    (
        "errors",
        "package errors
func New(text string) error
",
    ),
    (
        "context",
        "package context
type Context interface { Err() error; Done() <-chan struct{} }
type CancelFunc func()
func WithCancel(parent Context) (ctx Context, cancel CancelFunc)
",
    ),
];

/// Checks the expectations in a package of one file that imports the stand-ins.
#[track_caller]
fn check(text: &str) {
    check_with(&[text], &[]);
}

#[track_caller]
fn check_with(files: &[&str], imports: &[(&str, &str)]) {
    let names = package(files);
    let all: Vec<(&str, &str)> = imports.iter().chain(STD).copied().collect();
    let loader = TextPackages::new(&all);
    let cx = PackageCx::new(&names, &loader);
    let mut expectations = 0;
    for (index, file) in (0..).zip(names.files()) {
        assert_eq!(file.errors(), [], "the snippet is not Go");
        let roots = file
            .all_funcs()
            .filter(|&func| file.func(func).parent.is_none());
        let bodies: Vec<Body<'_>> = roots.map(|root| Body::new(&cx, index, root)).collect();
        for comment in file.comments() {
            expectations += usize::from(check_comment(file, &bodies, comment.span));
        }
    }
    assert!(expectations > 0, "the snippet expects nothing");
}

enum Kind {
    Type,
    FinalType,
    Callee,
    Constant,
}

fn check_comment(file: &File, bodies: &[Body<'_>], comment: Span) -> bool {
    let text = file
        .span_text(comment)
        .trim_start_matches("/*")
        .trim_end_matches("*/");
    let (kind, expected) = if let Some(ty) = text.strip_prefix(':') {
        (Kind::Type, ty.trim())
    } else if let Some(ty) = text.strip_prefix('=') {
        (Kind::FinalType, ty.trim())
    } else if let Some(callee) = text.strip_prefix("calls ") {
        (Kind::Callee, callee)
    } else if matches!(text, "constant" | "variable") {
        (Kind::Constant, text)
    } else {
        return false;
    };
    let before = file.text()[..comment.start as usize].trim_end().len();
    let found = bodies
        .iter()
        .find_map(|body| Some((body, longest_expr(body, u32::try_from(before).ok()?)?)));
    let line = file.line_index().line(comment.start) as usize;
    let line = file.text().lines().nth(line - 1).unwrap_or_default();
    let (body, expr) = found.unwrap_or_else(|| panic!("{line}\nno expression ends before {text}"));
    let actual = match kind {
        Kind::Type => body.type_string(body.type_of(expr)),
        Kind::FinalType => body.type_string(body.final_type_of(expr)),
        Kind::Callee => callee_text(body, expr),
        Kind::Constant if body.is_constant(expr) => "constant".to_owned(),
        Kind::Constant => "variable".to_owned(),
    };
    assert_eq!(actual, expected, "{line}\nof {}", file.expr_text(expr));
    true
}

fn longest_expr(body: &Body<'_>, end: u32) -> Option<ExprId> {
    let file = body.file();
    let exprs = file.func(body.root()).exprs.iter();
    exprs
        .filter(|&expr| file.expr(expr).span.end == end)
        .filter(|&expr| !matches!(file.expr(expr).kind, ExprKind::KeyValue { .. }))
        .min_by_key(|&expr| file.expr(expr).span.start)
}

fn callee_text(body: &Body<'_>, call: ExprId) -> String {
    let file = body.file();
    match body.callee(call) {
        Callee::Func {
            package,
            name,
            member,
        } => {
            assert!(body.is_call_to(call, package, name));
            assert_eq!(member.is_some(), package == "example.com/p");
            format!("{package}.{name}")
        }
        Callee::Selected { x, name } => match body.method(call) {
            Some(method) => {
                assert_eq!(method.name, name);
                let pointer = if method.pointer { "*" } else { "" };
                let recv = method.recv.map_or("-", |recv| file.expr_text(recv));
                format!(
                    "method ({pointer}{}).{name} of {recv}",
                    body.type_string(method.owner)
                )
            }
            None => format!("field {name} of {}", file.expr_text(x)),
        },
        Callee::Builtin(builtin) => {
            assert!(body.is_builtin_call(call, builtin));
            format!("builtin {}", builtin.as_str())
        }
        Callee::Literal(_) => "literal".to_owned(),
        Callee::Conversion(ty) => format!("conversion to {}", file.expr_text(ty)),
        Callee::Var(id) => format!("local {}", file.span_text(body.names().local(id).span)),
        Callee::MemberVar(id) => format!("variable {}", body.cx().names().member_name(id)),
        Callee::Dynamic => "dynamic".to_owned(),
        Callee::Unknown => "unknown".to_owned(),
    }
}
