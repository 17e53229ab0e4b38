//! Dead code before Go 1.22: a pass over the finished tree, which looks at `if` with a constant
//! condition only. What follows a plain `return` stays and counts. (Switches over constants are decided
//! while lowering, as later.)

use crate::tree::Stmt;

/// Removes what the compiler removed.
pub(super) fn remove_dead(list: &mut Vec<Stmt<'_>>) {
    let last_label = list.iter().rposition(|stmt| matches!(stmt, Stmt::Label(_)));
    let mut end = None;
    for (index, stmt) in list.iter_mut().enumerate() {
        let mut cut = false;
        if let Stmt::If {
            then,
            els,
            truth: Some(truth),
        } = stmt
        {
            let live = if *truth {
                els.clear();
                then
            } else {
                then.clear();
                els
            };
            cut = matches!(live.last(), Some(Stmt::Return { .. } | Stmt::Panic))
                && last_label.is_none_or(|last| index > last);
        }
        match stmt {
            Stmt::Block(body) | Stmt::Loop { body, .. } => remove_dead(body),
            Stmt::RangeFunc(range) => remove_dead(&mut range.body),
            Stmt::If { then, els, .. } => {
                remove_dead(then);
                remove_dead(els);
            }
            Stmt::Switch { cases, .. } => {
                cases
                    .iter_mut()
                    .for_each(|case| remove_dead(&mut case.body));
            }
            Stmt::Select(clauses) => clauses.iter_mut().for_each(remove_dead),
            _ => {}
        }
        if cut {
            end = Some(index + 1);
            break;
        }
    }
    if let Some(end) = end {
        list.truncate(end);
    }
}
