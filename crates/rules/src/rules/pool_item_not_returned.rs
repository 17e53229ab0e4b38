//! `pool-item-not-returned`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds items of pools that are given back on one path and not on another.
    ///
    /// ## What it does
    /// Reports an item that a pool gives (`Get` of a `sync.Pool`, `Acquire…` of fasthttp, …) when it is
    /// put back on one path and neither put back nor handed on along another: an early return that forgets
    /// it. Where a function never puts an item back it is left alone, as is an item that is on purpose not
    /// put back because it grew too large.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The pool has to make a new item for each one that does not come back, so it saves nothing. Pools
    /// of another kind hold a fixed number of items, and whoever asks for the next one waits for ever.
    ///
    /// ## Example
    /// ```go
    /// var buffers = sync.Pool{New: func() any { return new(strings.Builder) }}
    ///
    /// func join(names []string) (string, error) {
    /// 	b := buffers.Get().(*strings.Builder)
    /// 	for _, name := range names {
    /// 		if name == "" {
    /// 			return "", errors.New("empty name")
    /// 		}
    /// 		b.WriteString(name)
    /// 	}
    /// 	text := b.String()
    /// 	b.Reset()
    /// 	buffers.Put(b)
    /// 	return text, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// var buffers = sync.Pool{New: func() any { return new(strings.Builder) }}
    ///
    /// func join(names []string) (string, error) {
    /// 	b := buffers.Get().(*strings.Builder)
    /// 	defer func() {
    /// 		b.Reset()
    /// 		buffers.Put(b)
    /// 	}()
    /// 	for _, name := range names {
    /// 		if name == "" {
    /// 			return "", errors.New("empty name")
    /// 		}
    /// 		b.WriteString(name)
    /// 	}
    /// 	return b.String(), nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When an item that met with an error must not be used again.
    ///
    /// ## Fix safety
    /// Where the item is put back once, at the end of the function, the fix defers that right after `Get`,
    /// with the `Reset` before it. It is unsafe: what is in the item may have been kept by somebody.
    pub PoolItemNotReturned {
        name: "pool-item-not-returned",
        category: Release,
        severity: Note,
        default: off,
        needs: BODY,
    }
}

impl Rule for PoolItemNotReturned {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks(cx, &Self::META);
    }
}
