//! The defer statements of generated programs.

use crate::generate::{Scope, Writer};

impl Writer<'_> {
    pub(crate) fn method_value(&mut self, scope: &Scope) {
        let Some(of) = scope.structs.first().cloned() else {
            return;
        };
        let name = self.name("f");
        let method = *self.random.pick(&["show", "bump"]);
        self.line(&format!("{name} := {of}.{method}"));
        if self.random.chance(50) {
            self.line(&format!("{of}.n += 10"));
        }
        let id = self.here();
        let value = self.int(scope);
        self.line(&format!("defer {name}({id}, {value})"));
    }

    /// A defer statement.
    pub(crate) fn deferred(&mut self, scope: &Scope) {
        let id = self.here();
        match self.random.below(20) {
            0..=2 => {
                let values = self.values(scope);
                self.line(&format!("defer fmt.Println(\"D\", {id}, {values})"));
            }
            3 => {
                let (a, b) = (self.int(scope), self.string(scope));
                self.line(&format!("defer note({id}, tick({a}), word({b}))"));
            }
            4 if !scope.structs.is_empty() => {
                let of = self.random.pick(&scope.structs).clone();
                let method = *self.random.pick(&["show", "bump"]);
                let value = self.int(scope);
                self.line(&format!("defer {of}.{method}({id}, {value})"));
            }
            5 => self.line(&format!("defer catch({id})")),
            6 if !scope.ints.is_empty() => {
                let name = self.random.pick(&scope.ints).clone();
                self.line(&format!("defer catchAll({id}, &{name})"));
            }
            7 => self.line(&format!("defer func() {{ catch({id}) }}()")),
            8 => self.line("defer recover()"),
            9 => {
                self.line(&format!(
                    "defer func() {{ fmt.Println(\"D\", {id}, recover()) }}()"
                ));
            }
            10 => self.line(&format!(
                "defer func() {{ func() {{ fmt.Println(\"D\", {id}, recover()) }}() }}()"
            )),
            11 => self.recovering(scope, id),
            12 => self.sorting(scope, id),
            13 if self.random.chance(30) => {
                let name = self.name("f");
                self.line(&format!("var {name} func()"));
                self.line(&format!("defer {name}()"));
            }
            14 | 15 => {
                let (a, b) = (self.int(scope), self.string(scope));
                let (p, q) = (self.name("a"), self.name("w"));
                self.line(&format!("defer func({p} int, {q} string) {{"));
                let mut inner = Self::within(scope, &[]);
                inner.ints.push(p.clone());
                inner.strings.push(q.clone());
                inner.deferred = true;
                self.indent += 1;
                self.line(&format!("fmt.Println(\"D\", {id}, {p}, {q})"));
                self.indent -= 1;
                self.deferred_body(inner);
                self.line(&format!("}}({a}, {b})"));
            }
            _ => {
                self.line("defer func() {");
                let mut inner = Self::within(scope, &[]);
                inner.deferred = true;
                let values = self.values(&inner);
                self.indent += 1;
                self.line(&format!("fmt.Println(\"D\", {id}, {values})"));
                self.indent -= 1;
                self.deferred_body(inner);
                self.line("}()");
            }
        }
    }

    pub(crate) fn deferred_body(&mut self, mut scope: Scope) {
        if scope.depth > 3 {
            return;
        }
        self.indent += 1;
        let count = self.random.below(3);
        self.statements(&mut scope, count);
        if self.random.chance(10) {
            self.panic_now(&scope);
        }
        self.indent -= 1;
    }

    pub(crate) fn recovering(&mut self, scope: &Scope, id: usize) {
        self.line("defer func() {");
        self.indent += 1;
        self.line("if v := recover(); v != nil {");
        self.indent += 1;
        self.line(&format!("fmt.Println(\"D\", {id}, \"recovered\", v)"));
        if let Some(name) = scope
            .named
            .first()
            .filter(|_| scope.results.first() == Some(&"int"))
        {
            let value = self.random.below(90);
            self.line(&format!("{name} = {value}"));
        }
        match self.random.below(5) {
            0 => self.line("panic(v)"),
            1 => {
                let text = self.text();
                self.line(&format!("panic({text})"));
            }
            2 => {
                let inner = Self::within(scope, &[]);
                let mut inner = inner;
                self.statements(&mut inner, 1);
            }
            _ => {}
        }
        self.indent -= 1;
        self.line("} else {");
        self.indent += 1;
        self.line(&format!("fmt.Println(\"D\", {id}, \"nothing\")"));
        self.indent -= 1;
        self.line("}");
        self.indent -= 1;
        self.line("}()");
    }

    /// What was recovered, by its type.
    pub(crate) fn sorting(&mut self, scope: &Scope, id: usize) {
        let _ = scope;
        self.line("defer func() {");
        self.indent += 1;
        self.line("switch v := recover().(type) {");
        for (ty, text) in [
            ("int", "an int"),
            ("string", "a string"),
            ("error", "an error"),
        ] {
            self.line(&format!("case {ty}:"));
            self.indent += 1;
            self.line(&format!("fmt.Println(\"D\", {id}, \"{text}\", v)"));
            self.indent -= 1;
        }
        self.line("case nil:");
        self.indent += 1;
        self.line(&format!("fmt.Println(\"D\", {id}, \"nil\")"));
        self.indent -= 1;
        self.line("}");
        self.indent -= 1;
        self.line("}()");
    }
}
