//! The shape of a package: everything of its text that other packages can see, which is all but the
//! bodies of functions, comments, and spaces.

use go_syntax::{DeclKind, File, Span};

use super::digest::{Digest, Digester};

/// The shape of files with their names. They must have been parsed with bodies.
pub(crate) fn shape<'f>(files: impl ExactSizeIterator<Item = (&'f [u8], &'f File)>) -> Digest {
    let mut text = Vec::new();
    Digester::new("shape")
        .all(files, |digester, (name, file)| {
            text.clear();
            visible(file, &mut text);
            digester.bytes(name).bytes(&text)
        })
        .finish()
}

/// Appends the part of a file that others can see.
fn visible(file: &File, out: &mut Vec<u8>) {
    let bodies = file.top_decls().iter().filter_map(|&decl| {
        let DeclKind::Func(func) = file.decl(decl).kind else {
            return None;
        };
        let func = file.func(func);
        // What has no body here may have one elsewhere, which is a difference.
        func.body.map(|body| file.stmt(body).span)
    });
    let comments = file.comments();
    let mut at = 0;
    for body in bodies {
        append(file, Span::new(at, body.start), comments, out);
        out.push(b'{');
        at = body.end;
    }
    append(file, Span::new(at, file.text().len() as u32), comments, out);
}

fn append(file: &File, span: Span, comments: &[go_syntax::Comment], out: &mut Vec<u8>) {
    let mut at = span.start;
    let first = comments.partition_point(|comment| comment.span.end <= span.start);
    for comment in &comments[first..] {
        if comment.span.start >= span.end {
            break;
        }
        words(
            file.span_text(Span::new(at, comment.span.start.max(at))),
            out,
        );
        at = comment.span.end.min(span.end).max(at);
    }
    words(file.span_text(Span::new(at, span.end.max(at))), out);
}

/// Appends text with each run of spaces as one: a newline if there is one in it, since that can end a
/// statement.
fn words(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_whitespace() {
            match (out.last_mut(), byte) {
                (Some(last @ b' '), b'\n') => *last = b'\n',
                (Some(b'\n' | b' '), _) => {}
                (_, b'\n') => out.push(b'\n'),
                _ => out.push(b' '),
            }
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use go_syntax::{Mode, Source, parse};

    use super::*;

    fn of(text: &str) -> Digest {
        let file = parse(Source::from(text), Mode::Full);
        shape([(&b"a.go"[..], &file)].into_iter())
    }

    const TEXT: &str = "package p\n\n// Doc.\nfunc F(x int) error { return g(x) }\n\ntype T struct{ A int }\n\nvar V = func() int { return 1 }\n";

    #[test]
    fn what_only_the_package_sees_does_not_count() {
        let base = of(TEXT);
        assert_eq!(of(&TEXT.replace("return g(x)", "x++; return nil")), base);
        assert_eq!(of(&TEXT.replace("// Doc.", "// Other.\n// More.")), base);
        assert_eq!(of(&TEXT.replace("struct{ A", "struct{   A")), base);
        assert_eq!(
            of(&TEXT.replace("package p\n\n", "package p\n\n\n\n")),
            base
        );
    }

    #[test]
    fn what_others_see_counts() {
        let base = of(TEXT);
        for (from, to) in [
            ("x int) error", "x int) (error, bool)"),
            ("F(", "G("),
            ("A int", "A uint"),
            ("var V", "const V"),
            ("return 1", "return 2"),
            (" { return g(x) }", ""),
        ] {
            assert_ne!(of(&TEXT.replace(from, to)), base, "{from}");
        }
    }
}
