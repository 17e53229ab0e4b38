//! Adding an import, and taking one away that is not needed any more.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{DeclKind, ExprId, GenKeyword, Span, SpecId};

use super::Change;
use super::lines::has_tail;
use super::names::is_free_for_import;
use crate::cx::RuleCx;

/// The name under which a package of the standard library is visible, and the edit that makes it so
/// where it is not yet.
pub(crate) fn ensure(cx: &RuleCx<'_>, path: &str) -> Option<(String, Option<Change>)> {
    if let Some(name) = super::names::package(cx, path) {
        return Some((name, None));
    }
    let name = path.rsplit('/').next()?;
    if !is_free_for_import(cx, name) {
        return None;
    }
    Some((name.to_owned(), Some(add(cx, path)?)))
}

/// The edits that have to come with the removal of `used`, the name of a package in a selector: none
/// when the name is used elsewhere too.
pub(crate) fn without(cx: &RuleCx<'_>, used: ExprId) -> Option<Vec<Change>> {
    let file = cx.file();
    let name = file.ident(used)?;
    let mut is_used = false;
    for &decl in file.top_decls() {
        walk(file, Node::Decl(decl), |node| {
            if let Node::Expr(expr) = node {
                is_used |= file
                    .selector(expr)
                    .is_some_and(|(x, _)| x != used && file.ident(x) == Some(name));
            }
            if is_used {
                Descend::Stop
            } else {
                Descend::Into
            }
        });
    }
    if is_used {
        return Some(Vec::new());
    }
    let (decl, specs, spec) = file.top_decls().iter().find_map(|&decl| {
        let decl = file.decl(decl);
        let DeclKind::Gen {
            keyword: GenKeyword::Import,
            specs,
            ..
        } = decl.kind
        else {
            return None;
        };
        let specs: Vec<SpecId> = specs.iter().collect();
        let spec = specs.iter().copied().find(|&spec| {
            file.import_path(spec)
                .is_some_and(|path| path.rsplit('/').next() == Some(name))
        })?;
        Some((decl.span, specs, spec))
    })?;
    let span = match *specs {
        [_] => decl,
        _ => file.spec(spec).span,
    };
    Some(vec![super::lines::remove(
        cx,
        crate::blocks::whole_lines(cx, span)?,
    )?])
}

fn add(cx: &RuleCx<'_>, path: &str) -> Option<Change> {
    let file = cx.file();
    let mut decls = file.top_decls().iter().filter_map(|&decl| {
        let decl = file.decl(decl);
        match decl.kind {
            DeclKind::Gen {
                keyword: GenKeyword::Import,
                parens,
                specs,
            } => Some((decl.span, parens, specs.iter().collect::<Vec<SpecId>>())),
            _ => None,
        }
    });
    let is_c = |specs: &[SpecId]| {
        specs
            .iter()
            .any(|&spec| file.import_path(spec).is_some_and(|path| path == "C"))
    };
    match decls.find(|(_, _, specs)| !is_c(specs)) {
        Some((span, true, specs)) if !specs.is_empty() => {
            into_group(cx, path, &specs).filter(|_| !file.span_text(span).contains(';'))
        }
        Some((span, false, specs)) => {
            let [one] = *specs else { return None };
            // A comment on the line would have to move.
            if has_tail(file, span.start) {
                return None;
            }
            let other = file.import_path(one)?;
            let text = file.span_text(file.spec(one).span);
            let new = format!("\"{path}\"");
            let (first, second) = if path < &*other && !is_foreign(&other) {
                (new.as_str(), text)
            } else if is_foreign(&other) {
                return Some((span, format!("import (\n\t{new}\n\n\t{text}\n)")));
            } else {
                (text, new.as_str())
            };
            Some((span, format!("import (\n\t{first}\n\t{second}\n)")))
        }
        Some(_) => None,
        None => {
            let package = file.package_name_id()?;
            let at = file.name_span(package).end;
            let rest = file.text().get(at as usize..)?;
            rest.starts_with('\n')
                .then(|| (Span::new(at, at), format!("\n\nimport \"{path}\"")))
        }
    }
}

/// Whether an import path is not one of the standard library.
fn is_foreign(path: &str) -> bool {
    path.split('/')
        .next()
        .is_some_and(|first| first.contains('.'))
}

/// Inserts into the run of lines that holds the imports of the standard library, in order.
fn into_group(cx: &RuleCx<'_>, path: &str, specs: &[SpecId]) -> Option<Change> {
    let file = cx.file();
    let text = file.text();
    let mut groups: Vec<Vec<SpecId>> = Vec::new();
    for &spec in specs {
        let start = file.spec(spec).span.start;
        let previous = groups.last().and_then(|group| group.last());
        let joins = previous.is_some_and(|&previous| {
            let between = text
                .get(file.spec(previous).span.end as usize..start as usize)
                .unwrap_or_default();
            between.matches('\n').count() == 1
        });
        match groups.last_mut() {
            Some(group) if joins => group.push(spec),
            _ => groups.push(vec![spec]),
        }
    }
    let of = |spec: SpecId| file.import_path(spec).unwrap_or_default();
    let is_std = |group: &&Vec<SpecId>| group.iter().any(|&spec| !is_foreign(&of(spec)));
    let Some(group) = groups.iter().find(is_std) else {
        // A group of its own before the others.
        let first = file.spec(*specs.first()?).span.start;
        let at = u32::try_from(text.get(..first as usize)?.rfind('\n')? + 1).ok()?;
        return Some((Span::new(at, at), format!("\t\"{path}\"\n\n")));
    };
    let line = |spec: SpecId| -> Option<Span> {
        let span = file.spec(spec).span;
        let start = text.get(..span.start as usize)?.rfind('\n')? + 1;
        let end = span.end as usize + text.get(span.end as usize..)?.find('\n')? + 1;
        Some(Span::new(
            u32::try_from(start).ok()?,
            u32::try_from(end).ok()?,
        ))
    };
    let next = group
        .iter()
        .copied()
        .find(|&spec| path < &*of(spec) && file.spec(spec).span.start > 0);
    let at = match next {
        Some(spec) => line(spec)?.start,
        None => line(*group.last()?)?.end,
    };
    if has_tail(file, at.saturating_sub(1)) && has_tail(file, at) {
        return None;
    }
    Some((Span::new(at, at), format!("\t\"{path}\"\n")))
}
