//! `raw-fd-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds file descriptors of system calls that are not closed on every path.
    ///
    /// ## What it does
    /// Reports descriptors that system calls give (`unix.Open`, `syscall.Socket`,
    /// `unix.EpollCreate1`, …) when a path neither closes them nor hands them on, to `os.NewFile`
    /// for instance.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// A descriptor is a number: no finalizer closes it. It stays open until the process ends, and
    /// the process runs out of them.
    ///
    /// ## Example
    /// ```go
    /// func probe(path string) error {
    /// 	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if fd > 1000 {
    /// 		return errors.New("too many open files")
    /// 	}
    /// 	return syscall.Close(fd)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func probe(path string) error {
    /// 	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer syscall.Close(fd)
    /// 	if fd > 1000 {
    /// 		return errors.New("too many open files")
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub RawFdNotClosed {
        name: "raw-fd-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for RawFdNotClosed {
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
