//! What a rule can ask about the function it looks at, and how it reports.

use std::cell::{OnceCell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::{Applicability, ByteRange, Diagnostic, Edit, Fix, Related, Severity};
use go_flow::{
    CloseError, Ending, FunctionFacts, Inferred, Leaks, LifeEvent, LockContracts, Models,
    TakenLock, Twice,
};
use go_syntax::{ExprId, ExprKind, File, FuncId, Span};
use go_types::Body;

use crate::fixes::lines::is_aligned;
use crate::rule::RuleMeta;

/// The function that rules look at, and everything known of it.
pub struct RuleCx<'a> {
    body: &'a Body<'a>,
    facts: &'a FunctionFacts<'a>,
    path: &'a Arc<PathBuf>,
    paths: &'a [Arc<PathBuf>],
    /// The language version of the file: N of Go 1.N.
    go: u32,
    is_test: bool,
    is_main: bool,
    models: &'a Models,
    contracts: &'a dyn Inferred,
    rules: &'a crate::RuleSet,
    leaks: OnceCell<Leaks>,
    life: OnceCell<Vec<LifeEvent>>,
    taken: OnceCell<Vec<TakenLock>>,
    /// What configuration makes of the severity of the rule that runs.
    severity: Severity,
    found: &'a RefCell<Vec<Diagnostic>>,
}

impl<'a> RuleCx<'a> {
    pub(crate) fn new(
        body: &'a Body<'a>,
        facts: &'a FunctionFacts<'a>,
        input: &crate::FileInput<'a>,
        rules: &'a crate::RuleSet,
        found: &'a RefCell<Vec<Diagnostic>>,
    ) -> Self {
        Self {
            body,
            facts,
            path: input.path,
            paths: input.paths,
            go: input.go,
            is_test: input.is_test,
            is_main: input.is_main,
            models: input.models,
            contracts: input.contracts,
            rules,
            leaks: OnceCell::new(),
            life: OnceCell::new(),
            taken: OnceCell::new(),
            severity: Severity::Warning,
            found,
        }
    }

