//! What a package does with things that are selected by name: fields above all. By name only, not
//! by type: fields of one name in several types are taken together, so what is *not* done with a
//! name is done with none of them.

use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, StmtKind, UnaryOp};
use go_types::PackageCx;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is done with the fields of one name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldUse {
    /// Something is sent to it.
    pub sent: bool,
    /// It is closed.
    pub closed: bool,
    /// Something is received from it.
    pub received: bool,
    /// It is gone over by `range`.
    pub ranged: bool,
    /// It is assigned, or set in a composite literal.
    pub assigned: bool,
    /// Its value goes elsewhere: it is returned, passed on, copied, its address is taken.
    pub escapes: bool,
    /// The methods that are called on it, or taken as values, and the fields that are selected.
    pub selected: FxHashSet<String>,
}

impl FieldUse {
    /// Whether one of `names` is selected on it.
    pub fn selects(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.selected.contains(*name))
    }
}

/// What the functions of a package do with fields.
#[derive(Debug, Default)]
pub struct FieldUses {
    by_name: FxHashMap<String, FieldUse>,
}

/// How one mention is used.
pub(crate) enum Mention<'a> {
    Sent,
    Closed,
    Received,
    Ranged,
    Assigned,
    Selected(&'a str),
    Neutral,
}

impl FieldUses {
    /// What the package of `cx` does; computed once.
    pub fn of(cx: &PackageCx<'_>) -> Rc<Self> {
        cx.memo(|| {
            let mut uses = Self::default();
            for file in cx.names().files() {
                for func in file.all_funcs() {
                    if file.func(func).parent.is_none() {
                        uses.add(file, func);
                    }
                }
            }
            uses
        })
    }

    /// What is done with the fields called `name`; `None` when no function selects one.
    pub fn get(&self, name: &str) -> Option<&FieldUse> {
        self.by_name.get(name)
    }

    /// Whether `wanted` holds for the fields of some name.
    pub fn any(&self, wanted: impl Fn(&FieldUse) -> bool) -> bool {
        self.by_name.values().any(wanted)
    }

    fn entry(&mut self, name: &str) -> &mut FieldUse {
        if !self.by_name.contains_key(name) {
            self.by_name.insert(name.to_owned(), FieldUse::default());
        }
        self.by_name.entry(name.to_owned()).or_default()
    }

    fn add(&mut self, file: &File, func: FuncId) {
        let root = file.func(func);
        let mentions = mentions(file, func);
        for expr in root.exprs.iter() {
            match file.expr(expr).kind {
                ExprKind::Selector { .. } => {}
                ExprKind::CompositeLit { elts, .. } => {
                    for &element in file.exprs(elts) {
                        if let ExprKind::KeyValue { key, .. } = file.expr(element).kind
                            && let Some(name) = file.ident(key)
                        {
                            self.entry(name).assigned = true;
                        }
                    }
                    continue;
                }
                _ => continue,
            }
            let Some((_, name)) = file.selector(expr) else {
                continue;
            };
            let entry = self.entry(name);
            match mentions.get(&expr) {
                Some(Mention::Sent) => entry.sent = true,
                Some(Mention::Closed) => entry.closed = true,
                Some(Mention::Received) => entry.received = true,
                Some(Mention::Ranged) => entry.ranged = true,
                Some(Mention::Assigned) => entry.assigned = true,
                Some(Mention::Selected(what)) => {
                    if !entry.selected.contains(*what) {
                        entry.selected.insert((*what).to_owned());
                    }
                }
                Some(Mention::Neutral) => {}
                None => entry.escapes = true,
            }
        }
    }
}

/// The operands whose use is known.
pub(crate) fn mentions(file: &File, func: FuncId) -> FxHashMap<ExprId, Mention<'_>> {
    let root = file.func(func);
    let mut mentions = FxHashMap::default();
    for stmt in root.stmts.iter() {
        match file.stmt(stmt).kind {
            StmtKind::Send { chan, .. } => {
                mentions.insert(file.unparen(chan), Mention::Sent);
            }
            StmtKind::Range { x, .. } => {
                mentions.insert(file.unparen(x), Mention::Ranged);
            }
            StmtKind::Assign { lhs, .. } => {
                for &target in file.exprs(lhs) {
                    mentions.insert(file.unparen(target), Mention::Assigned);
                }
            }
            _ => {}
        }
    }
    for expr in root.exprs.iter() {
        match file.expr(expr).kind {
            ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } => {
                mentions.insert(file.unparen(x), Mention::Received);
            }
            ExprKind::Selector { x, sel } => {
                mentions.insert(file.unparen(x), Mention::Selected(file.span_text(sel)));
            }
            ExprKind::Binary {
                op: BinaryOp::Eq | BinaryOp::Ne,
                x,
                y,
            } => {
                mentions.insert(file.unparen(x), Mention::Neutral);
                mentions.insert(file.unparen(y), Mention::Neutral);
            }
            ExprKind::Call { fun, .. } => {
                let fun = file.unparen(fun);
                mentions.insert(fun, Mention::Neutral);
                let args = file.call(expr).map_or(&[][..], |(_, args)| args);
                let how = match file.ident(fun) {
                    Some("close") => || Mention::Closed,
                    Some("len" | "cap") => || Mention::Neutral,
                    _ => continue,
                };
                for &arg in args {
                    mentions.insert(file.unparen(arg), how());
                }
            }
            _ => {}
        }
    }
    mentions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_facts;

    #[test]
    fn uses_are_told_by_name() {
        with_facts(
            "type s struct { a, b, c, d chan int; t *T }
            func f(s *s) *T {
                s.a = make(chan int)
                s.a <- <-s.b
                for range (s.b) {}
                if s.d != nil { close(s.c) }
                s.t.Stop()
                g(s.d)
                return s.t
            }
            func h() *s { return &s{d: nil} }
            func g(chan int)",
            |facts| {
                let uses = FieldUses::of(facts.body().cx());
                let of = |name| uses.get(name).unwrap();
                assert!(of("a").sent && of("a").assigned && !of("a").escapes && !of("a").closed);
                assert!(of("b").received && of("b").ranged && !of("b").escapes);
                assert!(of("c").closed && !of("c").assigned);
                assert!(of("d").escapes && of("d").assigned && !of("d").received);
                assert!(of("t").selects(&["Close", "Stop"]) && of("t").escapes);
                assert!(uses.get("u").is_none());
            },
        );
    }
}
