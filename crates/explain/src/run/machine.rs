//! The state of a run: frames, choices, what is told; starting one.

use std::cell::RefCell;
use std::rc::Rc;

use go_flow::End;
use go_syntax::{ExprId, FuncId, StmtId};
use go_types::{Body, LocalKind, Object, PackageCx, root_of};
use rustc_hash::{FxHashMap, FxHashSet};

use super::memory::Memory;
use super::value::{CellId, Env, Func, Origin, Shown, Unknown, Value};
use crate::model::Deed;
use crate::returning::Returning;
use crate::source::{Lines, one_line};

/// Calls within calls.
const MAX_DEPTH: usize = 60;

/// What runs share: names, types and trees.
pub(crate) struct World<'a> {
    pub(crate) cx: &'a PackageCx<'a>,
    /// The minor version of the language of each file.
    pub(crate) versions: Vec<u32>,
    pub(crate) lines: Vec<Lines>,
    /// Calls in the explained function that do not return.
    pub(crate) ends: FxHashMap<(u32, ExprId), End>,
    /// Functions that never return.
    pub(crate) returning: Returning<'a>,
    bodies: RefCell<FxHashMap<(u32, FuncId), Rc<Body<'a>>>>,
}

impl<'a> World<'a> {
    pub(crate) fn new(
        cx: &'a PackageCx<'a>,
        versions: Vec<u32>,
        ends: FxHashMap<(u32, ExprId), End>,
    ) -> Self {
        let lines = cx
            .names()
            .files()
            .iter()
            .map(|file| Lines::new(file))
            .collect();
        Self {
            cx,
            versions,
            lines,
            ends,
            returning: Returning::new(cx),
            bodies: RefCell::default(),
        }
    }

    pub(super) fn body(&self, file: u32, func: FuncId) -> Rc<Body<'a>> {
        let root = root_of(self.cx.file(file), func);
        if let Some(body) = self.bodies.borrow().get(&(file, root)) {
            return Rc::clone(body);
        }
        let body = Rc::new(Body::new(self.cx, file, root));
        self.bodies
            .borrow_mut()
            .insert((file, root), Rc::clone(&body));
        body
    }
}

/// One outcome that the source does not decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Decision {
    /// What was decided, in words.
    pub(crate) text: String,
    /// What would have been said of the other outcome, if there is one other.
    pub(crate) opposite: Option<String>,
    /// Whether it was decided after control had left the explained function.
    pub(crate) late: bool,
}

/// The choices of a run: those given in advance, and those made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// With whether the other way is still to be tried.
    pub(crate) made: Vec<(bool, bool)>,
    next: usize,
}

impl Choices {
    /// The choices of the next run, depth first; `None` when all have been tried.
    pub(crate) fn advance(mut self) -> Option<Self> {
        while let Some((value, open)) = self.made.pop() {
            if open {
                self.made.push((!value, false));
                self.next = 0;
                return Some(self);
            }
        }
        None
    }

    fn choose(&mut self, open: bool) -> bool {
        let value = match self.made.get(self.next) {
            Some(&(value, _)) => value,
            None => {
                self.made.push((false, open));
                false
            }
        };
        self.next += 1;
        value
    }
}

/// What all runs of one function know together.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// Calls of functions of the package that are not looked into, because what happens there is not
    /// decided.
    pub(crate) opaque: FxHashSet<(u32, ExprId)>,
    /// Whether statements that neither leave nor defer are passed over, so that there are fewer paths.
    pub(crate) coarse: bool,
    /// The line of something that cannot be run.
    pub(crate) stuck: Option<u32>,
    /// Lines of statements of the explained function at which a panic is tried.
    pub(crate) risky: Vec<u32>,
    /// What was registered where a panic of a call has been tried.
    pub(crate) panics_tried: FxHashSet<Vec<(StmtId, bool)>>,
}

/// Why a run was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Abort {
    /// Too many steps.
    Steps,
    /// Something that the machine cannot run.
    Unsupported,
    /// The call is to be treated as one that is not looked into.
    Opaque((u32, ExprId)),
    /// Nothing new would come of going on: the rest is what other runs show.
    Covered,
}

