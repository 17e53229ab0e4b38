//! Where the channels of fields come from, and which variables and parameters have them.

use go_syntax::{ExprId, ExprKind, File, StmtKind};
use go_types::{LocalId, Object};
use rustc_hash::FxHashSet;

use super::{Key, Made, Served};
use crate::facts::FunctionFacts;
use crate::fields::mentions;

/// A variable that has the channel of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alias {
    body: usize,
    local: LocalId,
    key: Key,
    /// The object, when it is named in the same function.
    object: Option<ExprId>,
}

impl<'a> Served<'_, 'a> {
    /// A field gets a value: by `make` on the spot, or from a variable that has it from there.
    pub(super) fn is_made(
        &mut self,
        index: usize,
        name: &str,
        key: Option<Key>,
        value: ExprId,
        aliases: &mut Vec<Alias>,
    ) {
        let Some(key) = key else {
            self.taint(name);
            return;
        };
        let file = self.program.file(index);
        let mut value = file.unparen(value);
        if let Some(local) = self.variable(index, value)
            && let Some(source) = self.source(index, local)
        {
            value = source;
            aliases.push(Alias {
                body: index,
                local,
                key,
                object: None,
            });
        }
        let root = self.program.declared[index].func;
        let made = match make_of_channel(file, value) {
            Some(room) => {
                let site = self.program.site(index, root, file.expr(value).span);
                Made::Here(site, room)
            }
            // It is taken away.
            None if file.ident(value) == Some("nil") => return,
            None => Made::Elsewhere,
        };
        let made = match (self.made.get(&key), made) {
            (Some(Made::Elsewhere), _) => Made::Elsewhere,
            (Some(&Made::Here(site, room)), Made::Here(_, other)) => {
                Made::Here(site, room.max(other))
            }
            (_, made) => made,
        };
        self.made.insert(key, made);
    }

    fn variable(&self, index: usize, expr: ExprId) -> Option<LocalId> {
        match self.program.body(index).object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        }
    }

    /// The only value that a variable of a function gets.
    fn source(&self, index: usize, local: LocalId) -> Option<ExprId> {
        let body = self.program.body(index);
        let file = body.file();
        if self.program.facts(index).var(local).writes.len() > 1 {
            return None;
        }
        let root = file.func(self.program.declared[index].func);
        root.stmts.iter().find_map(|stmt| {
            let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                return None;
            };
            let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
            let at = lhs
                .iter()
                .position(|&target| body.object(target) == Object::Local(local))?;
            let value = rhs.get(at).filter(|_| lhs.len() == rhs.len())?;
            let value = file.unparen(*value);
            make_of_channel(file, value).map(|_| value)
        })
    }

    /// Where the channels of fields go: to variables, and to functions of the package. All others that
    /// get them may do anything.
    pub(super) fn lends(&mut self, index: usize, aliases: &mut Vec<Alias>) {
        let facts = self.program.facts(index);
        let body = facts.body();
        let file = body.file();
        let root = facts.root();
        let known = mentions(file, root);
        for expr in file.func(root).exprs.iter() {
            let Some((x, name)) = file.selector(expr) else {
                continue;
            };
            if known.contains_key(&expr) || !self.is_candidate(name) {
                continue;
            }
            let Some(key) = self.key(body, body.type_of(x), name) else {
                continue;
            };
            match self.receiver_of(facts, expr) {
                Some((to, local)) => aliases.push(Alias {
                    body: to,
                    local,
                    key,
                    object: (to == index).then_some(x),
                }),
                None => {
                    self.made.insert(key, Made::Elsewhere);
                }
            }
        }
    }

    /// Follows all variables, those that get the channel from them included.
    pub(super) fn follow_all(&mut self, mut aliases: Vec<Alias>) {
        let mut known: FxHashSet<(usize, LocalId, Key)> = FxHashSet::default();
        while let Some(alias) = aliases.pop() {
            if known.insert((alias.body, alias.local, alias.key)) {
                self.follow(alias, &mut aliases);
            }
        }
    }

    /// The variable that gets the value of an expression: by a definition, or as parameter of a
    /// function of the package.
    fn receiver_of(&self, facts: &FunctionFacts<'a>, expr: ExprId) -> Option<(usize, LocalId)> {
        let body = facts.body();
        let file = body.file();
        let index = self.program.index_of(body.file_index(), facts.root())?;
        for stmt in file.func(facts.root()).stmts.iter() {
            let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                continue;
            };
            let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
            let at = rhs.iter().position(|&value| file.unparen(value) == expr);
            if let Some(at) = at {
                let &target = lhs.get(at).filter(|_| lhs.len() == rhs.len())?;
                let local = self.variable(index, target)?;
                return (facts.var(local).writes.len() <= 1).then_some((index, local));
            }
        }
        for site in facts.calls() {
            let Some((_, args)) = file.call(site.call) else {
                continue;
            };
            let Some(at) = args.iter().position(|&arg| file.unparen(arg) == expr) else {
                continue;
            };
            let (to_file, func) = body.declaration(site.call)?;
            let to = self.program.index_of(to_file, func)?;
            let tree = self.program.file(to);
            let names = self.program.body(to).names();
            let mut params = Vec::new();
            for field in tree.fields_of(tree.sig(tree.func(func).sig).params).iter() {
                let field = tree.field(field);
                if field.names.is_empty() {
                    params.push(None);
                }
                params.extend(field.names.iter().map(|name| names.declared(name)));
            }
            return Some((to, params.get(at).copied().flatten()?));
        }
        None
    }

    /// What is done to the channel of a field through a variable.
    fn follow(&mut self, alias: Alias, aliases: &mut Vec<Alias>) {
        let facts = self.program.facts(alias.body);
        let body = facts.body();
        let file = body.file();
        for op in facts.channel_ops() {
            let channel = file.unparen(op.channel);
            if body.object(channel) == Object::Local(alias.local) {
                self.push(alias.body, alias.key, alias.object, &op);
            }
        }
        let known = mentions(file, facts.root());
        let of_fields = self.values_of_fields(file, facts);
        let uses = body.names().uses(alias.local);
        // One channel in two fields.
        let stored = uses.iter().filter(|site| of_fields.contains(&site.expr));
        if stored.count() > 1 {
            self.made.insert(alias.key, Made::Elsewhere);
        }
        for site in uses {
            if known.contains_key(&site.expr)
                || of_fields.contains(&site.expr)
                || body.names().is_definition(site.expr)
            {
                continue;
            }
            match self.receiver_of(facts, site.expr) {
                Some((body, local)) => aliases.push(Alias {
                    body,
                    local,
                    object: alias.object.filter(|_| body == alias.body),
                    ..alias
                }),
                None => {
                    self.made.insert(alias.key, Made::Elsewhere);
                }
            }
        }
    }

    /// The values that fields are given in a function, by composite literals and assignments: those
    /// are fields of their own, see [`Self::is_made`].
    fn values_of_fields(&self, file: &File, facts: &FunctionFacts<'a>) -> FxHashSet<ExprId> {
        let node = file.func(facts.root());
        let mut found = FxHashSet::default();
        for expr in node.exprs.iter() {
            if let ExprKind::KeyValue { key, value } = file.expr(expr).kind
                && file.ident(key).is_some_and(|name| self.is_candidate(name))
            {
                found.insert(file.unparen(value));
            }
        }
        for stmt in node.stmts.iter() {
            if let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind {
                for (&target, &value) in file.exprs(lhs).iter().zip(file.exprs(rhs)) {
                    if file
                        .selector(file.unparen(target))
                        .is_some_and(|(_, name)| self.is_candidate(name))
                    {
                        found.insert(file.unparen(value));
                    }
                }
            }
        }
        found
    }
}

/// The room of a channel that an expression makes, 2 for all that is more or not known.
fn make_of_channel(file: &File, value: ExprId) -> Option<usize> {
    let (fun, args) = file.call(value)?;
    let is_chan = file.ident(fun) == Some("make")
        && args
            .first()
            .is_some_and(|&ty| matches!(file.expr(ty).kind, ExprKind::ChanType { .. }));
    is_chan.then(|| match args.get(1).map(|&size| file.expr_text(size)) {
        None | Some("0") => 0,
        Some("1") => 1,
        Some(_) => 2,
    })
}