    /// The same rule, asking about another function of the package. Nothing is to be reported there.
    pub(crate) fn elsewhere<'b>(
        &self,
        body: &'b Body<'b>,
        facts: &'b FunctionFacts<'b>,
    ) -> RuleCx<'b>
    where
        'a: 'b,
    {
        RuleCx {
            body,
            facts,
            leaks: OnceCell::new(),
            life: OnceCell::new(),
            taken: OnceCell::new(),
            ..*self
        }
    }

    pub(crate) fn set_severity(&mut self, severity: Severity) {
        self.severity = severity;
    }

    /// The tree of the file.
    #[inline]
    pub fn file(&self) -> &'a File {
        self.body.file()
    }

    /// The path to report of another file of the package, if it is known.
    pub fn path_of(&self, file: u32) -> Option<&'a Arc<PathBuf>> {
        self.paths.get(file as usize)
    }

    /// Names, types and callees.
    #[inline]
    pub fn body(&self) -> &'a Body<'a> {
        self.body
    }

    /// Control flow, defers, places.
    #[inline]
    pub fn facts(&self) -> &'a FunctionFacts<'a> {
        self.facts
    }

    /// Whether the rule called `name` runs too. Of two rules that have something to say about one
    /// defect, the one that says less leaves it to the other when that runs.
    pub fn runs(&self, name: &str) -> bool {
        self.rules.has(name)
    }

    /// What is known of the functions that the file calls.
    pub fn contracts(&self) -> &'a dyn Inferred {
        self.contracts
    }

    /// What is known of libraries.
    #[inline]
    pub fn models(&self) -> &'a Models {
        self.models
    }

    /// The resources that the function acquires and leaves behind on some path.
    pub fn leaks(&self) -> &Leaks {
        self.leaks
            .get_or_init(|| self.facts.leaks(self.models, self.contracts))
    }

    /// What goes wrong when, or after, the resources that the function acquires are released.
    pub fn life(&self) -> &[LifeEvent] {
        self.life.get_or_init(|| {
            self.facts
                .life_events(self.models, self.contracts, &|class| {
                    class.closing.error != CloseError::Never
                        || class.closing.twice != Twice::Ok
                        || matches!(
                            &*class.rule,
                            "file-not-closed"
                                | "body-not-closed"
                                | "rows-not-closed"
                                | "tx-not-finished"
                                | "stmt-not-closed"
                        )
                })
        })
    }

    /// How a call ends, as far as models and contracts of what it calls tell. Rules that ask must
    /// [want contracts](crate::Rule::wants_contracts).
    pub fn contract_end(&self, call: ExprId) -> Ending {
        self.facts.contract_end(call, self.models, self.contracts)
    }

    /// The locks that the function takes, and what becomes of them.
    pub fn taken_locks(&self) -> &[TakenLock] {
        self.taken
            .get_or_init(|| self.facts.taken_locks(&self.lock_contracts()))
    }

    /// What the functions of the package do to locks.
    pub fn lock_contracts(&self) -> std::rc::Rc<LockContracts> {
        LockContracts::of(self.body.cx())
    }

    /// The top-level function.
    #[inline]
    pub fn root(&self) -> FuncId {
        self.body.root()
    }

    /// The top-level function and the literals within it, each after the one it stands in.
    pub fn funcs(&self) -> impl Iterator<Item = FuncId> + 'a {
        let file = self.file();
        let root = self.root();
        let span = file.func(root).span;
        file.all_funcs().filter(move |&id| {
            id == root || span.contains(file.func(id).span) && file.func(id).parent.is_some()
        })
    }

    /// Whether the file is written in Go 1.`minor` or later.
    #[inline]
    pub fn go_at_least(&self, minor: u32) -> bool {
        self.go >= minor
    }

    /// The name of the file, without its ending.
    pub fn file_stem(&self) -> &'a str {
        let stem = self.path.file_stem();
        stem.and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Whether the file is a test.
    #[inline]
    pub fn is_test(&self) -> bool {
        self.is_test
    }

    /// Whether the function is one of those that `go doc` shows: they leave out what a program needs,
    /// for brevity.
    pub fn is_example(&self) -> bool {
        let name = self.file().func(self.root()).name;
        self.is_test && name.is_some_and(|name| self.file().name(name).starts_with("Example"))
    }

    /// Whether the package is `main`.
    #[inline]
    pub fn is_main_package(&self) -> bool {
        self.is_main
    }

    /// How messages call a function of this one: its name, or that it is a literal.
    pub fn func_label(&self, func: FuncId) -> String {
        match self.file().func(func).name {
            Some(name) => format!("`{}`", self.file().name(name)),
            None => "the function literal".to_owned(),
        }
    }

    /// The text of an expression, shortened to fit in a message.
    pub fn snippet(&self, expr: ExprId) -> String {
        snippet(self.file().expr_text(expr))
    }

    /// A call as messages write it: the callee, and `()` or `(…)`.
    pub fn call_snippet(&self, call: ExprId) -> String {
        let file = self.file();
        match file.expr(file.unparen(call)).kind {
            ExprKind::Call { fun, args, .. } => {
                let callee = match file.expr(file.unparen(fun)).kind {
                    ExprKind::FuncLit(_) => "func".to_owned(),
                    _ => self.snippet(fun),
                };
                format!("{callee}{}", if args.is_empty() { "()" } else { "(…)" })
            }
            _ => self.snippet(call),
        }
    }

    /// Starts a finding of the rule `meta` at `span`. It is reported when it goes out of scope, so
    /// it can be added to.
    ///
    /// `message` says what goes wrong when the program runs: one sentence, no full stop.
    pub fn report(&self, meta: &RuleMeta, span: Span, message: impl Into<String>) -> Finding<'_> {
        Finding {
            diagnostic: Some(Diagnostic {
                rule: meta.name,
                category: meta.category,
                severity: self.severity,
                path: Arc::clone(self.path),
                range: range(span),
                function: function_name(self.file(), self.root()),
                message: message.into(),
                help: None,
                related: Vec::new(),
                fix: None,
                fingerprint: String::new(),
                evidence: None,
            }),
            file: self.file(),
            found: self.found,
        }
    }
}

impl std::fmt::Debug for RuleCx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleCx")
            .field("path", self.path)
            .field("root", &self.root())
            .finish_non_exhaustive()
    }
}

/// A finding in the making.
#[derive(Debug)]
pub struct Finding<'a> {
    /// Present until the finding is reported.
    diagnostic: Option<Diagnostic>,
    file: &'a File,
    found: &'a RefCell<Vec<Diagnostic>>,
}

