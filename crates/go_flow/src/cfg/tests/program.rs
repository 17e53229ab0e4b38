//! Random programs: how they are made, how they look as Go, and an interpreter that knows nothing of
//! graphs.

use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::prelude::*;

/// A condition. Atoms are numbered when the program is finished.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    Atom(usize),
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
}

/// The kinds of statements.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A call that returns.
    Act,
    /// `ok := a && act()`, a short circuit in a value.
    Value(Cond),
    Return,
    Panic,
    Exit,
    If(Cond, Block, Option<Block>),
    For {
        cond: Option<Cond>,
        post: bool,
        body: Block,
    },
    Range(Block),
    /// With a tag, clauses with numbers of cases; `default` is the place of the default clause.
    Switch {
        tag: bool,
        clauses: Vec<Clause>,
        default: Option<usize>,
    },
    Select {
        clauses: Vec<Block>,
        default: bool,
    },
    /// What it leaves is one of the statements around, chosen by number.
    Break(usize),
    Continue(usize),
    /// The label is one of those in sight, chosen by number.
    Goto(usize),
    Block(Block),
}

#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) tests: Vec<Cond>,
    pub(super) body: Block,
    pub(super) fallthrough: bool,
}

/// A statement; its number is its label.
#[derive(Clone, Debug)]
pub(super) struct Stmt {
    pub(super) id: usize,
    pub(super) kind: Kind,
}

pub(super) type Block = Vec<Stmt>;

fn stmt(kind: Kind) -> Stmt {
    Stmt { id: 0, kind }
}

fn cond() -> impl Strategy<Value = Cond> {
    Just(Cond::Atom(0)).prop_recursive(3, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|x| Cond::Not(Box::new(x))),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| Cond::And(Box::new(x), Box::new(y))),
            (inner.clone(), inner).prop_map(|(x, y)| Cond::Or(Box::new(x), Box::new(y))),
        ]
    })
}

/// A program: the statements of a function.
pub(super) fn program() -> impl Strategy<Value = Program> {
    let leaf = prop_oneof![
        4 => Just(Kind::Act),
        1 => cond().prop_map(Kind::Value),
        1 => Just(Kind::Return),
        1 => Just(Kind::Panic),
        1 => Just(Kind::Exit),
        3 => any::<prop::sample::Index>().prop_map(|n| Kind::Break(n.index(64))),
        2 => any::<prop::sample::Index>().prop_map(|n| Kind::Continue(n.index(64))),
        2 => any::<prop::sample::Index>().prop_map(|n| Kind::Goto(n.index(64))),
    ]
    .prop_map(stmt);
    let tree = leaf.prop_recursive(4, 40, 4, |inner| {
        let block = || prop::collection::vec(inner.clone(), 0..4);
        let clause = (prop::collection::vec(cond(), 1..3), block(), any::<bool>()).prop_map(
            |(tests, body, fallthrough)| Clause {
                tests,
                body,
                fallthrough,
            },
        );
        prop_oneof![
            3 => (cond(), block(), prop::option::of(block()))
                .prop_map(|(cond, yes, no)| Kind::If(cond, yes, no)),
            3 => (prop::option::of(cond()), any::<bool>(), block())
                .prop_map(|(cond, post, body)| Kind::For { cond, post, body }),
            2 => block().prop_map(Kind::Range),
            2 => (any::<bool>(), prop::collection::vec(clause, 0..4), prop::option::of(0..4_usize))
                .prop_map(|(tag, clauses, default)| Kind::Switch { tag, clauses, default }),
            2 => (prop::collection::vec(block(), 0..3), any::<bool>())
                .prop_map(|(clauses, default)| Kind::Select { clauses, default }),
            1 => block().prop_map(Kind::Block),
        ]
        .prop_map(stmt)
    });
    prop::collection::vec(tree, 0..5).prop_map(Program::new)
}

/// A program whose statements and conditions are numbered and whose jumps have targets.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) body: Block,
    /// The numbers of statements that need a label.
    labels: BTreeSet<usize>,
}

impl Program {
    fn new(mut body: Block) -> Self {
        let mut finish = Finish {
            next: 0,
            around: Vec::new(),
            sight: Vec::new(),
            labels: BTreeSet::new(),
        };
        finish.number(&mut body);
        finish.aim(&mut body);
        Self {
            body,
            labels: finish.labels,
        }
    }

    /// The program as a Go file without its package clause.
    pub(super) fn text(&self) -> String {
        let mut out = "import \"os\"\nfunc f() {\n".to_owned();
        self.write_block(&mut out, &self.body);
        out + "}\n"
    }

    fn write_block(&self, out: &mut String, block: &Block) {
        for stmt in block {
            self.write_stmt(out, stmt);
        }
    }

