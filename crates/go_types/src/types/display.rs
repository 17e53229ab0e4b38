//! Types as text, in the notation of go/types with full package paths.

use std::fmt::Write as _;

use go_syntax::literal::unquote;
use go_syntax::{BinaryOp, ChanDir, ExprId, ExprKind, FieldListId, UnaryOp};

use super::store::{Site, Type, TypeId, TypeList, TypeParam};
use super::subst::Env;
use super::typer::{Place, Typer};
use crate::names::is_exported;
use crate::universe::predeclared;

impl Typer<'_> {
    /// The type as text; `?` stands for what is unknown.
    pub(crate) fn type_string(self, ty: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty);
        out
    }

    fn write_type(self, out: &mut String, ty: TypeId) {
        self.deeper((), || self.write_kind(out, ty));
    }

    fn write_kind(self, out: &mut String, ty: TypeId) {
        match self.cx.ty(ty) {
            Type::Unknown => out.push('?'),
            Type::Basic(basic) => out.push_str(basic.as_str()),
            Type::EmptyInterface => out.push_str("interface{}"),
            Type::Named { name, args } => {
                let named = self.cx.named(name);
                if !named.package.is_empty() {
                    out.push_str(&named.package);
                    out.push('.');
                }
                out.push_str(&named.name);
                if args != TypeList::EMPTY {
                    out.push('[');
                    self.write_list(out, args);
                    out.push(']');
                }
            }
            Type::TypeParam(param) => {
                let name = self.param_name(param);
                out.push_str(&name);
                if predeclared(&name).is_some() {
                    out.push_str("/* type parameter */");
                }
            }
            Type::Pointer(elem) => self.write_prefixed(out, "*", elem),
            Type::Slice(elem) => self.write_prefixed(out, "[]", elem),
            Type::Array { len, elem } => {
                match len {
                    Some(len) => write!(out, "[{len}]").unwrap_or_default(),
                    None => out.push_str("[?]"),
                }
                self.write_type(out, elem);
            }
            Type::Map { key, value } => {
                self.write_prefixed(out, "map[", key);
                self.write_prefixed(out, "]", value);
            }
            Type::Chan {
                dir: ChanDir::Both,
                elem,
            } => match self.cx.ty(elem) {
                Type::Chan {
                    dir: ChanDir::Recv, ..
                } => {
                    self.write_prefixed(out, "chan (", elem);
                    out.push(')');
                }
                _ => self.write_prefixed(out, "chan ", elem),
            },
            Type::Chan {
                dir: ChanDir::Send,
                elem,
            } => self.write_prefixed(out, "chan<- ", elem),
            Type::Chan {
                dir: ChanDir::Recv,
                elem,
            } => self.write_prefixed(out, "<-chan ", elem),
            Type::Func { .. } => {
                out.push_str("func");
                self.write_signature(out, ty);
            }
            Type::Struct { site, env } => self.write_struct(out, site, env),
            Type::Interface { site, env } => self.write_interface(out, site, env),
            Type::Tuple(types) => self.write_tuple(out, types, false),
        }
    }

    fn write_prefixed(self, out: &mut String, prefix: &str, ty: TypeId) {
        out.push_str(prefix);
        self.write_type(out, ty);
    }

    fn write_list(self, out: &mut String, list: TypeList) {
        for (index, &ty) in self.cx.types(list).iter().enumerate() {
            self.write_prefixed(out, if index > 0 { ", " } else { "" }, ty);
        }
    }

    /// Parameters or results, with the names they have.
    fn write_tuple(self, out: &mut String, list: TypeList, variadic: bool) {
        let types = self.cx.types(list);
        let names = self.cx.names_of(list);
        let mut names = names.split(',');
        out.push('(');
        for (index, &ty) in types.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if let Some(name) = names.next().filter(|name| !name.is_empty()) {
                out.push_str(name);
                out.push(' ');
            }
            match self.cx.ty(ty) {
                Type::Slice(elem) if variadic && index + 1 == types.len() => {
                    self.write_prefixed(out, "...", elem);
                }
                _ => self.write_type(out, ty),
            }
        }
        out.push(')');
    }

    fn write_signature(self, out: &mut String, ty: TypeId) {
        let Type::Func {
            params,
            results,
            variadic,
            tparams,
        } = self.cx.ty(ty)
        else {
            return;
        };
        if tparams != TypeList::EMPTY {
            self.write_type_params(out, &self.cx.types(tparams));
        }
        self.write_tuple(out, params, variadic);
        match *self.cx.types(results) {
            [] => {}
            [single] if self.cx.names_of(results).is_empty() => {
                self.write_prefixed(out, " ", single);
            }
            _ => {
                out.push(' ');
                self.write_tuple(out, results, false);
            }
        }
    }

    /// `[K comparable, V any]`: neighbours with the same constraint share it.
    fn write_type_params(self, out: &mut String, params: &[TypeId]) {
        let mut previous: Option<(Option<ExprId>, String)> = None;
        out.push('[');
        for (index, &param) in params.iter().enumerate() {
            let Type::TypeParam(param) = self.cx.ty(param) else {
                continue;
            };
            let constraint = self.constraint_text(param);
            if let Some((expr, text)) = previous.take() {
                // A constraint that is no name is another one each time it is written.
                let named = !text.contains(['~', '|', '{', '*']);
                if text != constraint || (!named && expr != param.constraint) {
                    out.push(' ');
                    out.push_str(&text);
                }
            }
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(&self.param_name(param));
            previous = Some((param.constraint, constraint));
        }
        if let Some((_, text)) = previous {
            out.push(' ');
            out.push_str(&text);
        }
        out.push(']');
    }

    fn constraint_text(self, param: TypeParam) -> String {
        let text = self.with_constraint(param, |this, place, expr, env| {
            let mut text = String::new();
            this.write_element(&mut text, place, expr, env);
            text
        });
        text.unwrap_or_else(|| "?".to_owned())
    }

    fn param_name(self, param: TypeParam) -> String {
        let Some(package) = self.cx.package_at(param.path) else {
            return "?".to_owned();
        };
        let text = package.file(param.file).text();
        let rest = text.get(param.start as usize..).unwrap_or_default();
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        rest[..end].to_owned()
    }

    /// What an interface embeds: a type, an approximation, a union.
    fn write_element(self, out: &mut String, place: Place<'_>, expr: ExprId, env: &Env) {
        let tree = place.tree();
        match tree.expr(expr).kind {
            ExprKind::Paren(x) => self.write_element(out, place, x, env),
            ExprKind::Unary {
                op: UnaryOp::Tilde,
                x,
            } => self.write_prefixed(out, "~", self.subst(self.type_expr(place, x), env)),
            ExprKind::Binary {
                op: BinaryOp::Or, ..
            } => {
                let mut terms = Vec::new();
                let mut rest = expr;
                while let ExprKind::Binary {
                    op: BinaryOp::Or,
                    x,
                    y,
                } = tree.expr(rest).kind
                {
                    terms.push(y);
                    rest = x;
                }
                terms.push(rest);
                for (index, &term) in terms.iter().rev().enumerate() {
                    out.push_str(if index > 0 { " | " } else { "" });
                    if !matches!(tree.expr(term).kind, ExprKind::Binary { .. }) {
                        self.write_element(out, place, term, env);
                    }
                }
            }
            _ => self.write_type(out, self.subst(self.type_expr(place, expr), env)),
        }
    }

    fn write_struct(self, out: &mut String, site: Site<FieldListId>, env: TypeList) {
        out.push_str("struct{");
        if let Some(package) = self.cx.package_at(site.path) {
            let place = Place {
                path: site.path,
                package: &package,
                file: site.file,
            };
            let tree = place.tree();
            let env = self.env_of(env);
            let mut separator = "";
            for field in tree.fields_of(site.node).iter() {
                let field = tree.field(field);
                let ty = self.subst(self.type_expr(place, field.ty), &env);
                let tag = field.tag.map(|tag| tree.expr_text(tag)).and_then(unquote);
                let names: Vec<&str> = field.names.iter().map(|name| tree.name(name)).collect();
                for name in if names.is_empty() { vec![""] } else { names } {
                    out.push_str(separator);
                    separator = "; ";
                    out.push_str(name);
                    self.write_prefixed(out, if name.is_empty() { "" } else { " " }, ty);
                    if let Some(tag) = tag.as_deref().filter(|tag| !tag.is_empty()) {
                        out.push(' ');
                        write_quoted(out, tag);
                    }
                }
            }
        }
        out.push('}');
    }

    fn write_interface(self, out: &mut String, site: Site<FieldListId>, env: TypeList) {
        out.push_str("interface{");
        if let Some(package) = self.cx.package_at(site.path) {
            let place = Place {
                path: site.path,
                package: &package,
                file: site.file,
            };
            let tree = place.tree();
            let env = self.env_of(env);
            let fields = || tree.fields_of(site.node).iter().map(|id| tree.field(id));
            let mut methods: Vec<(&str, ExprId)> = fields()
                .flat_map(|field| field.names.iter().map(move |name| (name, field.ty)))
                .map(|(name, ty)| (tree.name(name), ty))
                .collect();
            methods.sort_by_key(|&(name, _)| (!is_exported(name), name));
            let mut separator = "";
            for (name, ty) in methods {
                out.push_str(separator);
                separator = "; ";
                out.push_str(name);
                self.write_signature(out, self.subst(self.type_expr(place, ty), &env));
            }
            for field in fields().filter(|field| field.names.is_empty()) {
                out.push_str(separator);
                separator = "; ";
                self.write_element(out, place, field.ty, &env);
            }
        }
        out.push('}');
    }
}

/// Text as a Go string literal.
fn write_quoted(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\u{b}' => out.push_str("\\v"),
                '\u{c}' => out.push_str("\\f"),
                c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                    write!(out, "\\x{:02x}", u32::from(c)).unwrap_or_default();
                }
                c if c.is_control() => {
                    write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").unwrap_or_default();
        }
    }
    out.push('"');
}
