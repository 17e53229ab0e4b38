//! Go programs that say themselves what their defers do.
//!
//! Each program is a function `caseN` without parameters, perhaps with a helper `helpN`. Every deferred
//! call prints `D`, the line of its defer statement and the values that it has; results, panics and
//! ends of the goroutine are printed by `main`. Nothing in a program depends on what Go leaves open:
//! the order in which variables and calls of one expression are evaluated, the order of maps.

use std::fmt::Write as _;

use crate::random::Random;

/// What all programs of a package share.
///
/// The stack of each goroutine is made large at once, and nothing shrinks it: Go 1.27.3 dies of `fatal
/// error: bad recovery` when the stack has moved between a `Goexit` and the recovery of a panic that a
/// call deferred there raises.
const HEAD: &str = r#"package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

//go:noinline
func grow() {
	var room [64 << 10]byte
	fill(room[:])
}

//go:noinline
func fill(room []byte) {
}

var _ = runtime.Goexit

type T struct {
	n int
	s string
}

func (t T) show(id int, k int) {
	fmt.Println("D", id, t.n, t.s, k)
}

func (t *T) bump(id int, k int) {
	t.n += k
	fmt.Println("D", id, t.n, t.s)
}

func note(id int, v int, s string) {
	fmt.Println("D", id, v, s)
}

func tick(v int) int {
	fmt.Println("T", v)
	return v + 1
}

func word(s string) string {
	fmt.Println("T", s)
	return s + "!"
}

func catch(id int) {
	fmt.Println("D", id, recover())
}

func catchAll(id int, r *int) {
	if v := recover(); v != nil {
		*r += 3
		fmt.Println("D", id, "caught", v)
		return
	}
	fmt.Println("D", id, "quiet")
}

func drive(n int, f func()) {
	fmt.Println("case", n)
	done := make(chan bool)
	go func() {
		defer close(done)
		finished := false
		defer func() {
			if v := recover(); v != nil {
				fmt.Println("P", v)
			} else if !finished {
				fmt.Println("G")
			}
		}()
		grow()
		f()
		finished = true
	}()
	<-done
}
"#;

/// A package with programs.
pub(crate) struct Package {
    pub(crate) text: String,
}

/// A function that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) ints: Vec<String>,
    pub(crate) strings: Vec<String>,
    pub(crate) bools: Vec<String>,
    pub(crate) structs: Vec<String>,
    pub(crate) pointers: Vec<String>,
    /// Names of the results: `r0` and so on; empty when they have none.
    pub(crate) named: Vec<String>,
    /// Types of the results.
    pub(crate) results: Vec<&'static str>,
    /// Labels of the loops around, within this function.
    pub(crate) labels: Vec<String>,
    /// Whether a loop is around, within this function.
    pub(crate) in_loop: bool,
    /// How many functions are around.
    pub(crate) depth: usize,
    /// Whether the function runs as a deferred one.
    pub(crate) deferred: bool,
}

/// Writes programs.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut Random,
    pub(crate) lines: Vec<String>,
    pub(crate) indent: usize,
    pub(crate) names: usize,
    /// Statements that may still be written.
    pub(crate) budget: usize,
    pub(crate) helper: Option<String>,
    pub(crate) pending_labels: Vec<(String, bool)>,
}

/// A package with the programs of these seeds.
pub(crate) fn package(seed: u64, count: usize) -> Package {
    let mut text = HEAD.to_owned();
    let mut calls = String::new();
    for number in 0..count {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let first = text.lines().count();
        let mut writer = Writer {
            random: &mut random,
            lines: vec![String::new(); first],
            indent: 0,
            names: 0,
            budget: 0,
            helper: None,
            pending_labels: Vec::new(),
        };
        let results = writer.program(number);
        for line in &writer.lines[first..] {
            text.push_str(line);
            text.push('\n');
        }
        let names: Vec<String> = (0..results).map(|index| format!("r{index}")).collect();
        let call = if names.is_empty() {
            format!("case{number}()\n\t\tfmt.Println(\"R\")")
        } else {
            let all = names.join(", ");
            format!("{all} := case{number}()\n\t\tfmt.Println(\"R\", {all})")
        };
        let _ = writeln!(calls, "\tdrive({number}, func() {{\n\t\t{call}\n\t}})");
    }
    let _ = write!(
        text,
        "\nfunc main() {{\n\tdebug.SetGCPercent(-1)\n{calls}}}\n"
    );
    Package { text }
}

