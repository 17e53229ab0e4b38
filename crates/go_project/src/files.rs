//! Reading small files whole.

use std::io::{self, Read};
use std::path::Path;

/// Files that describe modules are small; one larger than this is something else.
const LARGEST: u64 = 64 << 20;

/// Reads a file unless it is something else, such as a pipe, which would keep the reader waiting.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is too large",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Tree;

    #[test]
    fn only_regular_files_are_read() {
        let tree = Tree::new(&[("a/b", "text")]);
        assert_eq!(read(&tree.path("a/b")).expect("readable"), b"text");
        assert!(read(&tree.path("a")).is_err());
        let missing = read(&tree.path("c")).expect_err("not there");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_does_not_keep_us_waiting() {
        let tree = Tree::new(&[]);
        let status = std::process::Command::new("mkfifo")
            .arg(tree.path("go.mod"))
            .status()
            .expect("mkfifo is there on every Unix");
        assert!(status.success());
        assert!(read(&tree.path("go.mod")).is_err());
    }
}
