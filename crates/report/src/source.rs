//! The text of the files that findings are in: where it comes from, and lines and columns in it.
//!
//! A line ends after its `\n`; a `\r` before that belongs to the line ending too. Text is bytes, not
//! characters: files need not be UTF-8.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Gives the text of files.
pub trait SourceProvider {
    /// The bytes of the file as they were analysed.
    ///
    /// # Errors
    ///
    /// Whatever keeps the bytes from being had. Reports then do without them.
    fn source(&self, path: &Path) -> io::Result<Arc<[u8]>>;
}

impl<F: Fn(&Path) -> io::Result<Arc<[u8]>>> SourceProvider for F {
    fn source(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        self(path)
    }
}

/// Reads files from the disk, relative paths below a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilesBelow(pub PathBuf);

impl SourceProvider for FilesBelow {
    fn source(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        std::fs::read(self.0.join(path)).map(Arc::from)
    }
}

/// A place in a file for people: both numbers start at 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct LineColumn {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A file's text with an index of its lines.
#[derive(Debug)]
pub(crate) struct SourceFile {
    text: Arc<[u8]>,
    /// The offset of the first byte of each line; the first is 0.
    line_starts: Vec<usize>,
}

impl SourceFile {
    pub(crate) fn new(text: Arc<[u8]>) -> Self {
        let line_starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', &text).map(|newline| newline + 1))
            .collect();
        Self { text, line_starts }
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The offset as an index that lies within the text.
    pub(crate) fn clamp(&self, offset: u32) -> usize {
        usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.text.len())
    }

    /// The 0-based line that holds the offset.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)
    }

    /// The number of lines; what follows the last newline counts, even when it is nothing.
    pub(crate) fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The offset of the first byte of a 0-based line, or the end of the text after the last.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.line_starts
            .get(line)
            .copied()
            .unwrap_or(self.text.len())
    }

    /// The offset after the last byte of a 0-based line, its ending excluded.
    pub(crate) fn line_end(&self, line: usize) -> usize {
        let start = self.line_start(line);
        let content = &self.text[start..self.line_start(line + 1)];
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        start + content.strip_suffix(b"\r").unwrap_or(content).len()
    }

    /// Line and column in bytes.
    pub(crate) fn place(&self, offset: usize) -> LineColumn {
        let line = self.line_of(offset);
        LineColumn {
            line: line + 1,
            column: offset - self.line_start(line) + 1,
        }
    }

    /// Line and column in UTF-16 code units, as SARIF counts them.
    ///
    /// A byte order mark is not counted, each maximal run of bytes that is no UTF-8 counts as the
    /// one replacement character that decoders put in its place, and there is no line after the last
    /// newline: the end of a text that ends in one lies behind that newline.
    pub(crate) fn place_utf16(&self, offset: usize) -> LineColumn {
        let mut line = self.line_of(offset);
        if line > 0 && offset == self.text.len() && self.line_start(line) == offset {
            line -= 1;
        }
        let mut start = self.line_start(line);
        if start == 0 && self.text.starts_with(BYTE_ORDER_MARK) {
            start = BYTE_ORDER_MARK.len();
        }
        let prefix = self
            .text
            .get(start..self.char_boundary(offset))
            .unwrap_or_default();
        LineColumn {
            line: line + 1,
            column: utf16_len(prefix) + 1,
        }
    }

    /// The offset, moved back to the start of the character that it lies in.
    fn char_boundary(&self, offset: usize) -> usize {
        let continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        (offset.saturating_sub(3)..=offset)
            .rev()
            .find(|&at| !self.text.get(at).is_some_and(continuation))
            .filter(|&at| {
                let end = (at + 4).min(self.text.len());
                let first = self.text[at..end].utf8_chunks().next();
                first
                    .and_then(|chunk| chunk.valid().chars().next())
                    .is_some_and(|c| at + c.len_utf8() > offset)
            })
            .unwrap_or(offset)
    }
}

pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn utf16_len(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes
        .utf8_chunks()
        .map(|chunk| {
            let valid: usize = chunk.valid().chars().map(char::len_utf16).sum();
            valid + usize::from(!chunk.invalid().is_empty())
        })
        .sum()
}

/// How much text is kept before the cache starts anew. Findings come sorted by file, so little
/// beyond the present file and the files that it refers to is ever asked for again.
const CACHED_BYTES: usize = 64 << 20;

/// The files of a report, read at most once each as long as they are not too big together.
pub(crate) struct Sources<'a> {
    provider: &'a dyn SourceProvider,
    cache: RefCell<Cache>,
}

#[derive(Default)]
struct Cache {
    files: FxHashMap<PathBuf, Option<Rc<SourceFile>>>,
    bytes: usize,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(provider: &'a dyn SourceProvider) -> Self {
        Self {
            provider,
            cache: RefCell::default(),
        }
    }

