//! Typed `u32` ids, and the contiguous ranges of them that tree nodes hold.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// An id that indexes one of the arenas of a [`crate::File`].
pub trait ArenaId: Copy + Eq + std::hash::Hash + fmt::Debug {
    /// The id of the element at `index`.
    fn from_index(index: usize) -> Self;
    /// The index of the element in its arena.
    fn index(self) -> usize;
}

macro_rules! define_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// `Option` of this id is four bytes wide.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl ArenaId for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                let raw = u32::try_from(index + 1).expect("arena holds fewer than 2^32 - 1 nodes");
                Self(NonZeroU32::new(raw).expect("index + 1 is not zero"))
            }
            #[inline]
            fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    )*};
}

define_ids! {
    /// An expression or a type expression.
    ExprId;
    /// A statement, case clauses and blocks included.
    StmtId;
    /// A top-level declaration, or the declaration inside a declaration statement.
    DeclId;
    /// One import, value or type specification.
    SpecId;
    /// A function declaration or a function literal.
    FuncId;
    /// The signature of a function declaration, literal, method specification or function type.
    SigId;
    /// A parenthesised, braced or bracketed list of fields.
    FieldListId;
    /// A field, parameter, result, type parameter, method or embedded element.
    FieldId;
    /// An identifier that is declared, or a label. Identifiers that are *used* are expressions.
    NameId;
}

/// A list of ids stored in one of the list pools of a [`crate::File`]; see [`crate::File::exprs`]
/// and [`crate::File::stmts`].
pub struct List<T> {
    pub(crate) start: u32,
    pub(crate) len: u32,
    marker: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    /// The list without elements.
    pub const EMPTY: Self = Self {
        start: 0,
        len: 0,
        marker: PhantomData,
    };

    pub(crate) fn new(start: usize, len: usize) -> Self {
        Self {
            start: u32::try_from(start).expect("list pool holds fewer than 2^32 ids"),
            len: u32::try_from(len).expect("list holds fewer than 2^32 ids"),
            marker: PhantomData,
        }
    }

    /// The number of elements.
    #[inline]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the list has no elements.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<T> {}
impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}
impl<T> Eq for List<T> {}
impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({}..{})", self.start, self.start + self.len)
    }
}

/// Ids that follow each other in their arena.
pub struct IdRange<T> {
    start: u32,
    len: u32,
    marker: PhantomData<fn() -> T>,
}

impl<T: ArenaId> IdRange<T> {
    /// The range without elements.
    pub const EMPTY: Self = Self {
        start: 0,
        len: 0,
        marker: PhantomData,
    };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: u32::try_from(start).expect("arena holds fewer than 2^32 nodes"),
            len: u32::try_from(end - start).expect("arena holds fewer than 2^32 nodes"),
            marker: PhantomData,
        }
    }

    /// Where the range starts in its arena, also when it has no ids.
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    /// The number of ids.
    #[inline]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the range has no ids.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The ids in order.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + Clone {
        (self.start as usize..self.start as usize + self.len as usize).map(T::from_index)
    }

    /// The first id.
    #[inline]
    pub fn first(self) -> Option<T> {
        (self.len > 0).then(|| T::from_index(self.start as usize))
    }

    /// The last id.
    #[inline]
    pub fn last(self) -> Option<T> {
        (self.len > 0).then(|| T::from_index((self.start + self.len - 1) as usize))
    }

    /// Whether `id` is one of the range.
    #[inline]
    pub fn contains(self, id: T) -> bool {
        (self.start as usize..(self.start + self.len) as usize).contains(&id.index())
    }

    /// The index of `id` counted from the start of the range, if it is one of the range.
    #[inline]
    pub fn position(self, id: T) -> Option<usize> {
        let offset = id.index().checked_sub(self.start as usize)?;
        (offset < self.len as usize).then_some(offset)
    }
}

impl<T> Clone for IdRange<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for IdRange<T> {}
impl<T> PartialEq for IdRange<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}
impl<T> Eq for IdRange<T> {}
impl<T> fmt::Debug for IdRange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdRange({}..{})", self.start, self.start + self.len)
    }
}