/// Why evaluation does not go on.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Panic(Panic),
    Goexit,
    Exit,
    Blocked,
    Abort(Abort),
}

pub(super) type Exec<T> = Result<T, Stop>;

/// A panic on its way.
#[derive(Clone, Debug)]
pub(super) struct Panic {
    pub(super) value: Value,
    /// Whether the goroutine was ending when it was raised: that goes on after a recover.
    pub(super) in_goexit: bool,
}

/// A panic whose deferred calls are being run.
#[derive(Clone, Debug)]
pub(super) struct Underway {
    pub(super) value: Value,
    pub(super) recovered: bool,
}

/// A registered call.
#[derive(Clone, Debug)]
pub(super) struct Deferred {
    pub(super) stmt: StmtId,
    pub(super) line: u32,
    pub(super) func: Option<Rc<Func>>,
    pub(super) args: Vec<Value>,
    pub(super) values: Vec<Shown>,
    pub(super) call: ExprId,
    pub(super) text: String,
    /// Whether it stands for any number of registrations.
    pub(super) many: bool,
}

/// A call of a function that is being run.
pub(super) struct Frame<'a> {
    pub(super) body: Rc<Body<'a>>,
    pub(super) file: u32,
    pub(super) func: FuncId,
    pub(super) env: Env,
    pub(super) results: Vec<CellId>,
    pub(super) defers: Vec<Deferred>,
    /// The place among the panics under way of the one that runs this function as a deferred call.
    pub(super) run_by: Option<usize>,
    /// Whether it is the explained function.
    pub(super) is_target: bool,
    /// The call of a declared function that led here, when what is undecided is no matter of the
    /// explained function.
    pub(super) inside: Option<(u32, ExprId)>,
    /// Rounds of loops that stand for any round.
    pub(super) general: usize,
}

/// How control left the explained function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ExitKind {
    Return,
    End,
    /// A panic that the statement itself raises.
    Panic,
    /// A panic from something that is called, of which nothing more is known.
    Calls,
    Goexit,
    Exit,
    Blocks,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) enum Completion {
    Returns(Vec<Shown>),
    Panics(Shown),
    Goexit,
    Exits,
    Blocks,
}

/// A deferred call of the explained function that ran.
#[derive(Clone, Debug)]
pub(crate) struct PathRun {
    pub(crate) stmt: StmtId,
    pub(crate) values: Vec<Shown>,
    pub(crate) many: bool,
    pub(crate) does: Vec<Deed>,
}

/// One run from the start to its end.
#[derive(Debug)]
pub(crate) struct PathResult {
    pub(crate) exit: ExitKind,
    pub(crate) line: u32,
    pub(crate) before: Vec<Deed>,
    pub(crate) puts: Vec<Shown>,
    pub(crate) runs: Vec<PathRun>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) completion: Completion,
    pub(crate) recovered: bool,
    /// Whether something was called that is not looked into and may do anything.
    pub(crate) looked_away: bool,
}

/// One run.
pub(crate) struct Machine<'m, 'a> {
    pub(super) world: &'m World<'a>,
    pub(super) memo: &'m mut Memo,
    pub(super) choices: Choices,
    pub(super) known: FxHashMap<String, bool>,
    pub(super) decisions: Vec<Decision>,
    pub(super) memory: Memory,
    pub(super) globals: FxHashMap<(u32, u32), CellId>,
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) panics: Vec<Underway>,
    pub(super) goexit: bool,
    pub(super) trace: Vec<Vec<Deed>>,
    pub(super) runs: Vec<PathRun>,
    pub(super) exit: Option<(ExitKind, u32)>,
    pub(super) puts: Vec<Shown>,
    pub(super) recovered: bool,
    pub(super) looked_away: bool,
    pub(super) steps: u64,
    pub(super) fresh: u32,
    /// A goroutine that has been started and waits for its turn.
    pub(super) pending: Option<(Rc<Func>, Vec<Value>, u32)>,
    pub(super) line: u32,
    /// Grows when something unknown may have changed what it can reach.
    pub(super) epoch: u32,
}