impl Finding<'_> {
    fn change(mut self, change: impl FnOnce(&mut Diagnostic)) -> Self {
        if let Some(diagnostic) = &mut self.diagnostic {
            change(diagnostic);
        }
        self
    }

    /// Says what to write instead: one sentence, no full stop.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.change(|d| d.help = Some(help.into()))
    }

    /// Lowers the severity: for the weaker cases of a rule.
    pub fn at_most(self, severity: Severity) -> Self {
        self.change(|d| d.severity = d.severity.min(severity))
    }

    /// Adds a place of the same file to the story.
    pub fn related(self, span: Span, message: impl Into<String>) -> Self {
        self.change(|d| {
            d.related.push(Related {
                path: None,
                range: range(span),
                message: message.into(),
            });
        })
    }

    /// Adds a place of another file, the path of which is to be reported, to the story.
    pub fn related_in(self, path: Arc<PathBuf>, span: Span, message: impl Into<String>) -> Self {
        self.change(|d| {
            d.related.push(Related {
                path: Some(path),
                range: range(span),
                message: message.into(),
            });
        })
    }

    /// Adds a repair. `edits` replace spans of the same file by texts and do not overlap. One that changes
    /// the length of a line whose comment gofmt has aligned with others is left out: the result would not
    /// be formatted.
    pub fn fix(
        self,
        applicability: Applicability,
        description: impl Into<String>,
        edits: impl IntoIterator<Item = (Span, String)>,
    ) -> Self {
        let edits: Vec<(Span, String)> = edits.into_iter().collect();
        let file = self.file;
        if edits.iter().any(|edit| moves_comments(file, edit)) {
            return self;
        }
        self.change(|d| {
            let edits = edits
                .into_iter()
                .map(|(span, text)| Edit {
                    path: None,
                    range: range(span),
                    text,
                })
                .collect();
            d.fix = Some(Fix {
                applicability,
                description: description.into(),
                edits,
            });
        })
    }
}

impl Drop for Finding<'_> {
    fn drop(&mut self) {
        if let Some(diagnostic) = self.diagnostic.take() {
            self.found.borrow_mut().push(diagnostic);
        }
    }
}

fn moves_comments(file: &File, (span, text): &(Span, String)) -> bool {
    let is_within_a_line = !file.span_text(*span).contains('\n') && !text.contains('\n');
    is_within_a_line && text.len() != span.len() as usize && is_aligned(file, span.start)
}

fn range(span: Span) -> ByteRange {
    ByteRange {
        start: span.start,
        end: span.end,
    }
}

/// A text on one line of at most 40 characters.
fn snippet(text: &str) -> String {
    const MAX: usize = 40;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX {
        return line;
    }
    let mut short: String = line.chars().take(MAX - 1).collect();
    short.push('…');
    short
}

/// `F`, `T.M` or `(*T).M`; empty for literals outside of functions.
#[must_use]
pub fn function_name(file: &File, func: FuncId) -> String {
    let func = file.func(func);
    let Some(name) = func.name.map(|name| file.name(name)) else {
        return String::new();
    };
    let receiver = func.recv.and_then(|list| file.fields_of(list).first());
    let Some(receiver) = receiver else {
        return name.to_owned();
    };
    let mut ty = file.unparen(file.field(receiver).ty);
    let mut pointer = false;
    loop {
        match file.expr(ty).kind {
            ExprKind::Star(x) => {
                pointer = true;
                ty = file.unparen(x);
            }
            ExprKind::Index { x, .. } => ty = file.unparen(x),
            _ => break,
        }
    }
    let base = file.expr_text(ty);
    if pointer {
        format!("(*{base}).{name}")
    } else {
        format!("{base}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions() {
        let text = "package p\nfunc F() {}\nfunc (t T) M() {}\nfunc (*T[P]) N() {}\nfunc (t *(T)) O() {}\n";
        let file = go_syntax::parse(text.into(), go_syntax::Mode::Full);
        let names: Vec<_> = file.all_funcs().map(|f| function_name(&file, f)).collect();
        assert_eq!(names, ["F", "T.M", "(*T).N", "(*T).O"]);
    }

    #[test]
    fn snippets_are_short_and_on_one_line() {
        assert_eq!(snippet("a(\n\tb,\n)"), "a( b, )");
        assert_eq!(snippet(&"x".repeat(60)).chars().count(), 40);
    }
}
