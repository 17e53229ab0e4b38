//! The names of functions, taken apart: import path, declaration, what the compiler appended.

use std::borrow::Cow;

/// What Go wrote in names before Go 1.20: `F·dwrap·1` is what `F.deferwrap1` is now.
const MIDDLE_DOT: char = '·';
const OLD_WRAPPER: &str = "·dwrap";

/// The name of a function in the table, in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// The import path, `main` for the main package.
    pub package: Cow<'a, str>,
    /// The declaration: `F`, `T.M` or `(*T).M`, or `init` and `glob.` for what stands outside of functions.
    pub declaration: &'a str,
    /// What follows it: `func1.2`, `deferwrap1`, `F-range1`, …
    pub suffix: &'a str,
}

impl<'a> Symbol<'a> {
    /// Takes a name apart.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        // Type arguments may hold anything, paths with slashes included.
        let plain = name.find('[').map_or(name, |bracket| &name[..bracket]);
        let path = plain.rfind('/').map_or(0, |slash| slash + 1);
        let Some(dot) = plain[path..].find('.').map(|dot| path + dot) else {
            return Self {
                package: Cow::Borrowed(""),
                declaration: name,
                suffix: "",
            };
        };
        let rest = &name[dot + 1..];
        let declaration = declaration(rest);
        Self {
            package: unescape(&name[..dot]),
            declaration,
            suffix: rest[declaration.len()..].trim_start_matches(['.', '-', MIDDLE_DOT]),
        }
    }

    /// The declaration without type arguments: `(*box[go.shape.int]).with` is `(*box).with` in the source.
    #[must_use]
    pub fn declared_name(&self) -> String {
        let mut depth = 0u32;
        self.declaration
            .chars()
            .filter(|&c| match c {
                '[' => {
                    depth += 1;
                    false
                }
                ']' => {
                    depth = depth.saturating_sub(1);
                    false
                }
                _ => depth == 0,
            })
            .collect()
    }

    /// Whether this is code that the compiler wrote around a deferred call or a call in a `go` statement.
    #[must_use]
    pub fn is_wrapper(&self) -> bool {
        let last = self.suffix.rsplit('.').next().unwrap_or_default();
        last.starts_with("deferwrap") || last.starts_with("gowrap") || last.contains(OLD_WRAPPER)
    }

    /// The name of the function that this one, called `name`, is a literal or a wrapper in.
    #[must_use]
    pub(crate) fn outer<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.suffix.is_empty() {
            return None;
        }
        let old = name.rfind(MIDDLE_DOT).and_then(|_| name.rfind(OLD_WRAPPER));
        let end = old.or_else(|| name.rfind('.'))?;
        // A dot in front of the suffix, or in it.
        (end + MIDDLE_DOT.len_utf8() + self.suffix.len() >= name.len())
            .then(|| name[..end].trim_end_matches(MIDDLE_DOT))
    }
}

/// The part of `rest` that names a declaration.
fn declaration(rest: &str) -> &str {
    let end = |from: usize| {
        let mut depth = 0u32;
        for (at, c) in rest.char_indices().skip_while(|&(at, _)| at < from) {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                '.' | '-' | MIDDLE_DOT if depth == 0 && at > from => return at,
                _ => {}
            }
        }
        rest.len()
    };
    let first = end(0);
    let is_made_up = |part: &str| {
        ["func", "deferwrap", "gowrap", "range"].iter().any(|made| {
            part.strip_prefix(made)
                .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        }) || part.bytes().all(|b| b.is_ascii_digit())
    };
    let Some(next) = rest
        .get(first + 1..)
        .filter(|_| rest[first..].starts_with('.'))
    else {
        return &rest[..first];
    };
    let second = end(first + 1);
    let part = &rest[first + 1..second];
    // `T.M` and `(*T).M`, but `F.func1`; `init.0` is the first of the functions called init.
    if is_made_up(part) || next.is_empty() || rest.starts_with("init.") || rest.starts_with("glob.")
    {
        return &rest[..first];
    }
    &rest[..second]
}

/// An import path as it stands in names: the dots of its last part, and other characters, are written
/// as `%2e`.
#[must_use]
pub fn unescape(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |digit: u8| char::from(digit).to_digit(16);
        match after {
            [high, low, tail @ ..] if byte == b'%' => {
                if let (Some(high), Some(low)) = (hex(*high), hex(*low)) {
                    bytes.extend(u8::try_from(high * 16 + low));
                    rest = tail;
                } else {
                    bytes.push(byte);
                    rest = after;
                }
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts = |name| {
            let symbol = Symbol::parse(name);
            let package = symbol.package.into_owned();
            (package, symbol.declaration, symbol.suffix)
        };
        let of = |package: &str, declaration, suffix| (package.to_owned(), declaration, suffix);
        assert_eq!(parts("main.main"), of("main", "main", ""));
        assert_eq!(
            parts("net/http.(*conn).serve.func1.2"),
            of("net/http", "(*conn).serve", "func1.2")
        );
        assert_eq!(parts("a.b/c.T.M"), of("a.b/c", "T.M", ""));
        assert_eq!(parts("main.f.deferwrap1"), of("main", "f", "deferwrap1"));
        assert_eq!(parts("main.f-range1"), of("main", "f", "range1"));
        assert_eq!(parts("main.init.0.func1"), of("main", "init", "0.func1"));
        assert_eq!(parts("main.init"), of("main", "init", ""));
        assert_eq!(
            parts("gopkg.in/yaml%2ev3.(*parser).parse"),
            of("gopkg.in/yaml.v3", "(*parser).parse", "")
        );
        assert_eq!(parts("main.F[...].func1"), of("main", "F[...]", "func1"));
        assert_eq!(
            parts("main.(*box[go.shape.int]).with"),
            of("main", "(*box[go.shape.int]).with", "")
        );
        assert_eq!(parts("_cgo_start"), of("", "_cgo_start", ""));
        assert_eq!(parts("main."), of("main", "", ""));
        assert_eq!(parts("main.f."), of("main", "f", ""));
    }

    #[test]
    fn type_arguments_are_left_out() {
        let declared = |name| Symbol::parse(name).declared_name();
        assert_eq!(
            declared("main.(*box[go.shape.[]int,a/b.T]).with"),
            "(*box).with"
        );
        assert_eq!(declared("main.F"), "F");
    }

    #[test]
    fn wrappers_are_known() {
        assert!(Symbol::parse("main.f.func1.deferwrap2").is_wrapper());
        assert!(!Symbol::parse("main.f.func1").is_wrapper());
        assert!(Symbol::parse("main.f.func1·dwrap·2").is_wrapper());
    }

    #[test]
    fn literals_and_wrappers_have_outer_functions() {
        let outer = |name| Symbol::parse(name).outer(name);
        assert_eq!(outer("main.f.deferwrap1"), Some("main.f"));
        assert_eq!(outer("a/b.(*T).m.func1.2"), Some("a/b.(*T).m.func1"));
        assert_eq!(outer("main.f·dwrap·1"), Some("main.f"));
        assert_eq!(outer("main.f.func2·dwrap·1"), Some("main.f.func2"));
        assert_eq!(
            outer("main.f[go.shape.int].func1"),
            Some("main.f[go.shape.int]")
        );
        assert_eq!(outer("main.f-range1.2"), Some("main.f-range1"));
        assert_eq!(outer("main.f"), None);
        assert_eq!(outer("main.(*T).m"), None);
    }
}
