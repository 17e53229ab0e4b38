//! Panics are bugs of deferscope. They are caught around each function, so that a bug costs the
//! findings of one function and not the run.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// How many calls of [`catch`] this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What the last panic said, and where.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic in it becomes an error that says what and where, and is not printed.
///
/// What `work` borrowed mutably may be in any state afterwards and must not be used again.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                return previous(info);
            }
            let place = info
                .location()
                .map(|location| format!(" at {location}"))
                .unwrap_or_default();
            let message = format!("{}{place}", text(info.payload()));
            LAST.with(|last| *last.borrow_mut() = Some(message));
        }));
    });
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| LAST.take().unwrap_or_else(|| text(&*payload).to_owned()))
}

fn text(payload: &(dyn std::any::Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "panic without a message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(catch(|| 1), Ok(1));
        let error = catch(|| -> u8 { panic!("too {}", "bad") }).expect_err("it panics");
        assert!(
            error.starts_with("too bad at ") && error.contains("guard.rs:"),
            "{error}"
        );
        let nested = catch(|| catch(|| -> u8 { panic!("inner") }).expect_err("it panics"));
        assert!(
            nested
                .expect("the outer one goes on")
                .starts_with("inner at ")
        );
        assert_eq!(catch(|| 2), Ok(2));
    }
}
