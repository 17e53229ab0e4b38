//! Tokens of texts, and what is wrong with them.

use super::Lexer;
use crate::token::Token;

fn lex(text: &str) -> (Vec<(Token, &str)>, Vec<String>) {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    let mut previous = Token::Eof;
    loop {
        let lexeme = lexer.next(previous);
        if lexeme.token == Token::Eof {
            break;
        }
        previous = lexeme.token;
        tokens.push((lexeme.token, &text[lexeme.span.range()]));
    }
    (
        tokens,
        lexer.errors.iter().map(|e| e.message.clone()).collect(),
    )
}

fn one(text: &str) -> Token {
    let (tokens, errors) = lex(text);
    assert!(errors.is_empty(), "{text}: {errors:?}");
    assert_eq!(tokens[0].1, text);
    tokens[0].0
}

#[test]
fn numbers() {
    for int in [
        "0",
        "42",
        "4_2",
        "0600",
        "0_600",
        "0o600",
        "0O600",
        "0b0101",
        "0B_01",
        "0xBad_Face",
        "0x_67",
    ] {
        assert_eq!(one(int), Token::Int, "{int}");
    }
    for float in [
        "0.",
        "72.40",
        "072.40",
        "1.e+0",
        "6.67428e-11",
        "1E6",
        ".25",
        ".12345E+5",
        "1_5.",
        "0.15e+0_2",
        "0x1p-2",
        "0x2.p10",
        "0x1.Fp+0",
        "0X.8p-0",
        "0X1P+0",
    ] {
        assert_eq!(one(float), Token::Float, "{float}");
    }
    for imag in [
        "0i", "0123i", "0o123i", "0xabci", "0.i", "2.71828i", "1.e+0i", ".25i", "0x1p-2i", "08i",
        "09.5i",
    ] {
        assert_eq!(one(imag), Token::Imag, "{imag}");
    }
}

#[test]
fn bad_numbers() {
    for (text, part) in [
        ("08", "invalid digit '8'"),
        ("0b12", "invalid digit '2'"),
        ("0o18", "invalid digit '8'"),
        ("0x", "has no digits"),
        ("0b", "has no digits"),
        ("1e", "exponent has no digits"),
        ("0x1.0", "requires an exponent"),
        ("0b1.0", "radix point"),
        ("0x1e+", "no"),
        ("0b1e3", "exponent 'e'"),
        ("1p3", "exponent 'p'"),
        ("1__0", "'_' must"),
        ("1_", "'_' must"),
        ("0_x1", "'_' must"),
        ("0x1_p3", "'_' must"),
        ("1_.5", "'_' must"),
        ("1._5", "'_' must"),
        ("1.5_e1", "'_' must"),
        ("1e_5", "'_' must"),
    ] {
        let (_, errors) = lex(text);
        if text == "0x1e+" {
            assert!(errors.is_empty(), "hexadecimal digits and a plus sign");
        } else {
            assert!(
                errors.iter().any(|e| e.contains(part)),
                "{text}: {errors:?}"
            );
        }
    }
}

#[test]
fn strings_and_runes() {
    for text in [r#""""#, r#""a\n\x41\101\u00e9\U0001F600\"""#, "`raw\n\\`"] {
        assert_eq!(one(text), Token::String);
    }
    for text in [
        "'a'",
        "'é'",
        r"'\''",
        r"'\\'",
        r"'\x00'",
        r"'\377'",
        r"'\u12e4'",
        "'\"'",
    ] {
        assert_eq!(one(text), Token::Char);
    }
    for text in [
        "\"a",
        "\"a\n\"",
        "'",
        "''",
        "'ab'",
        "'\n'",
        r"'\q'",
        r"'\400'",
        r#""\ud800""#,
        r#""\U00110000""#,
        r#""\'""#,
        r#"'\"'"#,
        r#""\x1""#,
        "`a",
    ] {
        assert!(!lex(text).1.is_empty(), "{text:?} is wrong");
    }
}

#[test]
fn semicolons() {
    let kinds = |text| {
        lex(text)
            .0
            .into_iter()
            .map(|(token, _)| token)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds("a\n"), [Token::Ident, Token::Newline]);
    assert_eq!(kinds("a"), [Token::Ident, Token::Newline]);
    assert_eq!(
        kinds("a // c\n+"),
        [Token::Ident, Token::Newline, Token::Add]
    );
    assert_eq!(
        kinds("a /* c */ + b"),
        [Token::Ident, Token::Add, Token::Ident, Token::Newline]
    );
    assert_eq!(
        kinds("return /*\n*/ x"),
        [Token::Return, Token::Newline, Token::Ident, Token::Newline]
    );
    assert_eq!(
        kinds("+ /*\n*/ x;"),
        [Token::Add, Token::Ident, Token::Semicolon]
    );
    assert_eq!(kinds("if\nfor\n"), [Token::If, Token::For]);
    assert_eq!(
        kinds("x++\n)\n]\n}\n"),
        [
            Token::Ident,
            Token::Inc,
            Token::Newline,
            Token::RParen,
            Token::Newline,
            Token::RBrack,
            Token::Newline,
            Token::RBrace,
            Token::Newline
        ]
    );
}

#[test]
fn operators() {
    let text = "+ & += &= && == != ( ) - | -= |= || < <= [ ] * ^ *= ^= <- > >= { } / << /= <<= ++ = := , ; % >> %= >>= -- ! ... . : &^ &^= ~";
    let (tokens, errors) = lex(text);
    assert!(errors.is_empty());
    let words: Vec<_> = text.split(' ').collect();
    assert_eq!(tokens.iter().map(|t| t.1).collect::<Vec<_>>(), words);
    assert!(
        tokens
            .iter()
            .zip(&words)
            .all(|(t, word)| t.0.describe() == *word)
    );
}

#[test]
fn keywords_and_names() {
    let keywords = "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var";
    for word in keywords.split(' ') {
        assert_eq!(lex(word).0[0].0.describe(), word);
    }
    for name in [
        "x",
        "_",
        "iff",
        "Break",
        "selects",
        "été",
        "aé1",
        "世界",
        "_9",
        "fallthroughs",
    ] {
        assert_eq!(lex(name).0[0], (Token::Ident, name));
    }
}

#[test]
fn illegal_characters_are_named_once() {
    assert_eq!(lex("a\0b").1, ["illegal character NUL"]);
    assert_eq!(lex("// \u{FEFF}").1.len(), 1);
    assert_eq!(lex("\u{FEFF}a").1.len(), 0);
    assert_eq!(lex("a # b").1, ["illegal character '#' (U+0023)"]);
    assert_eq!(lex("/* open").1, ["comment not terminated"]);
    assert_eq!(lex("//line x.go:0\n").1.len(), 1);
}

#[test]
fn carriage_returns_end_no_comment() {
    let text = "// a\r\nb\r\n";
    let mut lexer = Lexer::new(text);
    lexer.next(Token::Eof);
    assert_eq!(&text[lexer.comments[0].span.range()], "// a");
}
