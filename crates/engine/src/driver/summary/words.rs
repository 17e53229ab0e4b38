//! The wording of contracts.

use go_flow::{
    Answered, ArgEffect, Class, Contract, Exits, Gives, LockDeed, LockOp, LockUse, Subject,
    WaitKind,
};

use super::Signature;

/// So many names are listed.
const LISTED: usize = 12;

/// Names, one a line.
pub(super) fn listed(names: &[String]) -> String {
    let mut text: String = names
        .iter()
        .take(LISTED)
        .map(|name| format!("\n    {name}"))
        .collect();
    if names.len() > LISTED {
        text.push_str(&format!("\n    and {} more", names.len() - LISTED));
    }
    text
}

/// The help with names that resemble the one that was asked for.
pub(super) fn nearest(names: &[String]) -> String {
    match names {
        [] => "\n  help: name it with its package: path.F, path.T.M or ./dir.F".to_owned(),
        [only] => format!("\n  help: did you mean `{only}`?"),
        several => format!("\n  help: did you mean one of these?{}", listed(several)),
    }
}

fn a(noun: &str) -> String {
    if noun.ends_with('s') && !noun.ends_with("ss") {
        return noun.to_owned();
    }
    let vowel =
        noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) || noun.starts_with("HTTP");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

fn ordinal(index: usize) -> String {
    match index {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        _ => format!("{}th", index + 1),
    }
}

/// The name of a parameter; its number where there is none.
pub(super) fn param(signature: &Signature, index: usize) -> String {
    match signature.params.get(index).or(signature.params.last()) {
        Some((name, _)) if name != "_" => name.clone(),
        _ => format!("#{}", index + 1),
    }
}

/// How a resource is released.
fn release(class: &Class) -> String {
    let methods: Vec<&str> = class.release.iter().map(|name| &**name).collect();
    if class.by_call {
        ", which the caller has to call".to_owned()
    } else if methods.is_empty() {
        ", which the caller has to release".to_owned()
    } else {
        format!(", which the caller has to end by {}", methods.join(" or "))
    }
}

pub(super) fn gives(signature: &Signature, gives: &Gives, class: &Class) -> String {
    let noun = a(&class.noun);
    let mut text = match gives.subject {
        Subject::Result => {
            let index = gives.result as usize;
            let which = if signature.known && signature.results.len() == 1 {
                "result".to_owned()
            } else {
                format!("{} result", ordinal(index))
            };
            let which = match signature.results.get(index) {
                Some((name, ty)) if name != "_" => format!("{which} ({name} {ty})"),
                Some((_, ty)) => format!("{which} ({ty})"),
                None => which,
            };
            if gives.field.is_empty() {
                format!("its {which} is {noun}")
            } else {
                format!("field {} of its {which} is {noun}", gives.field)
            }
        }
        Subject::Receiver => format!("its receiver becomes {noun}"),
        Subject::Param(index) => {
            let name = param(signature, index as usize);
            format!("its parameter {name} becomes {noun}")
        }
        Subject::Global => format!("it makes the state of the program {noun}"),
    };
    text.push_str(&release(class));
    if gives.unless_error {
        let tells = match signature.results.last() {
            Some((name, ty)) => {
                let name = if name == "_" { ty } else { name };
                match ty.as_str() {
                    "bool" => format!(", unless the last result ({name}) is false"),
                    _ => format!(", unless the last result ({name}) is not nil"),
                }
            }
            None => ", unless its last result tells that it failed".to_owned(),
        };
        text.push_str(&tells);
    }
    if !gives.why.is_empty() {
        text.push_str(&format!("; it holds {}", a(&gives.why)));
    }
    text
}

pub(super) fn only_arg(signature: &Signature, index: usize, names: &[Box<str>]) -> String {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    format!(
        "it gives only when its parameter {} is {}",
        param(signature, index),
        names.join(" or ")
    )
}

pub(super) fn releases(signature: &Signature, index: Option<usize>, class: &Class) -> String {
    match index {
        Some(index) => format!(
            "it releases its parameter {} where that is {}",
            param(signature, index),
            a(&class.noun)
        ),
        None => format!("it releases the state of the program {}", a(&class.noun)),
    }
}

