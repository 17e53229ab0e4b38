//! `scanner-err-unchecked`.

use go_flow::Value;
use go_syntax::FuncId;
use go_types::{Callee, LocalId, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::iterate::{can_tell, may_iterate, repair, unasked};
use crate::rule::{Rule, declare_rule};
use crate::sink::{Backing, backing};

declare_rule! {
    /// Finds scanner loops after which nobody asks whether reading failed.
    ///
    /// ## What it does
    /// Reports `for s.Scan()` over a `bufio.Scanner` (and iterators of some databases likewise) when a
    /// path leads from the end of the loop to a return without an error, and `s.Err()` is asked
    /// nowhere on it.
    ///
    /// It is silent when the function has no error to return or returns another one then, for scanners over strings and other
    /// memory, over standard input and over files of the system (`/proc`, `/sys`, `/etc`), and when
    /// the scanner goes elsewhere, where somebody may ask.
    ///
    /// ## Why it is bad
    /// `Scan` returns false at the end of the input, on a read error, and when a line is longer than
    /// 64 KiB (`bufio.MaxScanTokenSize`). Only `Err` tells these apart. Without it the rest of the
    /// input is dropped silently.
    ///
    /// ## Example
    /// ```go
    /// func count(path string) (int, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer f.Close()
    /// 	lines := 0
    /// 	s := bufio.NewScanner(f)
    /// 	for s.Scan() {
    /// 		lines++
    /// 	}
    /// 	return lines, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func count(path string) (int, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer f.Close()
    /// 	lines := 0
    /// 	s := bufio.NewScanner(f)
    /// 	for s.Scan() {
    /// 		lines++
    /// 	}
    /// 	return lines, s.Err()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the input is known to have short lines and not to fail.
    ///
    /// ## Fix safety
    /// The fix asks for the error behind the loop and returns it, with the zero values of the other
    /// results. This is safe: nothing changes unless there is an error.
    pub ScannerErrUnchecked {
        name: "scanner-err-unchecked",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for ScannerErrUnchecked {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_iterate(package, func, input, Self::META.name)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let by_name = |local: LocalId, name: &str| {
            (name == "Scan" && source(cx, local).is_some()).then(|| "Err".to_owned())
        };
        for loop_ in unasked(cx, Self::META.name, false, &by_name) {
            if !can_tell(cx, &loop_) {
                continue;
            }
            if let Some(reader) = source(cx, loop_.local)
                && backing(cx, reader) != Backing::Other
            {
                continue;
            }
            let scanner = cx.snippet(loop_.operand);
            let method = &loop_.method;
            let message = format!(
                "`{}` also returns false when reading fails, and `{scanner}.{method}()` is not asked then, so the rest of the input is dropped silently",
                cx.snippet(loop_.call)
            );
            cx.report(&Self::META, cx.file().expr(loop_.call).span, message)
                .help(format!("look at `{scanner}.{method}()` after the loop"))
                .repair(repair(cx, &loop_));
        }
    }
}

/// The reader that a `bufio.Scanner` was made over.
fn source(cx: &RuleCx<'_>, local: LocalId) -> Option<go_syntax::ExprId> {
    let file = cx.file();
    let mut reader = None;
    for write in &cx.facts().var(local).writes {
        let Value::Expr(expr) = write.value else {
            continue;
        };
        let expr = file.unparen(expr);
        match cx.facts().callee(expr) {
            Callee::Func {
                package: "bufio",
                name: "NewScanner",
                ..
            } => reader = file.call(expr)?.1.first().copied(),
            _ => return None,
        }
    }
    reader
}
