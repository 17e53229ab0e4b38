//! `temp-not-removed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds temporary files and folders that are not removed on every path.
    ///
    /// ## What it does
    /// Reports `os.CreateTemp` and `os.MkdirTemp` when a path neither removes what they made
    /// (`os.Remove`, `os.RemoveAll`, `os.Rename`) nor hands on the name or the file.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// Nobody else removes it: the disk fills up, file by file, until something fails that has
    /// nothing to do with it. Temporary folders are emptied at boot on some systems, on others
    /// never, and in a container the boot never comes.
    ///
    /// ## Example
    /// ```go
    /// func render(data []byte) ([]byte, error) {
    /// 	dir, err := os.MkdirTemp("", "render")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if err := os.WriteFile(filepath.Join(dir, "in"), data, 0o600); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	out, err := exec.Command("render", "-C", "/tmp").Output()
    /// 	os.RemoveAll(dir)
    /// 	return out, err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func render(data []byte) ([]byte, error) {
    /// 	dir, err := os.MkdirTemp("", "render")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer os.RemoveAll(dir)
    /// 	if err := os.WriteFile(filepath.Join(dir, "in"), data, 0o600); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return exec.Command("render", "-C", "/tmp").Output()
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
    pub TempNotRemoved {
        name: "temp-not-removed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for TempNotRemoved {
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
