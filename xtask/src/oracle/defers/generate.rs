//! Programs that walk around every condition for the classes of defers.
//!
//! They are only ever compiled, so loops need not end. Every program is one file of one package, whose
//! declarations in `prelude` the others share.

use std::fmt::Write;

/// What the functions of all files use.
pub(super) const PRELUDE: &str = r#"package p

import "runtime"

const (
	on   = true
	off  = false
	five = 5
	name = "linux"
)

type T struct {
	p *int
	n int
}

type I interface{ M(*int) }

var (
	global *int
	stored func()
	iface  I
	any1   any
)

func (t *T) Use(x int)  { t.n += x }
func (t *T) Keep()      { kept = t }
func (t *T) Only(p *int) { *p = t.n }
func (t T) Value() int  { return t.n }

var kept *T

func g()                 {}
func h(n int)            {}
func cond() bool         { return global == nil }
func keep(p *int)        { global = p }
func only(p *int)        { *p = 1 }
func back(p *int) *int   { return p }
func twice(p *int)       { only(p); only(back(p)) }
func deep(p *int)        { q := p; s := T{p: q}; keep(s.p) }
func keepE(p *error)     { errp = p }
func onlyE(p *error)     { *p = nil }
func run(f func())       { f() }
func keepF(f func())     { stored = f }
func runLater(f func())  { defer f() }

var errp *error

var _ = runtime.GOOS

func again(n int) int {
again:
	if n > 0 {
		n--
		goto again
	}
	return n
}

//go:noinline
func looped(n int) {
again:
	if n > 0 {
		n--
		goto again
	}
}
"#;

/// What is used only where there are loops over functions.
pub(super) const RANGE_PRELUDE: &str = r#"package p

func mk(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func keeping(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		hidden = yield
	}
}

func direct(yield func(int) bool) { _ = yield(1) && yield(2) }

func (t *T) Each(yield func(int) bool) { yield(t.n) }

var hidden func(int) bool
"#;

/// Numbers that look random.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        let index = self.below(from.len() as u64);
        from.get(usize::try_from(index).unwrap_or(0))
            .copied()
            .unwrap_or_default()
    }
}

/// A file with `functions` functions; `range_func` when loops may range over functions (and
/// integers).
pub(super) fn file(seed: u64, functions: u32, range_func: bool) -> String {
    let mut random = Random::new(seed);
    let mut text = "package p\n\nimport \"runtime\"\n\nvar _ = runtime.GOARCH\n".to_owned();
    for index in 0..functions {
        let mut function = Function {
            random: &mut random,
            text: String::new(),
            labels: 0,
            around: Vec::new(),
            results: Results::None,
            range_func,
            budget: 0,
            literal: 0,
        };
        function.write(&format!("F{seed}x{index}"));
        text.push_str(&function.text);
    }
    text
}

/// Every combination of so many defers and returns.
pub(super) fn grid() -> String {
    let mut text = "package p\n".to_owned();
    for defers in 1..=12 {
        for returns in 0..=12 {
            let _ = write!(text, "\nfunc G{defers}x{returns}(c bool) {{\n");
            for at in 0..defers.max(returns) {
                if at < defers {
                    text.push_str("\tdefer g()\n");
                }
                if at < returns {
                    text.push_str("\tif c {\n\t\treturn\n\t}\n");
                }
            }
            text.push_str("}\n");
        }
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Results {
    None,
    Named,
    Int,
    NamedStruct,
}

/// What a `break` or `continue` may mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Loop(Option<u32>),
    Choice,
}

struct Function<'r> {
    random: &'r mut Random,
    text: String,
    labels: u32,
    around: Vec<Around>,
    results: Results,
    range_func: bool,
    /// Statements that are still to be written.
    budget: i32,
    /// How many literals deep.
    literal: u32,
}

