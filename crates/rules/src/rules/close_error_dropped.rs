//! `close-error-dropped`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::life::{is_flushed, may_release, report_dropped};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds files and writers that were written and whose `Close` fails unseen.
    ///
    /// ## What it does
    /// Reports a `Close` whose error nobody sees, by `defer f.Close()` or as a statement of its own,
    /// when the file was written to on a path that then returns without an error. Writers that finish
    /// their output in `Close` (gzip, zip, tar, base64, …) are reported likewise.
    ///
    /// It is silent when the function has no error to return, on paths that return an error anyway,
    /// when a checked `Sync` or a checked `Close` came before, when the file is only read, when it
    /// is a temporary one that the function removes, or when what is written stays in memory or goes
    /// to an `http.ResponseWriter` or a standard stream. `_ = f.Close()` says that it is meant.
    ///
    /// ## Why it is bad
    /// A full disk, an exceeded quota or a network file system may tell only in `Close` that what was
    /// written before is lost (`close(2)`: "not checking the return value … may lead to silent loss
    /// of data"). A compressor or an archive writer has not even written its last bytes before. The
    /// function returns nil, and its callers go on with a file that is cut short.
    ///
    /// ## Example
    /// ```go
    /// func save(path string, data []byte) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer f.Close()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func save(path string, data []byte) (err error) {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer func() {
    /// 		err = errors.Join(err, f.Close())
    /// 	}()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When what is written may be lost: a cache, a report for people. Where a function that is not at
    /// hand closes the file and looks at the error, nothing is reported.
    ///
    /// ## Fix safety
    /// The fix gives the error result a name, if it has none, and defers a literal that adds the error to
    /// it: by `errors.Join` from Go 1.20 on, else when there is no other. A release by hand right before
    /// `return …, nil` is checked where it stands. This is safe: nothing changes unless it fails.
    pub CloseErrorDropped {
        name: "close-error-dropped",
        category: Errors,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for CloseErrorDropped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_release(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_dropped(cx, &Self::META, |class| !is_flushed(class));
    }
}
