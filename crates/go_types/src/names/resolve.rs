//! Statements and declarations of a body, with Go's rules about where names can be used.
use super::body::BodyNames;
use crate::cx::PackageCx;
use go_syntax::FuncId;
pub(super) fn resolve(cx: &PackageCx<'_>, file: u32, root: FuncId) -> BodyNames {
    let _ = (cx, file, root);
    let f = cx.file(file).func(root);
    BodyNames {
        root,
        exprs: f.exprs,
        names: f.names,
        objects: Vec::new(),
        declared: Vec::new(),
        locals: Vec::new(),
        uses: Vec::new(),
        use_starts: Vec::new(),
        labels: Vec::new(),
        branches: Vec::new(),
    }
}