impl Function<'_> {
    fn write(&mut self, name: &str) {
        self.results = match self.random.below(6) {
            0 | 1 => Results::None,
            2 => Results::Int,
            3 => Results::NamedStruct,
            _ => Results::Named,
        };
        let results = match self.results {
            Results::None => "",
            Results::Named => " (r int, err error)",
            Results::Int => " int",
            Results::NamedStruct => " (t T)",
        };
        let params = if self.range_func {
            "c bool, n int, s []int, ch chan int, o *T, seq func(func(int) bool)"
        } else {
            "c bool, n int, s []int, ch chan int, o *T"
        };
        let tparams = self.random.one_in(10);
        let generic = if tparams { "[P any]" } else { "" };
        let _ = write!(self.text, "\nfunc {name}{generic}({params}){results} {{\n");
        self.budget = 4 + i32::try_from(self.random.below(24)).unwrap_or(0);
        self.block(0);
        self.final_return();
        self.text.push_str("}\n");
        if tparams && self.random.one_in(2) {
            let _ = write!(self.text, "\nvar _ = {name}[int]\n");
        }
    }

    fn final_return(&mut self) {
        match self.results {
            Results::None => {}
            Results::Int => self.line("return 0"),
            Results::Named | Results::NamedStruct => self.line("return"),
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn block(&mut self, depth: u32) {
        let mut count = 1 + self.random.below(5);
        // A block may repeat itself with goto.
        let label = self.random.one_in(9).then(|| self.new_label());
        let forward = self.random.one_in(2);
        if let Some(label) = label {
            if forward {
                let _ = writeln!(self.text, "if c {{\ngoto L{label}\n}}");
            } else {
                let _ = writeln!(self.text, "L{label}:");
            }
        }
        while count > 0 {
            count -= 1;
            self.statement(depth);
        }
        if let Some(label) = label {
            if forward {
                let _ = writeln!(self.text, "L{label}:");
            } else if self.random.one_in(3) {
                let _ = writeln!(self.text, "goto L{label}");
            } else {
                let _ = writeln!(self.text, "if n > 1 {{\ngoto L{label}\n}}");
            }
            self.statement(depth);
        }
    }

    fn new_label(&mut self) -> u32 {
        self.labels += 1;
        self.labels
    }

    fn statement(&mut self, depth: u32) {
        self.budget -= 1;
        let simple = self.budget < 0 || depth > 4;
        match self.random.below(if simple { 9 } else { 20 }) {
            0..=3 => self.defer(depth),
            4 | 5 => {
                self.line("if n > 3 {");
                self.exit();
                self.line("}");
            }
            6 => {
                let line =
                    self.random
                        .pick(&["h(n)", "n++", "ch <- n", "go g()", "h(<-ch)", "looped(n)"]);
                self.line(line);
            }
            7 if self.random.one_in(4) => self.exit(),
            7 | 8 => self.address(),
            9..=11 => self.if_stmt(depth),
            12..=14 => self.loop_stmt(depth),
            15 => self.switch(depth),
            16 => self.table(),
            17 => {
                self.line("{");
                self.block(depth + 1);
                self.line("}");
            }
            18 => self.select(depth),
            _ => self.literal(depth),
        }
    }

    fn defer(&mut self, depth: u32) {
        if self.random.one_in(4) && depth < 4 {
            self.text.push_str("defer ");
            self.literal_body(depth);
            self.line("()");
        } else {
            let line = self.random.pick(&[
                "defer g()",
                "defer h(n)",
                "defer o.Use(n)",
                "defer recover()",
                "defer func() { recover() }()",
                "defer close(ch)",
            ]);
            self.line(line);
        }
    }

    /// Leaves the function, the loop or the block.
    fn exit(&mut self) {
        let own: Vec<Around> = self.around.clone();
        let in_loop = own.iter().any(|around| matches!(around, Around::Loop(_)));
        match self.random.below(8) {
            0 if !own.is_empty() => self.line("break"),
            1 if in_loop => self.line("continue"),
            2 if in_loop => {
                let labelled = own.iter().find_map(|around| match around {
                    Around::Loop(Some(label)) => Some(*label),
                    _ => None,
                });
                match labelled {
                    Some(label) if self.random.one_in(2) => {
                        let _ = writeln!(self.text, "continue L{label}");
                    }
                    Some(label) => {
                        let _ = writeln!(self.text, "break L{label}");
                    }
                    None => self.line("continue"),
                }
            }
            3 => self.line("panic(n)"),
            _ => self.return_stmt(),
        }
    }

    fn return_stmt(&mut self) {
        let line = match self.results {
            Results::None => "return",
            Results::Int => self.random.pick(&["return 1", "return n", "return five"]),
            Results::Named => self
                .random
                .pick(&["return", "return 1, nil", "return n, err"]),
            Results::NamedStruct => self.random.pick(&["return", "return T{}", "return *o"]),
        };
        self.line(line);
    }

    /// Does something with the address of a result.
    fn address(&mut self) {
        let often = self.random.one_in(3);
        let line = match self.results {
            Results::Named if often => self.random.pick(&[
                "keep(&r)",
                "only(&r)",
                "twice(&r)",
                "deep(&r)",
                "global = &r",
                "iface.M(&r)",
                "o.Only(&r)",
                "onlyE(&err)",
                "keepE(&err)",
                "{ p := &r; only(p) }",
                "{ p := &r; keep(p) }",
                "{ p := &err; *p = nil }",
                "stored = func() { r = 1 }",
                "stored = func() { h(r) }",
                "run(func() { r = 2 })",
                "keepF(func() { err = nil })",
                "runLater(func() { err = nil })",
                "func() { r = 3 }()",
                "{ f := func() { r = 4 }; f() }",
                "{ f := func() { r = 4 }; stored = f }",
                "any1 = &r",
                "go func() { r = 5 }()",
                "defer func() { only(&r) }()",
                "defer func() { keep(&r) }()",
                "defer only(&r)",
                "defer keep(&r)",
            ]),
            Results::NamedStruct if often => self.random.pick(&[
                "t.Use(1)",
                "t.Keep()",
                "h(t.Value())",
                "only(&t.n)",
                "keep(&t.n)",
                "keep(t.p)",
                "defer t.Use(2)",
                "defer t.Keep()",
                "{ u := &t; u.n = 1 }",
            ]),
            _ => "n--",
        };
        self.line(line);
    }

    fn if_stmt(&mut self, depth: u32) {
        let condition = self.random.pick(&[
            "c",
            "n > 2",
            "cond()",
            "false",
            "true",
            "off",
            "on",
            "c && off",
            "off && c",
            "on || c",
            "c || on",
            "!on",
            "!off && c",
            "!(c && off)",
            "!(off && c)",
            "five > 4",
            "five != 5",
            "(off)",
            "runtime.GOOS == \"windows\"",
            "runtime.GOARCH != \"mips\"",
            "len(name) == 5",
            "name < \"a\"",
            "c == off",
        ]);
        let _ = writeln!(self.text, "if {condition} {{");
        self.inner(depth);
        match self.random.below(4) {
            0 => {
                self.line("} else {");
                self.inner(depth);
            }
            1 => {
                self.line("} else if n > 7 {");
                self.inner(depth);
            }
            _ => {}
        }
        self.line("}");
    }

    /// A block, which may end by leaving.
    fn inner(&mut self, depth: u32) {
        if self.random.one_in(4) {
            self.exit();
            return;
        }
        self.block(depth + 1);
        if self.random.one_in(4) {
            self.exit();
        }
    }

    fn loop_stmt(&mut self, depth: u32) {
        let label = self.random.one_in(4).then(|| self.new_label());
        if let Some(label) = label {
            let _ = writeln!(self.text, "L{label}:");
        }
        let over_function = self.range_func && self.random.one_in(2);
        let head = if over_function {
            self.random.pick(&[
                "for range seq",
                "for x := range seq",
                "for n = range seq",
                "for x := range mk(n)",
                "for x := range keeping(n)",
                "for x := range direct",
                "for x := range o.Each",
            ])
        } else if self.range_func && self.random.one_in(6) {
            "for range n"
        } else {
            self.random.pick(&[
                "for",
                "for c",
                "for i := 0; i < n; i++",
                "for false",
                "for off && c",
                "for c && off",
                "for range s",
                "for x := range s",
                "for x := range ch",
            ])
        };
        let _ = writeln!(self.text, "{head} {{");
        if head.contains("x :=") {
            self.line("_ = x");
        }
        self.around.push(Around::Loop(label));
        if let Some(label) = label {
            let word = self.random.pick(&["continue", "break"]);
            let _ = writeln!(self.text, "if c {{\n{word} L{label}\n}}");
        }
        self.inner(depth);
        self.around.pop();
        self.line("}");
    }

    fn switch(&mut self, depth: u32) {
        let (tag, cases): (&str, [&str; 3]) = match self.random.below(6) {
            0 => ("five", ["4", "five", "6"]),
            1 => ("name", ["\"windows\"", "\"linux\"", "\"\""]),
            2 => ("", ["c", "n > 1", "off"]),
            3 => ("", ["off", "five == 5", "c"]),
            4 => ("any(n).(type)", ["int", "string", "T"]),
            _ => ("n", ["1", "2, 3", "five"]),
        };
        let _ = writeln!(self.text, "switch {tag} {{");
        self.around.push(Around::Choice);
        let with_default = self.random.one_in(2);
        let type_switch = tag.ends_with("(type)");
        for (index, case) in cases.iter().enumerate() {
            let _ = writeln!(self.text, "case {case}:");
            self.inner(depth);
            if !type_switch && index < 2 && self.random.one_in(10) {
                self.line("fallthrough");
            }
        }
        if with_default {
            self.line("default:");
            self.inner(depth);
        }
        self.around.pop();
        self.line("}");
    }

    /// A switch that mostly returns constants.
    fn table(&mut self) {
        if self.results != Results::Int {
            self.return_stmt();
            return;
        }
        let tag = self.random.pick(&["n", "len(s)", "uint8(n)", "int64(n)"]);
        let _ = writeln!(self.text, "switch {tag} {{");
        let step = if self.random.one_in(4) { 3 } else { 1 };
        let cases = 2 + self.random.below(9);
        for case in 0..cases {
            let _ = writeln!(self.text, "case {}:", case * step);
            match self.random.below(8) {
                0 => self.line("return n"),
                1 => self.line("h(n)"),
                2 if case + 1 < cases => self.line("fallthrough"),
                3 => self.line("return five"),
                _ => {
                    let _ = writeln!(self.text, "return {}", case * 7);
                }
            }
        }
        if self.random.one_in(2) {
            self.line("default:\nreturn -1");
        }
        self.line("}");
    }

    fn select(&mut self, depth: u32) {
        self.line("select {");
        self.around.push(Around::Choice);
        self.line("case ch <- n:");
        self.inner(depth);
        if self.random.one_in(2) {
            self.line("case n = <-ch:");
            self.inner(depth);
        }
        if self.random.one_in(2) {
            self.line("default:");
            self.inner(depth);
        }
        self.around.pop();
        self.line("}");
    }

    fn literal(&mut self, depth: u32) {
        match self.random.below(4) {
            0 => {
                self.literal_body(depth);
                self.line("()");
            }
            1 => {
                self.text.push_str("go ");
                self.literal_body(depth);
                self.line("()");
            }
            2 => {
                self.text.push_str("run(");
                self.literal_body(depth);
                self.line(")");
            }
            _ => {
                self.text.push_str("stored = ");
                self.literal_body(depth);
                self.text.push('\n');
            }
        }
    }

    fn literal_body(&mut self, depth: u32) {
        let around = std::mem::take(&mut self.around);
        let results = std::mem::replace(&mut self.results, Results::None);
        self.literal += 1;
        self.line("func() {");
        self.block(depth + 1);
        self.text.push('}');
        self.literal -= 1;
        self.results = results;
        self.around = around;
    }
}