    /// The file, unless it cannot be had (any more).
    pub(crate) fn file(&self, path: &Path) -> Option<Rc<SourceFile>> {
        let mut cache = self.cache.borrow_mut();
        if let Some(known) = cache.files.get(path) {
            return known.clone();
        }
        let file = self
            .provider
            .source(path)
            .ok()
            .map(|text| Rc::new(SourceFile::new(text)));
        let size = file.as_ref().map_or(0, |file| file.text.len());
        if cache.bytes.saturating_add(size) > CACHED_BYTES {
            *cache = Cache::default();
        }
        cache.bytes += size;
        cache.files.insert(path.to_owned(), file.clone());
        file
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn file(text: &[u8]) -> SourceFile {
        SourceFile::new(Arc::from(text))
    }

    fn at(line: usize, column: usize) -> LineColumn {
        LineColumn { line, column }
    }

    #[test]
    fn byte_columns_count_bytes_and_line_endings() {
        let file = file("a\té\r\nb".as_bytes());
        assert_eq!(file.place(0), at(1, 1));
        assert_eq!(file.place(2), at(1, 3));
        assert_eq!(file.place(4), at(1, 5));
        assert_eq!(file.place(5), at(1, 6));
        assert_eq!(file.place(6), at(2, 1));
        assert_eq!(file.place(7), at(2, 2));
    }

    #[test]
    fn line_ends_exclude_both_kinds_of_ending() {
        let file = file(b"ab\r\nc\n\rd");
        assert_eq!(file.line_count(), 3);
        assert_eq!((file.line_start(0), file.line_end(0)), (0, 2));
        assert_eq!((file.line_start(1), file.line_end(1)), (4, 5));
        assert_eq!((file.line_start(2), file.line_end(2)), (6, 8));
        assert_eq!((file.line_start(3), file.line_end(3)), (8, 8));
    }

    #[test]
    fn an_empty_file_has_one_empty_line() {
        let file = file(b"");
        assert_eq!(file.line_count(), 1);
        assert_eq!(file.place(0), at(1, 1));
        assert_eq!(file.place_utf16(0), at(1, 1));
        assert_eq!(file.clamp(u32::MAX), 0);
    }

    #[test]
    fn utf16_columns_count_code_units() {
        // `é` is one unit, `😀` two.
        let file = file("é😀x".as_bytes());
        assert_eq!(file.place_utf16(2), at(1, 2));
        assert_eq!(file.place_utf16(6), at(1, 4));
        assert_eq!(file.place_utf16(7), at(1, 5));
    }

    #[test]
    fn utf16_columns_inside_a_character_are_those_of_its_start() {
        let file = file("é😀x".as_bytes());
        assert_eq!(file.place_utf16(1), at(1, 1));
        for inside in 3..6 {
            assert_eq!(file.place_utf16(inside), at(1, 2));
        }
    }

    #[test]
    fn utf16_columns_count_a_broken_sequence_once() {
        // A start byte without its rest, then a lone continuation byte.
        let file = file(b"a\xf0\x9f\x98b\x80c");
        assert_eq!(file.place_utf16(4), at(1, 3));
        assert_eq!(file.place_utf16(5), at(1, 4));
        assert_eq!(file.place_utf16(6), at(1, 5));
    }

    #[test]
    fn utf16_columns_do_not_count_a_byte_order_mark() {
        let file = file("\u{feff}ab\nc".as_bytes());
        assert_eq!(file.place_utf16(0), at(1, 1));
        assert_eq!(file.place_utf16(3), at(1, 1));
        assert_eq!(file.place_utf16(4), at(1, 2));
        assert_eq!(file.place_utf16(6), at(2, 1));
    }

    #[test]
    fn sarif_has_no_line_after_the_last_newline() {
        let file = file(b"ab\nlmn\r\n");
        assert_eq!(file.place_utf16(8), at(2, 6));
        assert_eq!(file.place(8), at(3, 1));
    }

    #[test]
    fn a_file_is_read_once_and_a_missing_one_too() {
        let reads = Cell::new(0);
        let provider = |path: &Path| -> io::Result<Arc<[u8]>> {
            reads.set(reads.get() + 1);
            if path == Path::new("here.go") {
                Ok(Arc::from(&b"package p"[..]))
            } else {
                Err(io::ErrorKind::NotFound.into())
            }
        };
        let sources = Sources::new(&provider);
        for _ in 0..2 {
            assert!(sources.file(Path::new("here.go")).is_some());
            assert!(sources.file(Path::new("gone.go")).is_none());
        }
        assert_eq!(reads.get(), 2);
    }

    #[test]
    fn the_cache_stays_bounded() {
        let reads = Cell::new(0);
        let provider = |_: &Path| -> io::Result<Arc<[u8]>> {
            reads.set(reads.get() + 1);
            Ok(Arc::from(vec![b'x'; CACHED_BYTES / 2 + 1]))
        };
        let sources = Sources::new(&provider);
        sources.file(Path::new("a.go"));
        sources.file(Path::new("b.go"));
        sources.file(Path::new("b.go"));
        assert_eq!(reads.get(), 2);
        assert_eq!(sources.cache.borrow().files.len(), 1);
    }
}