    fn write_stmt(&self, out: &mut String, stmt: &Stmt) {
        let id = stmt.id;
        if self.labels.contains(&id) {
            let _ = writeln!(out, "L{id}:");
        }
        match &stmt.kind {
            Kind::Act => {
                let _ = writeln!(out, "a{id}()");
            }
            Kind::Value(cond) => {
                let _ = writeln!(out, "v{id} := {} || a{id}()", cond.text());
            }
            Kind::Return => out.push_str("return\n"),
            Kind::Panic => out.push_str("panic(0)\n"),
            Kind::Exit => out.push_str("os.Exit(1)\n"),
            Kind::If(cond, yes, no) => {
                let _ = writeln!(out, "if {} {{", cond.text());
                self.write_block(out, yes);
                if let Some(no) = no {
                    // A lone `if` becomes `else if`.
                    if let [
                        nested @ Stmt {
                            kind: Kind::If(..), ..
                        },
                    ] = &no[..]
                        && !self.labels.contains(&nested.id)
                    {
                        out.push_str("} else ");
                        return self.write_stmt(out, nested);
                    }
                    out.push_str("} else {\n");
                    self.write_block(out, no);
                }
                out.push_str("}\n");
            }
            Kind::For { cond, post, body } => {
                let cond = cond.as_ref().map(Cond::text).unwrap_or_default();
                let post = if *post {
                    format!("p{id}()")
                } else {
                    String::new()
                };
                let _ = writeln!(out, "for ; {cond}; {post} {{");
                self.write_block(out, body);
                out.push_str("}\n");
            }
            Kind::Range(body) => {
                let _ = writeln!(out, "for range r{id} {{");
                self.write_block(out, body);
                out.push_str("}\n");
            }
            Kind::Switch {
                tag,
                clauses,
                default,
            } => {
                let _ = writeln!(out, "switch {} {{", if *tag { "tag" } else { "" });
                for (index, clause) in clauses.iter().enumerate() {
                    if *default == Some(index) {
                        out.push_str("default:\n");
                    } else {
                        let tests: Vec<String> = clause.tests.iter().map(Cond::text).collect();
                        let _ = writeln!(out, "case {}:", tests.join(", "));
                    }
                    self.write_block(out, &clause.body);
                    if clause.fallthrough && index + 1 < clauses.len() {
                        out.push_str("fallthrough\n");
                    }
                }
                out.push_str("}\n");
            }
            Kind::Select { clauses, default } => {
                out.push_str("select {\n");
                for (index, clause) in clauses.iter().enumerate() {
                    if *default && index == 0 {
                        out.push_str("default:\n");
                    } else {
                        out.push_str("case <-ch:\n");
                    }
                    self.write_block(out, clause);
                }
                out.push_str("}\n");
            }
            Kind::Break(target) => {
                let _ = writeln!(out, "break L{target}");
            }
            Kind::Continue(target) => {
                let _ = writeln!(out, "continue L{target}");
            }
            Kind::Goto(target) => {
                let _ = writeln!(out, "goto L{target}");
            }
            Kind::Block(block) => {
                out.push_str("{\n");
                self.write_block(out, block);
                out.push_str("}\n");
            }
        }
    }
}

impl Cond {
    pub(super) fn text(&self) -> String {
        match self {
            Cond::Atom(id) => format!("c{id}"),
            Cond::Not(x) => format!("!({})", x.text()),
            Cond::And(x, y) => format!("({} && {})", x.text(), y.text()),
            Cond::Or(x, y) => format!("({} || {})", x.text(), y.text()),
        }
    }

    fn number(&mut self, next: &mut usize) {
        match self {
            Cond::Atom(id) => {
                *id = *next;
                *next += 1;
            }
            Cond::Not(x) => x.number(next),
            Cond::And(x, y) | Cond::Or(x, y) => {
                x.number(next);
                y.number(next);
            }
        }
    }
}

/// What is around the current statement while targets are chosen.
struct Finish {
    next: usize,
    /// Statements that can be left, and whether they are loops.
    around: Vec<(usize, bool)>,
    /// Statements whose labels `goto` may name: those of all blocks around.
    sight: Vec<usize>,
    labels: BTreeSet<usize>,
}

impl Finish {
    fn number(&mut self, block: &mut Block) {
        for stmt in block {
            stmt.id = self.next;
            self.next += 1;
            match &mut stmt.kind {
                Kind::Value(cond) => cond.number(&mut self.next),
                Kind::If(cond, yes, no) => {
                    cond.number(&mut self.next);
                    self.number(yes);
                    if let Some(no) = no {
                        self.number(no);
                    }
                }
                Kind::For { cond, body, .. } => {
                    if let Some(cond) = cond {
                        cond.number(&mut self.next);
                    }
                    self.number(body);
                }
                Kind::Range(body) | Kind::Block(body) => self.number(body),
                Kind::Switch { clauses, .. } => {
                    for clause in clauses {
                        for test in &mut clause.tests {
                            test.number(&mut self.next);
                        }
                        self.number(&mut clause.body);
                    }
                }
                Kind::Select { clauses, .. } => {
                    for clause in clauses {
                        self.number(clause);
                    }
                }
                _ => {}
            }
        }
    }

