//! Comments that suppress findings: finding them among all comments, and reading them.
//!
//! | comment | meaning |
//! |---|---|
//! | `//nolint` | every linter |
//! | `//nolint:a,b // reason` | those linters, or rules of theirs |
//! | `//lint:ignore a,b reason` | those rules, for a reason |
//! | `//deferscope:ignore a,b reason` | those rules |
//! | `//lint:file-ignore …`, `//deferscope:file-ignore …` | the same, for the whole file |

use diagnostics::Category;
use go_syntax::{File, Span};

use crate::catalogue;
use crate::config::Selector;
use crate::suggest::closest;

/// A comment that suppresses findings, or is meant to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Directive {
    /// The comment.
    pub(crate) span: Span,
    /// Whether it is for the whole file.
    pub(crate) file_wide: bool,
    /// What it suppresses. Empty when it names only what belongs to others.
    pub(crate) targets: Vec<Target>,
    /// Whether it names anything beside the targets that other linters may know.
    pub(crate) names_others: bool,
    /// What is wrong with it.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Something that a directive suppresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    pub(crate) what: What,
    /// The name in the comment; the whole comment when there is none.
    pub(crate) span: Span,
}

/// What a name in a directive stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// Whatever any linter says.
    Everything,
    /// Whatever deferscope says.
    Deferscope,
    /// These rules.
    Rules(Selector),
}

/// Something wrong with a directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mistake {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// The directives of a file, in order.
pub(crate) fn directives(file: &File) -> Vec<Directive> {
    let text = file.text();
    file.comments()
        .iter()
        .filter_map(|comment| directive(text, comment.span))
        .collect()
}

/// Reads a comment, if it is a directive. Most are not, and the first letters tell.
fn directive(text: &str, span: Span) -> Option<Directive> {
    let body = text.get(span.range())?.strip_prefix("//")?;
    let word = body.trim_start_matches([' ', '\t']);
    if !matches!(word.as_bytes().first(), Some(b'n' | b'l' | b'd')) {
        return None;
    }
    let spaced = word.len() < body.len();
    let reader = Reader {
        text,
        span,
        directive: Directive::new(span),
    };
    if let Some(rest) = word.strip_prefix("nolint") {
        reader.nolint(rest, spaced)
    } else if let Some(rest) = word.strip_prefix("deferscope:") {
        reader.ours(rest)
    } else if let Some(rest) = word.strip_prefix("lint:").filter(|_| !spaced) {
        reader.lint(rest)
    } else {
        None
    }
}

impl Directive {
    fn new(span: Span) -> Self {
        Self {
            span,
            file_wide: false,
            targets: Vec::new(),
            names_others: false,
            mistakes: Vec::new(),
        }
    }
}

/// Whose directive a name stands in: that decides what an unknown name may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Nolint,
    Lint,
    Deferscope,
}

struct Reader<'a> {
    text: &'a str,
    span: Span,
    directive: Directive,
}

