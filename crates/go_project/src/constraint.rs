//! Build constraints: the expressions of `//go:build` and the older `// +build` lines.
//!
//! Parsing and evaluating only. Which lines of a file are constraints is decided in `header`, which
//! tags hold in `tags`.

use crate::version::GoVersion;

/// A constraint over build tags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Constraint {
    /// Holds when the tag does.
    Tag(Box<str>),
    /// Holds when the operand does not.
    Not(Box<Constraint>),
    /// Holds when both do.
    And(Box<Constraint>, Box<Constraint>),
    /// Holds when one does.
    Or(Box<Constraint>, Box<Constraint>),
}

/// Why a line is not a constraint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConstraintError {
    /// Something that cannot stand here.
    #[error("unexpected `{0}`")]
    Unexpected(String),
    /// The line ends where a tag should be.
    #[error("a tag is missing at the end")]
    MissingTag,
    /// A parenthesis that is not closed.
    #[error("`)` is missing")]
    MissingParen,
    /// `!!tag`.
    #[error("`!!` is not allowed")]
    DoubleNegation,
    /// More operands than Go accepts.
    #[error("the expression is too large")]
    TooLarge,
}

/// Go's own bound; it also bounds the recursion here.
const MAX_OPERANDS: usize = 1000;
/// Go's bound on the operators of one `+build` line.
const MAX_PLUS_OPERATORS: usize = 100;

impl Constraint {
    /// Parses what follows `//go:build`.
    ///
    /// # Errors
    ///
    /// If Go would not accept it.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        let mut parser = Parser {
            rest: text,
            token: Token::End,
            operands: 0,
        };
        let expression = parser.or()?;
        match parser.token {
            Token::End => Ok(expression),
            token => Err(token.unexpected()),
        }
    }

    /// Parses what follows `// +build`: words are alternatives, commas conjunctions.
    ///
    /// # Errors
    ///
    /// If it has more operators than Go accepts.
    pub fn parse_plus_build(text: &str) -> Result<Self, ConstraintError> {
        let ignore = || Self::Tag("ignore".into());
        let mut operators = 0;
        let mut join = |left: Option<Self>, right: Self, and: bool| match left {
            None => Ok(right),
            Some(left) => {
                operators += 1;
                if operators > MAX_PLUS_OPERATORS {
                    return Err(ConstraintError::TooLarge);
                }
                let (left, right) = (Box::new(left), Box::new(right));
                Ok(if and {
                    Self::And(left, right)
                } else {
                    Self::Or(left, right)
                })
            }
        };
        let mut any: Option<Self> = None;
        for word in text.split_whitespace() {
            let mut all: Option<Self> = None;
            for literal in word.split(',') {
                // What is not a tag can never hold: Go reads it as the tag `ignore`.
                let operand = match literal.strip_prefix('!') {
                    Some(rest) if rest.is_empty() || rest.starts_with('!') => ignore(),
                    Some(tag) if is_tag(tag) => Self::Not(Box::new(Self::Tag(tag.into()))),
                    Some(_) => Self::Not(Box::new(ignore())),
                    None if is_tag(literal) => Self::Tag(literal.into()),
                    None => ignore(),
                };
                all = Some(join(all, operand, true)?);
            }
            if let Some(all) = all {
                any = Some(join(any, all, false)?);
            }
        }
        Ok(any.unwrap_or_else(ignore))
    }

    /// Whether the constraint holds, given which tags do.
    pub fn eval(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Tag(tag) => holds(tag),
            Self::Not(operand) => !operand.eval(holds),
            Self::And(a, b) => a.eval(holds) && b.eval(holds),
            Self::Or(a, b) => a.eval(holds) || b.eval(holds),
        }
    }

    /// The lowest Go version under which the constraint can hold, if it implies one.
    pub fn go_version(&self) -> Option<GoVersion> {
        self.implied(true)
    }

    /// What the constraint (or its negation) implies. `None` is the weakest demand.
    fn implied(&self, positive: bool) -> Option<GoVersion> {
        match (self, positive) {
            (Self::Tag(tag), true) => {
                if &**tag == "go1" {
                    return Some(GoVersion::new(1, 0));
                }
                let minor = tag.strip_prefix("go1.")?.parse().ok()?;
                Some(GoVersion::new(1, minor))
            }
            (Self::Tag(_), false) => None,
            (Self::Not(operand), _) => operand.implied(!positive),
            (Self::And(a, b), true) | (Self::Or(a, b), false) => {
                a.implied(positive).max(b.implied(positive))
            }
            (Self::Or(a, b), true) | (Self::And(a, b), false) => {
                a.implied(positive).min(b.implied(positive))
            }
        }
    }
}

/// Whether every character may stand in a tag. Unlike in identifiers, `386` is fine.
fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_tag_char)
}

fn is_tag_char(c: char) -> bool {
    c.is_alphabetic() || c.is_numeric() || c == '_' || c == '.'
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Tag(&'a str),
    Not,
    And,
    Or,
    Open,
    Close,
    End,
}

impl Token<'_> {
    fn unexpected(self) -> ConstraintError {
        ConstraintError::Unexpected(
            match self {
                Self::Tag(tag) => tag,
                Self::Not => "!",
                Self::And => "&&",
                Self::Or => "||",
                Self::Open => "(",
                Self::Close => ")",
                Self::End => return ConstraintError::MissingTag,
            }
            .to_owned(),
        )
    }
}

