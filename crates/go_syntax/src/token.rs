//! Tokens.

use crate::ast::BinaryOp;

/// A token. The text of names and literals is that of the span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Token {
    Eof,
    /// A byte or character that starts no token; reported by the lexer.
    Illegal,
    Ident,
    Int,
    Float,
    Imag,
    Char,
    String,
    // Operators that may stand between operands.
    LOr,
    LAnd,
    Eql,
    Neq,
    Lss,
    Leq,
    Gtr,
    Geq,
    Add,
    Sub,
    Or,
    Xor,
    Mul,
    Quo,
    Rem,
    Shl,
    Shr,
    And,
    AndNot,
    // Assignments.
    Assign,
    Define,
    AddAssign,
    SubAssign,
    OrAssign,
    XorAssign,
    MulAssign,
    QuoAssign,
    RemAssign,
    ShlAssign,
    ShrAssign,
    AndAssign,
    AndNotAssign,
    // Other punctuation.
    Arrow,
    Inc,
    Dec,
    Not,
    Tilde,
    Ellipsis,
    LParen,
    LBrack,
    LBrace,
    Comma,
    Period,
    RParen,
    RBrack,
    RBrace,
    /// Written in the source.
    Semicolon,
    /// Inserted at the end of a line, or of the file.
    Newline,
    Colon,
    // Keywords.
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

impl Token {
    /// The keyword with this text.
    #[inline]
    pub(crate) fn keyword(text: &[u8]) -> Option<Self> {
        // All keywords are lower case and 2 to 11 bytes long; most identifiers fail here or on the
        // comparison of one string.
        let token = match (text.len(), text[0]) {
            (2, b'i') => (Self::If, "if"),
            (2, b'g') => (Self::Go, "go"),
            (3, b'f') => (Self::For, "for"),
            (3, b'v') => (Self::Var, "var"),
            (3, b'm') => (Self::Map, "map"),
            (4, b'f') => (Self::Func, "func"),
            (4, b'c') if text[1] == b'a' => (Self::Case, "case"),
            (4, b'c') => (Self::Chan, "chan"),
            (4, b'e') => (Self::Else, "else"),
            (4, b't') => (Self::Type, "type"),
            (4, b'g') => (Self::Goto, "goto"),
            (5, b'b') => (Self::Break, "break"),
            (5, b'c') => (Self::Const, "const"),
            (5, b'd') => (Self::Defer, "defer"),
            (5, b'r') => (Self::Range, "range"),
            (6, b'r') => (Self::Return, "return"),
            (6, b's') if text[1] == b't' => (Self::Struct, "struct"),
            (6, b's') if text[1] == b'w' => (Self::Switch, "switch"),
            (6, b's') => (Self::Select, "select"),
            (6, b'i') => (Self::Import, "import"),
            (7, b'd') => (Self::Default, "default"),
            (7, b'p') => (Self::Package, "package"),
            (8, b'c') => (Self::Continue, "continue"),
            (9, b'i') => (Self::Interface, "interface"),
            (11, b'f') => (Self::Fallthrough, "fallthrough"),
            _ => return None,
        };
        (token.1.as_bytes() == text).then_some(token.0)
    }

    /// The binary operator and its precedence, 1 (lowest) to 5.
    #[inline]
    pub(crate) fn binary(self) -> Option<(BinaryOp, u8)> {
        Some(match self {
            Self::LOr => (BinaryOp::LOr, 1),
            Self::LAnd => (BinaryOp::LAnd, 2),
            Self::Eql => (BinaryOp::Eq, 3),
            Self::Neq => (BinaryOp::Ne, 3),
            Self::Lss => (BinaryOp::Lt, 3),
            Self::Leq => (BinaryOp::Le, 3),
            Self::Gtr => (BinaryOp::Gt, 3),
            Self::Geq => (BinaryOp::Ge, 3),
            Self::Add => (BinaryOp::Add, 4),
            Self::Sub => (BinaryOp::Sub, 4),
            Self::Or => (BinaryOp::Or, 4),
            Self::Xor => (BinaryOp::Xor, 4),
            Self::Mul => (BinaryOp::Mul, 5),
            Self::Quo => (BinaryOp::Quo, 5),
            Self::Rem => (BinaryOp::Rem, 5),
            Self::Shl => (BinaryOp::Shl, 5),
            Self::Shr => (BinaryOp::Shr, 5),
            Self::And => (BinaryOp::And, 5),
            Self::AndNot => (BinaryOp::AndNot, 5),
            _ => return None,
        })
    }