impl Reader<'_> {
    /// `rest` follows `nolint`. Prose that begins with that word is not meant: after a space only
    /// the plain directive counts.
    fn nolint(mut self, rest: &str, spaced: bool) -> Option<Directive> {
        let end = rest.trim_end();
        let plain = end.is_empty() || end.trim_start().starts_with("//");
        if let Some(list) = rest.strip_prefix(':') {
            let list = list.split("//").next().unwrap_or_default();
            self.names(list_of_names(list), Dialect::Nolint);
            return Some(self.directive);
        }
        if plain || (!spaced && rest.starts_with([' ', '\t'])) {
            self.directive.targets.push(Target {
                what: What::Everything,
                span: self.span,
            });
            return Some(self.directive);
        }
        None
    }

    /// `rest` follows `deferscope:`.
    fn ours(mut self, rest: &str) -> Option<Directive> {
        let (verb, arguments) = split_word(rest);
        match verb {
            "ignore" => {}
            "file-ignore" => self.directive.file_wide = true,
            _ => {
                let help = match closest(verb, ["ignore", "file-ignore"]) {
                    Some(meant) => format!("did you mean `deferscope:{meant}`?"),
                    None => "there are `deferscope:ignore` and `deferscope:file-ignore`".to_owned(),
                };
                self.mistake(
                    self.span,
                    format!("there is no directive `deferscope:{verb}`"),
                    help,
                );
                return Some(self.directive);
            }
        }
        let (names, _reason) = split_names(arguments);
        if names.is_empty() {
            let help =
                "write `//deferscope:ignore RULE reason`, or `all` in the place of RULE".to_owned();
            self.mistake(
                self.span,
                "the directive names no rule and suppresses nothing".to_owned(),
                help,
            );
        }
        self.names(names, Dialect::Deferscope);
        Some(self.directive)
    }

    /// `rest` follows `lint:`.
    fn lint(mut self, rest: &str) -> Option<Directive> {
        let (verb, arguments) = split_word(rest);
        self.directive.file_wide = match verb {
            "ignore" => false,
            "file-ignore" => true,
            _ => return None,
        };
        let (names, reason) = split_names(arguments);
        self.names(names, Dialect::Lint);
        if reason.is_empty() && !self.directive.targets.is_empty() {
            self.directive.targets.clear();
            let help = format!("write `//lint:{verb} {names} reason`");
            self.mistake(
                self.span,
                "the directive gives no reason and suppresses nothing".to_owned(),
                help,
            );
        }
        Some(self.directive)
    }

    fn names(&mut self, list: &str, dialect: Dialect) {
        for name in list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let span = self.span_of(name);
            match what(name, dialect) {
                Some(what) => self.directive.targets.push(Target { what, span }),
                None => self.unknown(name, span, dialect),
            }
        }
    }

    /// A name that is not ours: perhaps somebody else's, perhaps misspelt.
    fn unknown(&mut self, name: &str, span: Span, dialect: Dialect) {
        let meant = match dialect {
            Dialect::Deferscope => closest(name, crate::config::selectable()),
            // Names of others are short and without hyphens; ours are not.
            Dialect::Nolint | Dialect::Lint => {
                catalogue::closest_rule(name).filter(|_| name.contains(['-', '_']))
            }
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if dialect == Dialect::Deferscope => {
                "`deferscope rules` lists all rules".to_owned()
            }
            None => {
                self.directive.names_others = true;
                return;
            }
        };
        self.mistake(
            span,
            format!("there is no rule `{name}`, so nothing is suppressed"),
            help,
        );
    }

    fn mistake(&mut self, span: Span, message: String, help: String) {
        self.directive.mistakes.push(Mistake {
            span,
            message,
            help,
        });
    }

    /// Where a part of the comment stands.
    fn span_of(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let start = u32::try_from(start).unwrap_or(self.span.start);
        Span::new(start, start + length(part))
    }
}

fn what(name: &str, dialect: Dialect) -> Option<What> {
    if dialect != Dialect::Deferscope {
        return match name {
            "all" if dialect == Dialect::Nolint => Some(What::Everything),
            "deferscope" => Some(What::Deferscope),
            // Categories have common names, and may well be linters of others.
            _ => catalogue::index_of(name).map(|index| What::Rules(Selector::Rule(index))),
        };
    }
    match name {
        "all" | "deferscope" => Some(What::Deferscope),
        _ => {
            let rule = catalogue::index_of(name).map(Selector::Rule);
            rule.or_else(|| Category::from_name(name).map(Selector::Category))
                .map(What::Rules)
        }
    }
}

/// The first word, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t', '\r']).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// Names with commas between them, spaces after commas allowed, and what follows them.
fn split_names(text: &str) -> (&str, &str) {
    let names = list_of_names(text);
    (names, text[names.len()..].trim())
}