/// Recursive descent; each function returns with the token after its phrase in `token`.
struct Parser<'a> {
    rest: &'a str,
    token: Token<'a>,
    operands: usize,
}

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Constraint, ConstraintError> {
        let mut left = self.and()?;
        while self.token == Token::Or {
            left = Constraint::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Constraint, ConstraintError> {
        let mut left = self.not()?;
        while self.token == Token::And {
            left = Constraint::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Constraint, ConstraintError> {
        self.operands += 1;
        if self.operands > MAX_OPERANDS {
            return Err(ConstraintError::TooLarge);
        }
        self.advance()?;
        if self.token != Token::Not {
            return self.operand();
        }
        self.advance()?;
        if self.token == Token::Not {
            return Err(ConstraintError::DoubleNegation);
        }
        Ok(Constraint::Not(Box::new(self.operand()?)))
    }

    fn operand(&mut self) -> Result<Constraint, ConstraintError> {
        match self.token {
            Token::Tag(tag) => {
                self.advance()?;
                Ok(Constraint::Tag(tag.into()))
            }
            Token::Open => {
                let inner = self.or()?;
                if self.token != Token::Close {
                    return Err(ConstraintError::MissingParen);
                }
                self.advance()?;
                Ok(inner)
            }
            token => Err(token.unexpected()),
        }
    }

    fn advance(&mut self) -> Result<(), ConstraintError> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        let Some(first) = self.rest.chars().next() else {
            self.token = Token::End;
            return Ok(());
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '!' => (Token::Not, 1),
            '&' if self.rest.starts_with("&&") => (Token::And, 2),
            '|' if self.rest.starts_with("||") => (Token::Or, 2),
            _ => {
                let length = self
                    .rest
                    .find(|c| !is_tag_char(c))
                    .unwrap_or(self.rest.len());
                if length == 0 {
                    return Err(ConstraintError::Unexpected(first.to_string()));
                }
                (Token::Tag(&self.rest[..length]), length)
            }
        };
        self.token = token;
        self.rest = &self.rest[length..];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, tags: &[&str]) -> bool {
        Constraint::parse(text)
            .expect("a constraint")
            .eval(&|tag| tags.contains(&tag))
    }

    #[test]
    fn precedence_is_not_then_and_then_or() {
        assert!(holds("a || b && c", &["a"]));
        assert!(!holds("(a || b) && c", &["a"]));
        assert!(holds("!a && b || c", &["c", "a"]));
        assert!(!holds("!(a && b)", &["a", "b"]));
        assert!(holds("!a||!b", &["a"]));
        assert!(holds(
            "linux && (amd64 || 386) && go1.21 && my_tag.x",
            &["linux", "386", "go1.21", "my_tag.x"]
        ));
    }

    #[test]
    fn what_go_rejects_is_an_error() {
        use ConstraintError as E;
        for (text, error) in [
            ("", E::MissingTag),
            ("a &&", E::MissingTag),
            ("!!a", E::DoubleNegation),
            ("(a", E::MissingParen),
            ("a)", E::Unexpected(")".into())),
            ("a b", E::Unexpected("b".into())),
            ("a,b", E::Unexpected(",".into())),
            ("a & b", E::Unexpected("&".into())),
            ("&& a", E::Unexpected("&&".into())),
            ("a-b", E::Unexpected("-".into())),
            ("a \u{fffd}", E::Unexpected("\u{fffd}".into())),
        ] {
            assert_eq!(Constraint::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Constraint::parse(&deep), Err(ConstraintError::TooLarge));
        let long = vec!["a"; 5000].join(" || ");
        assert_eq!(Constraint::parse(&long), Err(ConstraintError::TooLarge));
        assert!(Constraint::parse(&vec!["a"; 900].join(" && ")).is_ok());
        assert_eq!(
            Constraint::parse_plus_build(&vec!["a"; 200].join(" ")),
            Err(ConstraintError::TooLarge)
        );
    }

    #[test]
    fn plus_build_words_are_alternatives_and_commas_conjunctions() {
        let eval = |text: &str, tags: &[&str]| {
            Constraint::parse_plus_build(text)
                .expect("small")
                .eval(&|tag| tags.contains(&tag))
        };
        assert!(eval("linux darwin", &["darwin"]));
        assert!(eval("linux,386 darwin,!cgo", &["darwin"]));
        assert!(!eval("linux,386 darwin,!cgo", &["darwin", "cgo"]));
        assert!(!eval("", &["linux"]));
        assert!(!eval("!!linux", &["linux"]));
        assert!(!eval("a-b", &["a", "b"]));
        assert!(
            eval("!a-b", &[]),
            "a malformed tag never holds, so its negation does"
        );
    }

    #[test]
    fn implied_versions_follow_the_logic() {
        let version = |text: &str| {
            Constraint::parse(text)
                .expect("a constraint")
                .go_version()
                .map(|version| version.minor)
        };
        assert_eq!(version("go1.22"), Some(22));
        assert_eq!(version("linux"), None);
        assert_eq!(version("linux && go1.22"), Some(22));
        assert_eq!(version("linux || go1.22"), None);
        assert_eq!(version("go1.20 || go1.22"), Some(20));
        assert_eq!(version("go1.20 && go1.22"), Some(22));
        assert_eq!(version("!go1.22"), None);
        assert_eq!(version("!(!go1.22 || !linux)"), Some(22));
        assert_eq!(version("go1"), Some(0));
        assert_eq!(version("go1.x"), None);
    }
}