impl Writer<'_> {
    pub(crate) fn line(&mut self, text: &str) {
        let line = format!("{}{text}", "\t".repeat(self.indent));
        self.lines.push(line);
    }

    /// The number of the line that is written next.
    pub(crate) fn here(&self) -> usize {
        self.lines.len() + 1
    }

    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Writes `caseN`; the number of its results.
    pub(crate) fn program(&mut self, number: usize) -> usize {
        self.line("");
        if self.random.chance(40) {
            let name = format!("help{number}");
            self.budget = 10;
            let scope = Scope {
                ints: vec!["a".to_owned()],
                strings: vec!["w".to_owned()],
                depth: 1,
                ..Scope::default()
            };
            self.function(
                &format!("func {name}(a int, w string)"),
                scope,
                Some(vec!["int"]),
            );
            self.helper = Some(name);
            self.line("");
        }
        self.budget = 8 + self.random.below(22);
        self.function(&format!("func case{number}()"), Scope::default(), None)
    }

    /// Writes a function with results; how many it has.
    pub(crate) fn function(
        &mut self,
        head: &str,
        mut scope: Scope,
        results: Option<Vec<&'static str>>,
    ) -> usize {
        let results = results.unwrap_or_else(|| {
            (0..self.random.below(4))
                .map(|_| *self.random.pick(&["int", "string", "bool"]))
                .collect()
        });
        let named = self.random.chance(60);
        scope.results.clone_from(&results);
        let list = if results.is_empty() {
            String::new()
        } else if named {
            let fields: Vec<String> = results
                .iter()
                .enumerate()
                .map(|(index, ty)| {
                    let name = format!("r{index}");
                    scope.named.push(name.clone());
                    match *ty {
                        "int" => scope.ints.push(name.clone()),
                        "string" => scope.strings.push(name.clone()),
                        _ => scope.bools.push(name.clone()),
                    }
                    format!("{name} {ty}")
                })
                .collect();
            format!(" ({})", fields.join(", "))
        } else {
            format!(" ({})", results.join(", "))
        };
        self.line(&format!("{head}{list} {{"));
        self.body(scope);
        self.line("}");
        results.len()
    }

    /// The statements of a function up to its last return.
    pub(crate) fn body(&mut self, mut scope: Scope) {
        self.indent += 1;
        self.variables(&mut scope);
        let count = 3 + self.random.below(6);
        self.statements(&mut scope, count);
        match self.random.below(12) {
            0 => self.panic_now(&scope),
            1 if scope.depth == 0 => self.line("runtime.Goexit()"),
            _ => {}
        }
        self.give_back(&scope);
        self.indent -= 1;
    }

    pub(crate) fn variables(&mut self, scope: &mut Scope) {
        let name = self.name("x");
        let value = self.random.below(9);
        self.line(&format!("{name} := {value}"));
        self.line(&format!("_ = {name}"));
        scope.ints.push(name);
        if self.random.chance(60) {
            let name = self.name("s");
            let text = self.text();
            self.line(&format!("{name} := {text}"));
            self.line(&format!("_ = {name}"));
            scope.strings.push(name);
        }
        if self.random.chance(40) {
            let name = self.name("t");
            let (n, s) = (self.random.below(5), self.text());
            self.line(&format!("{name} := T{{n: {n}, s: {s}}}"));
            self.line(&format!("_ = {name}"));
            scope.structs.push(name);
        }
        if self.random.chance(30) {
            let name = self.name("p");
            let of = self.random.pick(&scope.ints).clone();
            self.line(&format!("{name} := &{of}"));
            self.line(&format!("_ = {name}"));
            scope.pointers.push(name);
        }
    }

    pub(crate) fn text(&mut self) -> String {
        format!("\"{}\"", self.random.pick(&["a", "b", "xy", "", "go"]))
    }

    /// An integer without calls.
    pub(crate) fn int(&mut self, scope: &Scope) -> String {
        let any = |random: &mut Random, scope: &Scope| -> String {
            match random.below(6) {
                0 => random.below(10).to_string(),
                1 if !scope.structs.is_empty() => format!("{}.n", random.pick(&scope.structs)),
                2 if !scope.pointers.is_empty() => format!("*{}", random.pick(&scope.pointers)),
                3 if !scope.strings.is_empty() => format!("len({})", random.pick(&scope.strings)),
                _ if scope.ints.is_empty() => "4".to_owned(),
                _ => random.pick(&scope.ints).clone(),
            }
        };
        let first = any(self.random, scope);
        match self.random.below(5) {
            0 => format!("{first} + {}", any(self.random, scope)),
            1 => format!("{first} - {}", any(self.random, scope)),
            2 => format!("{first} * {}", 1 + self.random.below(4)),
            3 => format!("{first} % {}", 2 + self.random.below(5)),
            _ => first,
        }
    }

    pub(crate) fn string(&mut self, scope: &Scope) -> String {
        if scope.strings.is_empty() || self.random.chance(25) {
            return self.text();
        }
        let first = self.random.pick(&scope.strings).clone();
        if self.random.chance(40) {
            let more = self.text();
            return format!("{first} + {more}");
        }
        first
    }

    pub(crate) fn truth(&mut self, scope: &Scope) -> String {
        let compare = |this: &mut Self| {
            let (a, b) = (this.int(scope), this.int(scope));
            let op = *this.random.pick(&["==", "!=", "<", "<=", ">", ">="]);
            format!("{a} {op} {b}")
        };
        match self.random.below(7) {
            0 if !scope.bools.is_empty() => self.random.pick(&scope.bools).clone(),
            1 if !scope.bools.is_empty() => format!("!{}", self.random.pick(&scope.bools)),
            2 => format!("{} == {}", self.string(scope), self.text()),
            3 => {
                let (a, b) = (compare(self), compare(self));
                let op = *self.random.pick(&["&&", "||"]);
                format!("{a} {op} {b}")
            }
            _ => compare(self),
        }
    }

    pub(crate) fn value(&mut self, scope: &Scope, ty: &str) -> String {
        match ty {
            "int" => self.int(scope),
            "string" => self.string(scope),
            _ => self.truth(scope),
        }
    }

    /// One or two values of whatever type.
    pub(crate) fn values(&mut self, scope: &Scope) -> String {
        let count = 1 + self.random.below(3);
        let values: Vec<String> = (0..count)
            .map(|_| {
                let ty = *self.random.pick(&["int", "int", "string", "bool"]);
                self.value(scope, ty)
            })
            .collect();
        values.join(", ")
    }

    pub(crate) fn give_back(&mut self, scope: &Scope) {
        if scope.results.is_empty() {
            self.line("return");
            return;
        }
        if !scope.named.is_empty() && self.random.chance(35) {
            self.line("return");
            return;
        }
        let results = scope.results.clone();
        let values: Vec<String> = results.iter().map(|ty| self.value(scope, ty)).collect();
        if values.len() == 1 && results[0] == "int" && self.random.chance(30) {
            self.line(&format!("return tick({})", values[0]));
            return;
        }
        self.line(&format!("return {}", values.join(", ")));
    }

    pub(crate) fn panic_now(&mut self, scope: &Scope) {
        match self.random.below(8) {
            0 => {
                let zero = self.name("z");
                self.line(&format!("{zero} := 0"));
                let value = self.int(scope);
                self.line(&format!("fmt.Println(\"T\", ({value}) / {zero})"));
            }
            1 => {
                let (list, at) = (self.name("l"), self.name("z"));
                let index = 3 + self.random.below(4);
                self.line(&format!("{list}, {at} := []int{{1, 2, 3}}, {index}"));
                self.line(&format!("fmt.Println(\"T\", {list}[{at}])"));
            }
            2 => {
                let name = self.name("m");
                self.line(&format!("var {name} map[string]int"));
                self.line(&format!("{name}[\"k\"] = 1"));
            }
            3 => {
                let name = self.name("q");
                self.line(&format!("var {name} *int"));
                self.line(&format!("*{name} = 1"));
            }
            4 | 5 => {
                let value = self.int(scope);
                self.line(&format!("panic({value})"));
            }
            _ => {
                let value = self.string(scope);
                self.line(&format!("panic({value})"));
            }
        }
    }

    pub(crate) fn statements(&mut self, scope: &mut Scope, count: usize) {
        for _ in 0..count {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(scope);
        }
    }

    /// A block of its own: what is declared there ends with it.
    pub(crate) fn block(&mut self, scope: &Scope, count: usize) {
        let mut inner = scope.clone();
        self.indent += 1;
        self.statements(&mut inner, count);
        self.indent -= 1;
    }

    pub(crate) fn statement(&mut self, scope: &mut Scope) {
        match self.random.below(30) {
            0..=3 => self.assignment(scope),
            4..=13 => self.deferred(scope),
            14..=16 => self.condition(scope),
            17..=19 => self.repetition(scope),
            20 | 21 => self.literal(scope),
            22 => self.choice(scope),
            23 => {
                let cond = self.truth(scope);
                self.line(&format!("if {cond} {{"));
                self.indent += 1;
                self.panic_now(scope);
                self.indent -= 1;
                self.line("}");
            }
            24 => {
                let cond = self.truth(scope);
                self.line(&format!("if {cond} {{"));
                self.indent += 1;
                self.give_back(scope);
                self.indent -= 1;
                self.line("}");
            }
            25 if scope.depth < 2 => self.goroutine(scope),
            26 => self.helped(scope),
            27 => {
                let cond = self.truth(scope);
                let inner = self.int(scope);
                self.line(&format!("if {cond} && {inner} > 6 {{"));
                self.indent += 1;
                self.line("runtime.Goexit()");
                self.indent -= 1;
                self.line("}");
            }
            28 => self.method_value(scope),
            _ => {
                let name = self.name("b");
                let value = self.truth(scope);
                self.line(&format!("{name} := {value}"));
                self.line(&format!("_ = {name}"));
                scope.bools.push(name);
            }
        }
    }

    pub(crate) fn assignment(&mut self, scope: &mut Scope) {
        match self.random.below(8) {
            0 => {
                let name = self.name("x");
                let value = self.int(scope);
                self.line(&format!("{name} := {value}"));
                self.line(&format!("_ = {name}"));
                scope.ints.push(name);
            }
            1 if !scope.strings.is_empty() => {
                let name = self.random.pick(&scope.strings).clone();
                let value = self.string(scope);
                self.line(&format!("{name} = {value}"));
            }
            2 if !scope.structs.is_empty() => {
                let name = self.random.pick(&scope.structs).clone();
                let value = self.int(scope);
                self.line(&format!("{name}.n = {value}"));
            }
            3 if !scope.pointers.is_empty() => {
                let name = self.random.pick(&scope.pointers).clone();
                let more = 1 + self.random.below(3);
                self.line(&format!("*{name} += {more}"));
            }
            4 if scope.ints.len() > 1 => {
                let a = self.random.pick(&scope.ints).clone();
                let b = self.random.pick(&scope.ints).clone();
                if a != b {
                    self.line(&format!("{a}, {b} = {b}, {a}"));
                }
            }
            5 if !scope.ints.is_empty() => {
                let name = self.random.pick(&scope.ints).clone();
                let value = self.int(scope);
                self.line(&format!("{name} = tick({value})"));
            }
            6 if !scope.ints.is_empty() => {
                let name = self.random.pick(&scope.ints).clone();
                self.line(&format!("{name}++"));
            }
            _ if !scope.ints.is_empty() => {
                let name = self.random.pick(&scope.ints).clone();
                let value = self.int(scope);
                let op = *self.random.pick(&["=", "+=", "-="]);
                self.line(&format!("{name} {op} {value}"));
            }
            _ => {}
        }
    }

    pub(crate) fn condition(&mut self, scope: &Scope) {
        let cond = self.truth(scope);
        self.line(&format!("if {cond} {{"));
        let count = 1 + self.random.below(3);
        self.block(scope, count);
        if self.random.chance(20) && scope.in_loop {
            self.indent += 1;
            self.leave_round(scope);
            self.indent -= 1;
        }
        if self.random.chance(50) {
            self.line("} else {");
            let count = 1 + self.random.below(2);
            self.block(scope, count);
        }
        self.line("}");
    }

    pub(crate) fn leave_round(&mut self, scope: &Scope) {
        let word = *self.random.pick(&["break", "continue"]);
        if !scope.labels.is_empty() && self.random.chance(40) {
            let label = self.random.pick(&scope.labels).clone();
            if let Some((_, used)) = self
                .pending_labels
                .iter_mut()
                .find(|(name, _)| *name == label)
            {
                *used = true;
            }
            self.line(&format!("{word} {label}"));
        } else {
            self.line(word);
        }
    }

    pub(crate) fn repetition(&mut self, scope: &Scope) {
        let mut inner = scope.clone();
        inner.in_loop = true;
        let label = self.name("loop");
        self.pending_labels.push((label.clone(), false));
        inner.labels.push(label.clone());
        let place = self.lines.len();
        let at = self.name("i");
        let rounds = 1 + self.random.below(3);
        match self.random.below(5) {
            0 | 1 => {
                self.line(&format!("for {at} := 0; {at} < {rounds}; {at}++ {{"));
                // The variable is not assigned to elsewhere, or the loop might not end.
                let shown = self.name("x");
                self.indent += 1;
                self.line(&format!("{shown} := {at}"));
                self.line(&format!("_ = {shown}"));
                let id = self.here();
                if self.random.chance(50) {
                    self.line(&format!(
                        "defer func() {{ fmt.Println(\"D\", {id}, {at}, {shown}) }}()"
                    ));
                }
                self.indent -= 1;
                inner.ints.push(shown);
            }
            2 => {
                self.line(&format!("for {at} := range {rounds} {{"));
                inner.ints.push(at.clone());
                self.indent += 1;
                self.line(&format!("_ = {at}"));
                self.indent -= 1;
            }
            3 => {
                let value = self.name("v");
                self.line(&format!("for {at}, {value} := range []int{{4, 1, 7}} {{"));
                self.indent += 1;
                self.line(&format!("_, _ = {at}, {value}"));
                self.indent -= 1;
                inner.ints.push(at);
                inner.ints.push(value);
            }
            _ => {
                let value = self.name("v");
                self.line(&format!("for {at}, {value} := range \"hi\" {{"));
                self.indent += 1;
                self.line(&format!("_, _ = {at}, {value}"));
                self.indent -= 1;
                inner.ints.push(at);
            }
        }
        let count = 1 + self.random.below(3);
        self.block(&inner, count);
        self.line("}");
        if let Some((name, true)) = self.pending_labels.pop() {
            // Before the loop, on its own line, so that no line number changes.
            let indent = "\t".repeat(self.indent);
            let head = self.lines[place].trim_start().to_owned();
            self.lines[place] = format!("{indent}{name}: {head}");
        }
    }

    pub(crate) fn choice(&mut self, scope: &Scope) {
        let mut inner = scope.clone();
        // `break` would leave the switch, which is fine, but is not what it is for here.
        inner.in_loop = false;
        if self.random.chance(50) {
            let tag = self.int(scope);
            self.line(&format!("switch {tag} {{"));
            for case in 0..2 {
                self.line(&format!("case {}, {}:", case * 2, case * 2 + 1));
                self.block(&inner, 1);
                if case == 0 && self.random.chance(20) {
                    self.indent += 1;
                    self.line("fallthrough");
                    self.indent -= 1;
                }
            }
        } else {
            self.line("switch {");
            for _ in 0..2 {
                let cond = self.truth(scope);
                self.line(&format!("case {cond}:"));
                self.block(&inner, 1);
            }
        }
        self.line("default:");
        self.block(&inner, 1);
        self.line("}");
    }

    /// A scope for a literal in a function: it sees everything, and has results of its own.
    pub(crate) fn within(scope: &Scope, results: &[&'static str]) -> Scope {
        Scope {
            named: Vec::new(),
            results: results.to_vec(),
            labels: Vec::new(),
            in_loop: false,
            depth: scope.depth + 1,
            ..scope.clone()
        }
    }

    pub(crate) fn literal(&mut self, scope: &Scope) {
        if scope.depth > 2 {
            return;
        }
        if scope.ints.is_empty() || self.random.chance(40) {
            self.line("func() {");
            let inner = Self::within(scope, &[]);
            self.small_body(inner);
            self.line("}()");
            return;
        }
        let name = self.random.pick(&scope.ints).clone();
        let mut inner = Self::within(scope, &["int"]);
        if self.random.chance(60) {
            let result = self.name("q");
            self.line(&format!("{name} = func() ({result} int) {{"));
            inner.named.push(result.clone());
            inner.ints.push(result);
        } else {
            self.line(&format!("{name} = func() int {{"));
        }
        self.small_body(inner);
        self.line("}()");
    }

    pub(crate) fn small_body(&mut self, mut scope: Scope) {
        self.indent += 1;
        let count = 1 + self.random.below(4);
        self.statements(&mut scope, count);
        if self.random.chance(8) {
            self.panic_now(&scope);
        }
        self.give_back(&scope);
        self.indent -= 1;
    }

    pub(crate) fn goroutine(&mut self, scope: &Scope) {
        let done = self.name("done");
        self.line(&format!("{done} := make(chan int)"));
        self.line("go func() {");
        self.indent += 1;
        self.line("grow()");
        self.line(&format!("defer close({done})"));
        let id = self.here();
        self.line(&format!("defer catch({id})"));
        self.indent -= 1;
        let inner = Self::within(scope, &[]);
        let mut inner = inner;
        self.indent += 1;
        let count = 1 + self.random.below(2);
        self.statements(&mut inner, count);
        match self.random.below(3) {
            0 => self.line("runtime.Goexit()"),
            1 => self.panic_now(&inner),
            _ => {}
        }
        self.indent -= 1;
        self.line("}()");
        self.line(&format!("<-{done}"));
    }

    pub(crate) fn helped(&mut self, scope: &Scope) {
        let Some(helper) = self.helper.clone() else {
            return;
        };
        if scope.ints.is_empty() {
            return;
        }
        let name = self.random.pick(&scope.ints).clone();
        let (a, b) = (self.int(scope), self.string(scope));
        self.line(&format!("{name} = {helper}({a}, {b})"));
    }
}
