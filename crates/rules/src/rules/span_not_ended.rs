//! `span-not-ended`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds spans that are started and not ended on every path.
    ///
    /// ## What it does
    /// Reports a call that starts a span or a trace task (`Start` of an OpenTelemetry tracer, `StartSpan`
    /// of OpenCensus and OpenTracing, `trace.StartRegion`, …, or a function of the program that returns a
    /// span it started) when the span is neither ended nor handed on along some path. That its context is
    /// handed on does not end it.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// A span is exported when it ends. One that never ends is missing from the trace, what it measured
    /// with it, and its children have a parent that nobody knows (`sdk/trace/span.go` of OpenTelemetry
    /// calls the processors in `End`). Some libraries keep the whole trace in memory until then.
    ///
    /// ## Example
    /// ```go
    /// func load(ctx context.Context, keys []string) error {
    /// 	defer trace.StartRegion(ctx, "load").End()
    /// 	ctx, task := trace.NewTask(ctx, "keys")
    /// 	for _, key := range keys {
    /// 		if key == "" {
    /// 			return errors.New("empty key")
    /// 		}
    /// 		trace.Log(ctx, "key", key)
    /// 	}
    /// 	task.End()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(ctx context.Context, keys []string) error {
    /// 	defer trace.StartRegion(ctx, "load").End()
    /// 	ctx, task := trace.NewTask(ctx, "keys")
    /// 	defer task.End()
    /// 	for _, key := range keys {
    /// 		if key == "" {
    /// 			return errors.New("empty key")
    /// 		}
    /// 		trace.Log(ctx, "key", key)
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When another function finds the span in the context and ends it.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub SpanNotEnded {
        name: "span-not-ended",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for SpanNotEnded {
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