    /// The operator of an assignment that computes, such as `+=`.
    pub(crate) fn compound_assign(self) -> Option<BinaryOp> {
        Some(match self {
            Self::AddAssign => BinaryOp::Add,
            Self::SubAssign => BinaryOp::Sub,
            Self::OrAssign => BinaryOp::Or,
            Self::XorAssign => BinaryOp::Xor,
            Self::MulAssign => BinaryOp::Mul,
            Self::QuoAssign => BinaryOp::Quo,
            Self::RemAssign => BinaryOp::Rem,
            Self::ShlAssign => BinaryOp::Shl,
            Self::ShrAssign => BinaryOp::Shr,
            Self::AndAssign => BinaryOp::And,
            Self::AndNotAssign => BinaryOp::AndNot,
            _ => return None,
        })
    }

    /// Whether a literal of a basic type.
    pub(crate) fn is_literal(self) -> bool {
        matches!(
            self,
            Self::Int | Self::Float | Self::Imag | Self::Char | Self::String
        )
    }

    /// Whether a semicolon, written or inserted.
    #[inline]
    pub(crate) fn is_semi(self) -> bool {
        matches!(self, Self::Semicolon | Self::Newline)
    }

    /// Whether a line end after this token inserts a semicolon.
    #[inline]
    pub(crate) fn ends_statement(self) -> bool {
        matches!(
            self,
            Self::Ident
                | Self::Int
                | Self::Float
                | Self::Imag
                | Self::Char
                | Self::String
                | Self::Break
                | Self::Continue
                | Self::Fallthrough
                | Self::Return
                | Self::Inc
                | Self::Dec
                | Self::RParen
                | Self::RBrack
                | Self::RBrace
        )
    }

    /// Whether a keyword that starts a statement or clause and stands nowhere else.
    pub(crate) fn starts_statement_only(self) -> bool {
        matches!(
            self,
            Self::Break
                | Self::Case
                | Self::Const
                | Self::Continue
                | Self::Default
                | Self::Defer
                | Self::Fallthrough
                | Self::For
                | Self::Go
                | Self::Goto
                | Self::If
                | Self::Return
                | Self::Select
                | Self::Switch
                | Self::Type
                | Self::Var
        )
    }

    /// How messages name the token.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Eof => "end of file",
            Self::Illegal => "illegal character",
            Self::Ident => "name",
            Self::Int => "integer literal",
            Self::Float => "floating-point literal",
            Self::Imag => "imaginary literal",
            Self::Char => "rune literal",
            Self::String => "string literal",
            Self::LOr => "||",
            Self::LAnd => "&&",
            Self::Eql => "==",
            Self::Neq => "!=",
            Self::Lss => "<",
            Self::Leq => "<=",
            Self::Gtr => ">",
            Self::Geq => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Or => "|",
            Self::Xor => "^",
            Self::Mul => "*",
            Self::Quo => "/",
            Self::Rem => "%",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::And => "&",
            Self::AndNot => "&^",
            Self::Assign => "=",
            Self::Define => ":=",
            Self::AddAssign => "+=",
            Self::SubAssign => "-=",
            Self::OrAssign => "|=",
            Self::XorAssign => "^=",
            Self::MulAssign => "*=",
            Self::QuoAssign => "/=",
            Self::RemAssign => "%=",
            Self::ShlAssign => "<<=",
            Self::ShrAssign => ">>=",
            Self::AndAssign => "&=",
            Self::AndNotAssign => "&^=",
            Self::Arrow => "<-",
            Self::Inc => "++",
            Self::Dec => "--",
            Self::Not => "!",
            Self::Tilde => "~",
            Self::Ellipsis => "...",
            Self::LParen => "(",
            Self::LBrack => "[",
            Self::LBrace => "{",
            Self::Comma => ",",
            Self::Period => ".",
            Self::RParen => ")",
            Self::RBrack => "]",
            Self::RBrace => "}",
            Self::Semicolon => ";",
            Self::Newline => "newline",
            Self::Colon => ":",
            Self::Break => "break",
            Self::Case => "case",
            Self::Chan => "chan",
            Self::Const => "const",
            Self::Continue => "continue",
            Self::Default => "default",
            Self::Defer => "defer",
            Self::Else => "else",
            Self::Fallthrough => "fallthrough",
            Self::For => "for",
            Self::Func => "func",
            Self::Go => "go",
            Self::Goto => "goto",
            Self::If => "if",
            Self::Import => "import",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Package => "package",
            Self::Range => "range",
            Self::Return => "return",
            Self::Select => "select",
            Self::Struct => "struct",
            Self::Switch => "switch",
            Self::Type => "type",
            Self::Var => "var",
        }
    }
}
