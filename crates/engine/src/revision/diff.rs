//! Reading what `git diff -U0` prints: for each file, which lines are new.

use std::path::PathBuf;

use super::Change;

/// The changed files and their changes. Deleted files are left out.
pub(crate) fn parse(diff: &[u8]) -> Vec<(PathBuf, Vec<Change>)> {
    let mut files: Vec<(PathBuf, Vec<Change>)> = Vec::new();
    // The file that the present hunks belong to: none while a deleted one is read.
    let mut in_file = false;
    let mut lines = diff.split(|&byte| byte == b'\n');
    while let Some(line) = lines.next() {
        if line.starts_with(b"diff --git ") {
            in_file = false;
        } else if let Some(name) = line.strip_prefix(b"+++ ") {
            in_file = new_name(name)
                .map(|path| files.push((path, Vec::new())))
                .is_some();
        } else if let Some(hunk) = line.strip_prefix(b"@@ ").and_then(Hunk::parse) {
            // The content is passed over by number: it may look like anything.
            let mut left = u64::from(hunk.old) + u64::from(hunk.new.count);
            while left > 0 {
                match lines.next() {
                    Some(line) if line.starts_with(b"\\") => {}
                    Some(_) => left -= 1,
                    None => break,
                }
            }
            if let Some((_, changes)) = files.last_mut().filter(|_| in_file) {
                changes.push(hunk.new);
            }
        }
    }
    files
}

struct Hunk {
    /// How many lines of the old file it shows.
    old: u32,
    new: Change,
}

impl Hunk {
    /// Reads `-line,count +line,count @@`.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.split(|&byte| byte == b'@').next()?).ok()?;
        let mut parts = text.split_whitespace();
        let (_, old) = numbers(parts.next()?.strip_prefix('-')?)?;
        let (line, count) = numbers(parts.next()?.strip_prefix('+')?)?;
        Some(Self {
            old,
            new: Change { line, count },
        })
    }
}

/// `line,count`; a count of one is left out.
fn numbers(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((line, count)) => Some((line.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// The path behind `+++ `; none for `/dev/null`.
fn new_name(text: &[u8]) -> Option<PathBuf> {
    if text.first() == Some(&b'"') {
        return path(unquote(text)?.strip_prefix(b"b/")?);
    }
    // git puts a tab behind names that contain spaces.
    let text = text.strip_suffix(b"\t").unwrap_or(text);
    path(text.strip_prefix(b"b/")?)
}

/// Undoes the quoting of git, which is that of C.
fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = text.strip_prefix(b"\"")?.iter().copied();
    let mut plain = Vec::new();
    loop {
        match bytes.next()? {
            b'"' => return Some(plain),
            b'\\' => plain.push(match bytes.next()? {
                b'a' => 7,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 11,
                b'f' => 12,
                b'r' => b'\r',
                first @ b'0'..=b'3' => {
                    let (second, third) = (bytes.next()?, bytes.next()?);
                    let digit = |byte: u8| byte.checked_sub(b'0').filter(|&digit| digit < 8);
                    (digit(first)? << 6) | (digit(second)? << 3) | digit(third)?
                }
                other => other,
            }),
            byte => plain.push(byte),
        }
    }
}

/// A path made of the bytes that git knows it by.
pub(crate) fn path(bytes: &[u8]) -> Option<PathBuf> {
    if bytes.is_empty() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    }
    #[cfg(not(unix))]
    {
        Some(PathBuf::from(String::from_utf8_lossy(bytes).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(diff: &str) -> Vec<(String, Vec<(u32, u32)>)> {
        parse(diff.as_bytes())
            .into_iter()
            .map(|(path, changes)| {
                let changes = changes
                    .iter()
                    .map(|change| (change.line, change.count))
                    .collect();
                (path.to_string_lossy().into_owned(), changes)
            })
            .collect()
    }

    #[test]
    fn hunks_are_read_by_their_numbers() {
        let diff = "diff --git a/a.go b/a.go\nindex 1..2 100644\n--- a/a.go\n+++ b/a.go\n\
            @@ -1 +1,2 @@ func f() {\n-x\n+y\n+z\n@@ -9,2 +10,0 @@\n-a\n-b\n@@ -20,0 +20 @@\n+c\n\\ No newline at end of file\n";
        assert_eq!(
            read(diff),
            [("a.go".to_owned(), vec![(1, 2), (10, 0), (20, 1)])]
        );
    }

    #[test]
    fn content_that_looks_like_a_head_is_content() {
        let diff = "diff --git a/a.go b/a.go\n--- a/a.go\n+++ b/a.go\n@@ -1 +1,2 @@\n--- b/x\n+++ b/c.go\n+@@ -1 +1 @@\n\
            diff --git a/b.go b/b.go\n--- a/b.go\n+++ b/b.go\n@@ -1,0 +2 @@\n+x\n";
        assert_eq!(
            read(diff),
            [
                ("a.go".to_owned(), vec![(1, 2)]),
                ("b.go".to_owned(), vec![(2, 1)])
            ]
        );
    }

    #[test]
    fn deleted_and_merely_renamed_files_have_no_changes() {
        let diff = "diff --git a/gone.go b/gone.go\ndeleted file mode 100644\n--- a/gone.go\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
            diff --git a/old.go b/new.go\nsimilarity index 100%\nrename from old.go\nrename to new.go\n";
        assert_eq!(read(diff), []);
    }

    #[test]
    fn names_are_unquoted() {
        let diff = "--- \"a/\\303\\244 \\\"q\\\".go\"\n+++ \"b/\\303\\244 \\\"q\\\"\\t.go\"\n@@ -1 +1 @@\n-x\n+y\n\
            --- a/with space.go\t\n+++ b/with space.go\t\n@@ -1 +1 @@\n-x\n+y\n";
        let names: Vec<String> = read(diff).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ä \"q\"\t.go", "with space.go"]);
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let files = parse(b"+++ \"b/\\377.go\"\n@@ -1 +1 @@\n-x\n+y\n");
        assert_eq!(files[0].0.as_os_str().as_bytes(), b"\xff.go");
    }

    #[test]
    fn garbage_is_no_reason_to_panic() {
        for text in [
            "",
            "+++ ",
            "+++ \"",
            "+++ \"b/\\",
            "+++ b/a\n@@ -1",
            "+++ b/a\n@@ -1,9999999999 +1 @@",
            "@@ -1 +1 @@\n-a\n+b",
            "+++ b/a\n@@ -0 +1,4294967295 @@\nx",
        ] {
            parse(text.as_bytes());
        }
    }
}