    fn aim(&mut self, block: &mut Block) {
        let before = self.sight.len();
        self.sight.extend(block.iter().map(|stmt| stmt.id));
        for stmt in block {
            let id = stmt.id;
            match &mut stmt.kind {
                Kind::Break(target) => {
                    let choices: Vec<usize> = self.around.iter().map(|&(id, _)| id).collect();
                    let choice = pick(&choices, *target);
                    self.set_target(&mut stmt.kind, choice, Kind::Break);
                }
                Kind::Continue(target) => {
                    let loops = self.around.iter().filter(|(_, is_loop)| *is_loop);
                    let choices: Vec<usize> = loops.map(|&(id, _)| id).collect();
                    let choice = pick(&choices, *target);
                    self.set_target(&mut stmt.kind, choice, Kind::Continue);
                }
                Kind::Goto(target) => {
                    let choice = pick(&self.sight, *target);
                    self.set_target(&mut stmt.kind, choice, Kind::Goto);
                }
                Kind::If(_, yes, no) => {
                    self.aim(yes);
                    if let Some(no) = no {
                        self.aim(no);
                    }
                }
                Kind::For { body, .. } | Kind::Range(body) => self.within(id, true, &mut [body]),
                Kind::Block(body) => self.aim(body),
                Kind::Switch { clauses, .. } => {
                    let mut bodies: Vec<&mut Block> =
                        clauses.iter_mut().map(|clause| &mut clause.body).collect();
                    self.within(id, false, &mut bodies);
                }
                Kind::Select { clauses, .. } => {
                    let mut bodies: Vec<&mut Block> = clauses.iter_mut().collect();
                    self.within(id, false, &mut bodies);
                }
                _ => {}
            }
        }
        self.sight.truncate(before);
    }

    fn within(&mut self, id: usize, is_loop: bool, bodies: &mut [&mut Block]) {
        self.around.push((id, is_loop));
        for body in bodies {
            self.aim(body);
        }
        self.around.pop();
    }

    /// A jump that has nowhere to go becomes something else.
    fn set_target(&mut self, kind: &mut Kind, choice: Option<usize>, make: fn(usize) -> Kind) {
        *kind = match choice {
            Some(id) => {
                self.labels.insert(id);
                make(id)
            }
            None => Kind::Act,
        };
    }
}

fn pick(choices: &[usize], number: usize) -> Option<usize> {
    (!choices.is_empty()).then(|| choices[number % choices.len()])
}

/// How an execution ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Returned,
    Panicked,
    Exited,
    Blocked,
    /// The decisions that were given are used up.
    Undecided,
    /// It goes round without needing decisions.
    Spinning,
}

/// What happened: calls, and decisions with what was decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Trace {
    pub(super) events: Vec<String>,
    pub(super) decisions: Vec<u8>,
}

impl Trace {
    pub(super) fn new(decisions: &[u8]) -> Self {
        let decisions = decisions.iter().rev().copied().collect();
        Self {
            events: Vec::new(),
            decisions,
        }
    }

    pub(super) fn event(&mut self, text: impl Into<String>) {
        self.events.push(text.into());
    }

    /// The next decision among `count` possibilities.
    pub(super) fn decide(&mut self, what: &str, count: usize) -> Option<usize> {
        let choice = usize::from(self.decisions.pop()?) % count;
        self.events.push(format!("{what}={choice}"));
        Some(choice)
    }
}

/// Why a statement does not simply pass control on.
enum Signal {
    Break(usize),
    Continue(usize),
    Goto(usize),
    End(Outcome),
}

type Flow = Result<(), Signal>;

/// Runs a program statement by statement.
pub(super) struct Interpreter<'t> {
    pub(super) trace: &'t mut Trace,
    pub(super) fuel: usize,
}

