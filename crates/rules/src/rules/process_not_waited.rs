//! `process-not-waited`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds processes that are started and not waited for on every path.
    ///
    /// ## What it does
    /// Reports a call that starts a process (`Start` of an `exec.Cmd` that this function made,
    /// `os.StartProcess`, or a function of the program that returns a started one) when `Wait` is neither
    /// called nor is the command handed on along some path. A command that is kept in a struct, returned,
    /// or waited for in a goroutine is left alone.
    ///
    /// In package main a process that nobody ever waits for is left alone, and everywhere one that is
    /// started in a session or process group of its own.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// A child that has ended stays a zombie until its parent waits for it: it keeps its number in the
    /// table of processes, which is finite. `Wait` also closes the pipes of the command and ends the
    /// goroutines that copy its output (`os/exec/exec.go`).
    ///
    /// ## Example
    /// ```go
    /// func list(dir string) ([]byte, error) {
    /// 	cmd := exec.Command("git", "ls-files", dir)
    /// 	out, err := cmd.StdoutPipe()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if err := cmd.Start(); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	text, err := io.ReadAll(out)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return text, cmd.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func list(dir string) ([]byte, error) {
    /// 	cmd := exec.Command("git", "ls-files", dir)
    /// 	out, err := cmd.StdoutPipe()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if err := cmd.Start(); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	text, err := io.ReadAll(out)
    /// 	return text, errors.Join(err, cmd.Wait())
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the process is meant to outlive the program, which then ends soon.
    ///
    /// ## Fix safety
    /// Where nothing waits for the process, the fix adds `go cmd.Wait()`, unless there are pipes to read;
    /// where a path with an error leaves `Wait` out, it ends the process and waits there. It is unsafe:
    /// look at whether the process is meant to go on.
    pub ProcessNotWaited {
        name: "process-not-waited",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for ProcessNotWaited {
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