impl<'m, 'a> Machine<'m, 'a> {
    pub(crate) fn new(
        world: &'m World<'a>,
        memo: &'m mut Memo,
        choices: Choices,
        steps: u64,
    ) -> Self {
        Self {
            world,
            memo,
            choices,
            known: FxHashMap::default(),
            decisions: Vec::new(),
            memory: Memory::default(),
            globals: FxHashMap::default(),
            frames: Vec::new(),
            panics: Vec::new(),
            goexit: false,
            trace: vec![Vec::new()],
            runs: Vec::new(),
            exit: None,
            puts: Vec::new(),
            recovered: false,
            looked_away: false,
            steps,
            fresh: 0,
            pending: None,
            line: 0,
            epoch: 0,
        }
    }

    /// Runs a function or literal with unknown arguments; the choices that were made come back.
    pub(crate) fn run(
        mut self,
        file: u32,
        func: FuncId,
    ) -> (Choices, u64, Result<PathResult, Abort>) {
        let body = self.world.body(file, func);
        let result = self.run_target(&body, file, func);
        let (choices, steps) = (self.choices.clone(), self.steps);
        let completion = match result {
            Ok(values) => Completion::Returns(values),
            Err(Stop::Panic(panic)) => Completion::Panics(panic.value.shown()),
            Err(Stop::Goexit) => Completion::Goexit,
            Err(Stop::Exit) => Completion::Exits,
            Err(Stop::Blocked) => Completion::Blocks,
            Err(Stop::Abort(abort)) => return (choices, steps, Err(abort)),
        };
        let (exit, line) = self.exit.unwrap_or((ExitKind::End, 0));
        let path = PathResult {
            exit,
            line,
            before: self.trace.into_iter().next().unwrap_or_default(),
            puts: self.puts,
            runs: self.runs,
            decisions: self.decisions,
            completion,
            recovered: self.recovered,
            looked_away: self.looked_away,
        };
        (choices, steps, Ok(path))
    }

    fn run_target(&mut self, body: &Rc<Body<'a>>, file: u32, func: FuncId) -> Exec<Vec<Shown>> {
        let tree = body.file();
        let mut env = FxHashMap::default();
        // What is declared around a literal, and parameters, are unknown.
        for (id, local) in body.names().locals() {
            let outside = local.func != func && local.func < func && local.is_var();
            let param = local.func == func && local.is_param();
            if outside || param {
                let name = tree.span_text(local.span).to_owned();
                let value = self.unknown(&name);
                let cell = self.memory.new_cell(value);
                if outside || matches!(local.kind, LocalKind::Receiver(_)) {
                    self.memory.escape_cell(cell);
                }
                env.insert(id, cell);
            }
        }
        let func = Rc::new(Func::Literal {
            file,
            func,
            env: Rc::new(env),
        });
        let values = self.enter(&func, Vec::new(), None, None, true)?;
        Ok(values.iter().map(Value::shown).collect())
    }