impl Interpreter<'_> {
    pub(super) fn run(&mut self, program: &Program) -> Outcome {
        match self.block(&program.body) {
            Ok(()) => Outcome::Returned,
            Err(Signal::End(outcome)) => outcome,
            Err(_) => panic!("a jump found no target"),
        }
    }

    fn burn(&mut self) -> Flow {
        self.fuel = self
            .fuel
            .checked_sub(1)
            .ok_or(Signal::End(Outcome::Spinning))?;
        Ok(())
    }

    fn decide(&mut self, what: &str, count: usize) -> Result<usize, Signal> {
        self.trace
            .decide(what, count)
            .ok_or(Signal::End(Outcome::Undecided))
    }

    fn cond(&mut self, cond: &Cond) -> Result<bool, Signal> {
        Ok(match cond {
            Cond::Atom(_) => self.decide(&cond.text(), 2)? == 1,
            Cond::Not(x) => !self.cond(x)?,
            Cond::And(x, y) => self.cond(x)? && self.cond(y)?,
            Cond::Or(x, y) => self.cond(x)? || self.cond(y)?,
        })
    }

    fn block(&mut self, block: &Block) -> Flow {
        let mut at = 0;
        while let Some(stmt) = block.get(at) {
            at += 1;
            match self.stmt(stmt) {
                Err(Signal::Goto(label)) => {
                    at = block
                        .iter()
                        .position(|stmt| stmt.id == label)
                        .ok_or(Signal::Goto(label))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Flow {
        self.burn()?;
        let id = stmt.id;
        match &stmt.kind {
            Kind::Act => self.trace.event(format!("a{id}()")),
            Kind::Value(cond) => {
                // The call is an operand of its own, with an outcome of its own.
                if !self.cond(cond)? {
                    self.decide(&format!("a{id}()"), 2)?;
                }
                self.trace
                    .event(format!("v{id} := {} || a{id}()", cond.text()));
            }
            Kind::Return => return Err(Signal::End(Outcome::Returned)),
            Kind::Panic => return Err(Signal::End(Outcome::Panicked)),
            Kind::Exit => return Err(Signal::End(Outcome::Exited)),
            Kind::If(cond, yes, no) => {
                if self.cond(cond)? {
                    self.block(yes)?;
                } else if let Some(no) = no {
                    self.block(no)?;
                }
            }
            Kind::For { cond, post, body } => loop {
                self.burn()?;
                if let Some(cond) = cond
                    && !self.cond(cond)?
                {
                    break;
                }
                match self.block(body) {
                    Err(Signal::Break(target)) if target == id => break,
                    Err(Signal::Continue(target)) if target == id => {}
                    other => other?,
                }
                if *post {
                    self.trace.event(format!("p{id}()"));
                }
            },
            Kind::Range(body) => loop {
                self.burn()?;
                if self.decide(&format!("for range r{id}"), 2)? == 0 {
                    break;
                }
                match self.block(body) {
                    Err(Signal::Break(target)) if target == id => break,
                    Err(Signal::Continue(target)) if target == id => {}
                    other => other?,
                }
            },
            Kind::Switch {
                tag,
                clauses,
                default,
            } => {
                let chosen = self.choose(*tag, clauses, *default)?;
                return leave(id, self.clauses(clauses, chosen));
            }
            Kind::Select { clauses, default } => {
                if clauses.is_empty() {
                    return Err(Signal::End(Outcome::Blocked));
                }
                // The graph has the default clause last.
                let mut order: Vec<&Block> = clauses.iter().collect();
                if *default {
                    order.rotate_left(1);
                }
                let chosen = if order.len() == 1 {
                    0
                } else {
                    self.decide("select", order.len())?
                };
                return leave(id, self.block(order[chosen]));
            }
            Kind::Break(target) => return Err(Signal::Break(*target)),
            Kind::Continue(target) => return Err(Signal::Continue(*target)),
            Kind::Goto(target) => return Err(Signal::Goto(*target)),
            Kind::Block(block) => self.block(block)?,
        }
        Ok(())
    }

    /// The clause of a switch that is entered first.
    fn choose(
        &mut self,
        tag: bool,
        clauses: &[Clause],
        default: Option<usize>,
    ) -> Result<Option<usize>, Signal> {
        let default = default.filter(|&index| index < clauses.len());
        for (index, clause) in clauses.iter().enumerate() {
            if default == Some(index) {
                continue;
            }
            for test in &clause.tests {
                let holds = if tag {
                    self.decide(&test.text(), 2)? == 1
                } else {
                    self.cond(test)?
                };
                if holds {
                    return Ok(Some(index));
                }
            }
        }
        Ok(default)
    }

    fn clauses(&mut self, clauses: &[Clause], chosen: Option<usize>) -> Flow {
        let Some(first) = chosen else {
            return Ok(());
        };
        for clause in &clauses[first..] {
            self.block(&clause.body)?;
            if !clause.fallthrough {
                break;
            }
        }
        Ok(())
    }
}

/// The end of a statement that `break` leaves.
fn leave(id: usize, flow: Flow) -> Flow {
    match flow {
        Err(Signal::Break(target)) if target == id => Ok(()),
        other => other,
    }
}
