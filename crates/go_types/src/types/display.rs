//! Types as text, in the notation of go/types with full package paths.

use std::fmt::Write as _;

use go_syntax::{ChanDir, FieldListId};

use super::store::{Site, Type, TypeId, TypeList};
use super::typer::{Place, Typer};

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
            Type::EmptyInterface => out.push_str("any"),
            Type::Named { name, args } => {
                let named = self.cx.named(name);
                if !named.package.is_empty() {
                    out.push_str(&named.package);
                    out.push('.');
                }
                out.push_str(&named.name);
                if args != TypeList::EMPTY {
                    out.push('[');
                    self.write_list(out, args, ",");
                    out.push(']');
                }
            }
            Type::TypeParam(param) => {
                if let Some(package) = self.cx.package_at(param.path) {
                    let text = package.file(param.file).text();
                    let rest = text.get(param.start as usize..).unwrap_or_default();
                    let end = rest
                        .find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(rest.len());
                    out.push_str(&rest[..end]);
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
            Type::Interface { .. } => out.push_str("interface{…}"),
            Type::Tuple(types) => {
                out.push('(');
                self.write_list(out, types, ", ");
                out.push(')');
            }
        }
    }

    fn write_prefixed(self, out: &mut String, prefix: &str, ty: TypeId) {
        out.push_str(prefix);
        self.write_type(out, ty);
    }

    fn write_list(self, out: &mut String, list: TypeList, separator: &str) {
        for (index, &ty) in self.cx.types(list).iter().enumerate() {
            if index > 0 {
                out.push_str(separator);
            }
            self.write_type(out, ty);
        }
    }

    fn write_signature(self, out: &mut String, ty: TypeId) {
        let Type::Func {
            params,
            results,
            variadic,
        } = self.cx.ty(ty)
        else {
            return;
        };
        let params = self.cx.types(params);
        out.push('(');
        for (index, &param) in params.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            match self.cx.ty(param) {
                Type::Slice(elem) if variadic && index + 1 == params.len() => {
                    self.write_prefixed(out, "...", elem);
                }
                _ => self.write_type(out, param),
            }
        }
        out.push(')');
        match *self.cx.types(results) {
            [] => {}
            [single] => self.write_prefixed(out, " ", single),
            _ => {
                out.push_str(" (");
                self.write_list(out, results, ", ");
                out.push(')');
            }
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
                let names: Vec<&str> = field.names.iter().map(|name| tree.name(name)).collect();
                for name in if names.is_empty() { vec![""] } else { names } {
                    out.push_str(separator);
                    separator = "; ";
                    out.push_str(name);
                    self.write_prefixed(out, if name.is_empty() { "" } else { " " }, ty);
                }
            }
        }
        out.push('}');
    }
}