pub(super) fn effect(what: &str, name: &str, effect: ArgEffect) -> (&'static str, String) {
    let (word, rest) = match effect {
        ArgEffect::Unknown => ("unknown", "may be kept or released"),
        ArgEffect::Borrow => (
            "borrows",
            "is borrowed: the function is done with it on return",
        ),
        ArgEffect::Drain => (
            "drains",
            "is drained: it is read to the end, and the function is done with it on return",
        ),
        ArgEffect::Wrap => (
            "wraps",
            "is wrapped: the first result refers to it, and releasing that does not release it",
        ),
        ArgEffect::Own => (
            "owns",
            "is taken over by the first result: releasing that releases it",
        ),
        ArgEffect::Release => ("releases", "is released"),
        ArgEffect::Keep => ("keeps", "is kept for longer than the call"),
    };
    (word, format!("its {what} {name} {rest}"))
}

pub(super) fn writes(what: &str, name: &str) -> String {
    format!("its {what} {name} is written to")
}

pub(super) fn ends(contract: &Contract) -> Option<(&'static str, &'static str)> {
    Some(match (contract.never_returns, contract.exits) {
        (true, _) if contract.blocks => (
            "blocks",
            "it never returns: it waits or loops for ever, and no deferred call of it runs",
        ),
        (true, Exits::Always) => ("exits", "it never returns: it ends the process"),
        (true, Exits::Maybe) => (
            "never-returns",
            "it never returns, and on some path because it ends the process",
        ),
        (true, Exits::Never) => ("never-returns", "it never returns"),
        (false, Exits::Maybe | Exits::Always) => ("may-exit", "it may end the process"),
        (false, Exits::Never) => return None,
    })
}

fn by(op: LockOp) -> &'static str {
    match op {
        LockOp::RLock | LockOp::TryRLock | LockOp::RUnlock => "for reading",
        _ => "for writing",
    }
}

pub(super) fn lock(deed: &LockDeed) -> (&'static str, String) {
    let lock = &deed.lock;
    let (word, text) = match deed.use_ {
        LockUse::Within(op) => (
            "takes",
            format!("it takes the lock {lock} {} and gives it back", by(op)),
        ),
        LockUse::Keeps(op, told) => {
            let when = match told {
                None => "",
                Some(Answered::Nil) => " when its last result is nil",
                Some(Answered::NonNil) => " when its last result is not nil",
                Some(Answered::True) => " when its last result is true",
                Some(Answered::False) => " when its last result is false",
            };
            let text = format!(
                "it takes the lock {lock} {} and returns with it{when}",
                by(op)
            );
            ("keeps", text)
        }
        LockUse::MayKeep(op) => (
            "may-keep",
            format!(
                "it takes the lock {lock} {} and on some paths returns with it",
                by(op)
            ),
        ),
        LockUse::GivesBack => (
            "gives-back",
            format!("it gives back the lock {lock}, which its caller took"),
        ),
        LockUse::LetsGo => (
            "lets-go",
            format!("it gives back the lock {lock}, which its caller took, and takes it again"),
        ),
        LockUse::Unclear => (
            "unclear",
            format!("it does something with the lock {lock} that was not understood"),
        ),
    };
    if deed.conditional {
        return (word, format!("{text}, if an argument says so"));
    }
    (word, text)
}

pub(super) fn waits(kind: WaitKind) -> (&'static str, &'static str) {
    match kind {
        WaitKind::Send => (
            "send",
            "it may wait for as long as nobody receives what it sends",
        ),
        WaitKind::Receive => (
            "receive",
            "it may wait for as long as nobody sends what it receives",
        ),
        WaitKind::Select => (
            "select",
            "it may wait in a `select` for as long as no case is ready",
        ),
        WaitKind::RangeChannel => (
            "range-channel",
            "it may wait for as long as nobody closes the channel that it ranges over",
        ),
        WaitKind::WaitGroup => (
            "wait-group",
            "it may wait for as long as a WaitGroup is not done",
        ),
        WaitKind::Sleep => ("sleep", "it may wait in time.Sleep"),
    }
}