    /// Goes into a function of the package. Parameters of the explained function are set already.
    pub(super) fn enter(
        &mut self,
        func: &Rc<Func>,
        args: Vec<Value>,
        run_by: Option<usize>,
        call: Option<(u32, ExprId)>,
        is_target: bool,
    ) -> Exec<Vec<Value>> {
        let (file, id, env, recv) = match &**func {
            Func::Literal { file, func, env } => (*file, *func, Rc::clone(env), None),
            Func::Declared { file, func } => (*file, *func, Env::default(), None),
            Func::Method { file, func, recv } => (*file, *func, Env::default(), Some(recv.clone())),
            _ => return Err(Stop::Abort(Abort::Unsupported)),
        };
        if self.frames.len() >= MAX_DEPTH {
            return Err(self.give_up_inside());
        }
        let body = self.world.body(file, id);
        let tree = body.file();
        let node = tree.func(id);
        let Some(block) = node.body else {
            return Err(Stop::Abort(Abort::Unsupported));
        };
        let inherited = self.frames.last().and_then(|frame| frame.inside);
        let inside = match &**func {
            _ if is_target => None,
            Func::Literal { .. } => inherited,
            _ => inherited.or(call),
        };
        self.frames.push(Frame {
            body: Rc::clone(&body),
            file,
            func: id,
            env,
            results: Vec::new(),
            defers: Vec::new(),
            run_by,
            is_target,
            inside,
            general: 0,
        });
        if !is_target {
            self.bind_params(&body, id, recv, args);
        }
        self.bind_results(&body, id);
        let outer_line = self.line;
        let flow = self.block(block);
        let completion = match flow {
            Ok(super::stmts::Flow::Return) => Ok(()),
            Ok(_) => {
                if is_target {
                    let end = node.span.end.saturating_sub(1);
                    let line = self.world.lines[file as usize].at(end);
                    self.exit = Some((ExitKind::End, line));
                    self.puts = self.result_values();
                }
                Ok(())
            }
            Err(stop) => Err(stop),
        };
        if is_target {
            self.note_exit(&completion);
        }
        let completion = self.run_defers(completion);
        let values = self.result_cells_now();
        self.frames.pop();
        self.line = outer_line;
        completion.map(|()| values)
    }

    /// Where control left the explained function, when it did not return.
    fn note_exit(&mut self, completion: &Exec<()>) {
        if self.exit.is_some() {
            return;
        }
        let kind = match completion {
            Ok(()) => ExitKind::Return,
            Err(Stop::Panic(_)) => ExitKind::Panic,
            Err(Stop::Goexit) => ExitKind::Goexit,
            Err(Stop::Exit) => ExitKind::Exit,
            Err(Stop::Blocked | Stop::Abort(_)) => ExitKind::Blocks,
        };
        self.exit = Some((kind, self.line));
    }

    pub(super) fn result_values(&self) -> Vec<Shown> {
        self.result_cells_now().iter().map(Value::shown).collect()
    }

    fn result_cells_now(&self) -> Vec<Value> {
        let results = &self.frame().results;
        results
            .iter()
            .map(|&cell| self.memory.get(cell).clone())
            .collect()
    }

    fn bind_params(
        &mut self,
        body: &Rc<Body<'a>>,
        func: FuncId,
        recv: Option<Value>,
        args: Vec<Value>,
    ) {
        let tree = body.file();
        let node = tree.func(func);
        let mut args = args.into_iter();
        if let (Some(list), Some(value)) = (node.recv, recv) {
            for field in tree.fields_of(list).iter() {
                for name in tree.field(field).names.iter() {
                    if let Some(local) = body.names().declared(name) {
                        let cell = self.memory.new_cell(value.clone());
                        self.bind(local, cell);
                    }
                }
            }
        }
        let params = tree.sig(node.sig).params;
        for field in tree.fields_of(params).iter() {
            let field = tree.field(field);
            if field.names.is_empty() {
                args.next();
            }
            for name in field.names.iter() {
                let value = args.next();
                if let Some(local) = body.names().declared(name) {
                    let value = match value {
                        Some(value) => value,
                        None => self.unknown(tree.name(name)),
                    };
                    let cell = self.memory.new_cell(value);
                    self.bind(local, cell);
                }
            }
        }
    }

    fn bind_results(&mut self, body: &Rc<Body<'a>>, func: FuncId) {
        let tree = body.file();
        let sig = tree.sig(tree.func(func).sig);
        let mut cells = Vec::new();
        for field in sig
            .results
            .into_iter()
            .flat_map(|list| tree.fields_of(list).iter())
        {
            let field = tree.field(field);
            let ty = body.type_of(field.ty);
            if field.names.is_empty() {
                let zero = self.zero(body, ty);
                cells.push(self.memory.new_cell(zero));
            }
            for name in field.names.iter() {
                let zero = self.zero(body, ty);
                let cell = self.memory.new_cell(zero);
                if let Some(local) = body.names().declared(name) {
                    self.bind(local, cell);
                }
                cells.push(cell);
            }
        }
        self.frame_mut().results = cells;
    }