/// The names at the start of `text`: up to a space that does not follow a comma.
fn list_of_names(text: &str) -> &str {
    let mut end = 0;
    let mut after_comma = true;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if !after_comma {
                break;
            }
            continue;
        }
        after_comma = c == ',';
        end = at + c.len_utf8();
    }
    &text[..end]
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(comment: &str) -> Option<Directive> {
        let text = format!("package p\n{comment}\n");
        let file = go_syntax::parse(
            go_syntax::Source::from(text.as_str()),
            go_syntax::Mode::Full,
        );
        let mut found = directives(&file);
        assert!(found.len() <= 1);
        found.pop()
    }

    fn targets(comment: &str) -> Vec<&'static str> {
        let directive = read(comment).unwrap_or_else(|| panic!("{comment} is a directive"));
        assert_eq!(directive.mistakes, [], "{comment}");
        directive
            .targets
            .iter()
            .map(|target| name(target.what))
            .collect()
    }

    fn name(what: What) -> &'static str {
        match what {
            What::Everything => "*",
            What::Deferscope => "deferscope",
            What::Rules(selector) => selector.as_str(),
        }
    }

    fn mistake(comment: &str) -> String {
        let directive = read(comment).unwrap_or_else(|| panic!("{comment} is a directive"));
        assert_eq!(directive.mistakes.len(), 1, "{comment}");
        format!(
            "{} | {}",
            directive.mistakes[0].message, directive.mistakes[0].help
        )
    }

    const RULE: &str = "unused-suppression";
    const OTHER: &str = "invalid-suppression";

    #[test]
    fn nolint_in_all_its_forms() {
        for comment in [
            "//nolint",
            "// nolint",
            "//nolint ",
            "//nolint // why",
            "//nolint because",
            "//nolint:all",
            "//nolint\r",
        ] {
            assert_eq!(targets(comment), ["*"], "{comment}");
        }
        assert_eq!(targets("//nolint:deferscope"), ["deferscope"]);
        assert_eq!(
            targets(&format!("//nolint:{RULE},{OTHER} // why")),
            [RULE, OTHER]
        );
        assert_eq!(
            targets(&format!("// nolint: {RULE}, {OTHER} why")),
            [RULE, OTHER]
        );
        assert_eq!(targets(&format!("//nolint:{RULE}// why, really")), [RULE]);
    }

    #[test]
    fn other_comments_are_not_directives() {
        for comment in [
            "// nolint directives are read here",
            "//nolinter",
            "//no",
            "// lint:ignore a b",
            "//lint:something",
            "//linter",
            "// deferscope is a tool",
            "/*nolint*/",
            "// see //nolint",
            "//",
        ] {
            assert_eq!(read(comment), None, "{comment}");
        }
    }

    #[test]
    fn names_of_others_are_let_through() {
        for comment in [
            "//nolint:gosec,errcheck",
            "//lint:ignore SA1000,ST1* why",
            "//nolint:lock",
            "//nolint:errors",
        ] {
            assert_eq!(targets(comment), [""; 0], "{comment}");
            assert!(read(comment).expect("a directive").names_others);
        }
        assert_eq!(targets(&format!("//nolint:gosec,{RULE}")), [RULE]);
    }

    #[test]
    fn the_other_two_take_rules_and_reasons() {
        assert_eq!(
            targets(&format!("//lint:ignore {RULE},{OTHER} a reason")),
            [RULE, OTHER]
        );
        assert_eq!(targets(&format!("//deferscope:ignore {RULE}")), [RULE]);
        assert_eq!(
            targets(&format!("// deferscope:ignore {RULE}, {OTHER} a reason")),
            [RULE, OTHER]
        );
        assert_eq!(targets("//deferscope:ignore locks why"), ["locks"]);
        assert_eq!(targets("//deferscope:ignore all"), ["deferscope"]);
        let file_wide = |comment: &str| read(comment).expect("a directive").file_wide;
        assert!(file_wide(&format!("//lint:file-ignore {RULE} why")));
        assert!(file_wide(&format!("//deferscope:file-ignore {RULE}")));
        assert!(!file_wide(&format!("//deferscope:ignore {RULE}")));
    }

    #[test]
    fn names_are_located() {
        let directive = read(&format!("//nolint:gosec,{RULE}")).expect("a directive");
        let start = "package p\n//nolint:gosec,".len() as u32;
        assert_eq!(
            directive.targets[0].span,
            Span::new(start, start + RULE.len() as u32)
        );
    }

    #[test]
    fn mistakes_are_explained() {
        assert_eq!(
            mistake("//deferscope:ignore unused-supression why"),
            "there is no rule `unused-supression`, so nothing is suppressed | did you mean `unused-suppression`?"
        );
        assert!(
            mistake("//deferscope:ignore gosec").ends_with("`deferscope rules` lists all rules")
        );
        assert!(mistake("//deferscope:ignore").contains("names no rule"));
        assert!(mistake("//deferscope:ignored x").ends_with("did you mean `deferscope:ignore`?"));
        assert!(
            mistake("//nolint:unused-supression").ends_with("did you mean `unused-suppression`?")
        );
        assert!(mistake(&format!("//lint:ignore {RULE}")).contains("no reason"));
        let directive = read(&format!("//lint:ignore {RULE}")).expect("a directive");
        assert_eq!(directive.targets, [], "staticcheck does not heed it either");
    }
}
