//! Small random changes to Go text: a token lost, doubled, swapped, replaced, or put in.
//!
//! Used where wrong files are wanted that are nearly right: by `cargo xtask oracle syntax --mutants`
//! and by the fuzz target `parse_structured`. Neither parses nor judges anything.

/// Numbers that are the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `limit`; 0 when there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let remainder = mixed.checked_rem(limit as u64).unwrap_or_default();
        usize::try_from(remainder).unwrap_or_default()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// `source` with one to `most` changes.
pub fn mutate(source: &[u8], random: &mut Random, most: usize) -> Vec<u8> {
    let mut tokens: Vec<&[u8]> = split(source);
    for _ in 0..=random.below(most) {
        let at = random.below(tokens.len());
        match random.below(7) {
            0 if !tokens.is_empty() => drop(tokens.remove(at)),
            1 if !tokens.is_empty() => tokens.insert(at, tokens[at]),
            2 if tokens.len() > 3 => {
                let other = (at + 1 + random.below(3)) % tokens.len();
                tokens.swap(at, other);
            }
            3 if !tokens.is_empty() => tokens[at] = tokens[random.below(tokens.len())],
            4 if !tokens.is_empty() => tokens.insert(at, tokens[random.below(tokens.len())]),
            5 => tokens.extend(random.pick(SNIPPETS).map(|snippet| snippet.as_bytes())),
            _ => tokens
                .splice(at..at, random.pick(SPARE).map(|spare| spare.as_bytes()))
                .for_each(drop),
        }
    }
    let mut text = tokens.concat();
    // Now and then a byte, so that text ceases to be UTF-8.
    if random.below(8) == 0 {
        let at = random.below(text.len());
        if let Some(byte) = text.get_mut(at) {
            *byte = u8::try_from(random.below(256)).unwrap_or_default();
        }
    }
    text
}

/// `source` with one to three neighbouring tokens repeated up to some thousand times: deep nests and
/// long chains.
pub fn repeat(source: &[u8], random: &mut Random) -> Vec<u8> {
    let tokens = split(source);
    let at = random.below(tokens.len());
    let end = (at + 1 + random.below(3)).min(tokens.len());
    let times = 1 << random.below(14);
    let repeated = tokens[at..end].concat().repeat(times);
    [tokens[..at].concat(), repeated, tokens[end..].concat()].concat()
}

/// `one` up to a random token, and `other` from a random token on.
pub fn cross(one: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let (head, tail) = (split(one), split(other));
    let (to, from) = (random.below(head.len() + 1), random.below(tail.len() + 1));
    [head[..to].concat(), tail[from..].concat()].concat()
}

/// Cuts a source into words, runs of blanks and single characters; roughly tokens.
fn split(source: &[u8]) -> Vec<&[u8]> {
    let class = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80.. => 1,
        b' ' | b'\t' => 2,
        _ => 0,
    };
    source
        .chunk_by(|&one, &next| class(one) != 0 && class(one) == class(next))
        .collect()
}

/// Tokens that a file may not have.
const SPARE: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    ".",
    "...",
    "<-",
    "=",
    ":=",
    "==",
    "*",
    "&",
    "~",
    "|",
    "!",
    "++",
    " func ",
    " type ",
    " struct ",
    " interface ",
    " chan ",
    " map ",
    " range ",
    " case ",
    " default:",
    " else ",
    " if ",
    " for ",
    " switch ",
    " select ",
    " go ",
    " defer ",
    " return ",
    " goto ",
    " break ",
    " continue ",
    " fallthrough ",
    " import ",
    " package ",
    " const ",
    " var ",
    " x ",
    " _ ",
    " 1 ",
    " 0x ",
    " 08 ",
    " 1e ",
    " 0b12 ",
    " 1_0 ",
    " 1__0 ",
    " 0x1p-2 ",
    " 1i ",
    " 'a' ",
    " '\\x' ",
    " \"s\" ",
    " \"\\q\" ",
    "`",
    "\"",
    "'",
    "//",
    "/*",
    "*/",
    "//line a.go:1\n",
    "\n",
    " ",
    "\r",
    "\\",
    "#",
    "\0",
    "\u{feff}",
    "é",
    "\u{300}",
    "²",
    " x.(type) ",
    " [...]int{} ",
    "[T any]",
    "[P *T,]",
    "[P *T|Q]",
    " (T) ",
    " func() {} ",
    " L: ",
];

/// Declarations to put behind a file: constructs that share prefixes, where parsers go astray.
const SNIPPETS: &[&str] = &[
    "\ntype A[P *T, Q any] struct{}\n",
    "\ntype A [P * T]int\n",
    "\ntype A[P interface{ ~int | *T }] = B[P]\n",
    "\nfunc (r *R[K, V]) M[T any](a, b int, c ...T) (x <-chan chan<- int, err error) { return }\n",
    "\nfunc f() { for range 10 { defer g() }; L: for i := range h { continue L } }\n",
    "\nfunc f() { if x := (T{}); x == (T{1}) { } else if y { } else { } }\n",
    "\nfunc f() { switch x := y.(type) { case nil: case map[K]V, chan<- (<-chan int): default: } }\n",
    "\nfunc f() { select { case v, ok := <-c: case c <- v: default: } }\n",
    "\nvar x = [...]struct{ a, b int `t`; *T; p.Q[R] }{{1, 2}, 3: {a: 4}}\n",
    "\nvar f = func(a, b int) (c func()) { return func() { a <<= b; c[a:b:c]++ } }\n",
    "\nconst ( a = iota; b; c, d = 1 << iota, \"s\"; )\n",
    "\nvar y = <-chan int(<-x) == (<-chan int)(z) && a.b[c](d...).(e) != &T{f: g}\n",
    "\ntype I interface { m(int) (a, b int); ~[]byte | string; J[K]; p.L }\n",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_mutants() {
        let source = b"package p\n\nfunc f(x int) { return }\n";
        let twice = [1, 2].map(|_| mutate(source, &mut Random::new(7), 3));
        assert_eq!(twice[0], twice[1]);
    }

    #[test]
    fn most_seeds_change_something() {
        let source = b"package p\n\nfunc f(x int) { return }\n";
        let changed = (0..100)
            .filter(|&seed| mutate(source, &mut Random::new(seed), 3) != source)
            .count();
        assert!(
            changed > 80,
            "only {changed} of 100 seeds changed the source"
        );
    }

    #[test]
    fn nothing_can_be_mutated() {
        for seed in 0..100 {
            mutate(b"", &mut Random::new(seed), 3);
            cross(b"", b"", &mut Random::new(seed));
            repeat(b"", &mut Random::new(seed));
        }
    }

    #[test]
    fn what_is_repeated_grows() {
        let longest = (0..100)
            .map(|seed| repeat(b"x = ((a))", &mut Random::new(seed)).len())
            .max();
        assert!(longest > Some(4096), "at most {longest:?} bytes");
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(split(b"ab  (c"), [b"ab".as_slice(), b"  ", b"(", b"c"]);
    }
}