    pub(super) fn bind(&mut self, local: go_types::LocalId, cell: CellId) {
        Rc::make_mut(&mut self.frame_mut().env).insert(local, cell);
    }

    pub(super) fn frame(&self) -> &Frame<'a> {
        self.frames.last().expect("a function is being run")
    }

    pub(super) fn frame_mut(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("a function is being run")
    }

    pub(super) fn body(&self) -> Rc<Body<'a>> {
        Rc::clone(&self.frame().body)
    }

    /// One step further; the line is what is told of panics.
    pub(super) fn step(&mut self) -> Exec<()> {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Stop::Abort(Abort::Steps)),
        }
    }

    pub(super) fn line_of(&self, offset: u32) -> u32 {
        self.world.lines[self.frame().file as usize].at(offset)
    }

    /// A new unknown value.
    pub(super) fn unknown(&mut self, text: &str) -> Value {
        self.fresh += 1;
        Value::Unknown(Unknown(Rc::new(Origin {
            key: format!("#{}", self.fresh),
            negated: false,
            text: one_line(text),
            nonnil: false,
        })))
    }

    /// A new unknown value that is not nil.
    pub(super) fn unknown_nonnil(&mut self, text: &str) -> Value {
        self.fresh += 1;
        Value::Unknown(Unknown(Rc::new(Origin {
            key: format!("#{}", self.fresh),
            negated: false,
            text: one_line(text),
            nonnil: true,
        })))
    }

    /// A truth value that the source does not decide.
    pub(super) fn unknown_bool(&mut self, key: String, negated: bool, text: &str) -> Value {
        Value::Unknown(Unknown(Rc::new(Origin {
            key,
            negated,
            text: one_line(text),
            nonnil: false,
        })))
    }

    /// What a truth value is; decided both ways when the source does not say.
    pub(super) fn decide(&mut self, value: &Value, yes: &str, no: &str, line: u32) -> Exec<bool> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Unknown(unknown) => {
                let origin = Rc::clone(&unknown.0);
                let plain = match self.known.get(&origin.key) {
                    Some(&known) => known,
                    None => {
                        let chosen = self.choose()?;
                        self.known.insert(origin.key.clone(), chosen);
                        let truth = chosen != origin.negated;
                        let (told, opposite) = if truth { (yes, no) } else { (no, yes) };
                        self.decided(told, Some(opposite), line);
                        chosen
                    }
                };
                Ok(plain != origin.negated)
            }
            _ => Err(Stop::Abort(Abort::Unsupported)),
        }
    }

    pub(super) fn decided(&mut self, text: &str, opposite: Option<&str>, line: u32) {
        let late = self.exit.is_some();
        let told = |text: &str| format!("`{}` (line {line})", one_line(text));
        let decision = Decision {
            text: told(text),
            opposite: opposite.map(told),
            late,
        };
        if !self.decisions.contains(&decision) {
            self.decisions.push(decision);
        }
    }

    /// Chooses one of two ways, the other being tried in another run.
    pub(super) fn choose(&mut self) -> Exec<bool> {
        if self.frame().inside.is_some() {
            return Err(self.give_up_inside());
        }
        Ok(self.choices.choose(true))
    }

    /// Chooses `false`; `true` is tried in another run if `open`.
    pub(super) fn choose_if(&mut self, open: bool) -> bool {
        self.choices.choose(open)
    }

    /// Gives up looking into the declared function that is being run.
    pub(super) fn give_up_inside(&mut self) -> Stop {
        match self.frame().inside {
            Some(call) => Stop::Abort(Abort::Opaque(call)),
            None => {
                self.memo.stuck = Some(self.line);
                Stop::Abort(Abort::Unsupported)
            }
        }
    }

    pub(super) fn tell(&mut self, deed: Deed) {
        if let Some(deeds) = self.trace.last_mut() {
            deeds.push(deed);
        }
    }

    pub(super) fn object(&self, expr: ExprId) -> Object {
        self.frame().body.object(expr)
    }

    /// The text of an expression.
    pub(super) fn text(&self, expr: ExprId) -> String {
        crate::source::expr_text(self.frame().body.file(), expr)
    }
}
