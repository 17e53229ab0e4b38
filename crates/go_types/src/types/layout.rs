//! Sizes of types as the gc compiler lays them out on 64-bit machines, for `unsafe.Sizeof` in
//! lengths of arrays.

use super::store::{Type, TypeId};
use super::typer::Typer;
use crate::universe::Basic;

/// Size and alignment in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) size: u64,
    pub(crate) align: u64,
}

const WORD: u64 = 8;

impl Typer<'_> {
    /// How values of a type are laid out; `None` when the type is not known in full.
    pub(super) fn layout(self, ty: TypeId) -> Option<Layout> {
        if let Some(known) = self.cx.known_layout(ty) {
            return known;
        }
        // A struct that contains itself has no size.
        self.cx.remember_layout(ty, None);
        let layout = self.deeper(None, || self.compute_layout(ty));
        self.cx.remember_layout(ty, layout);
        layout
    }

    fn compute_layout(self, ty: TypeId) -> Option<Layout> {
        let words = |count| Layout {
            size: count * WORD,
            align: WORD,
        };
        let underlying = self.underlying(ty);
        Some(match self.cx.ty(underlying) {
            Type::Basic(basic) => match basic {
                Basic::Bool | Basic::Int8 | Basic::Uint8 | Basic::Byte => {
                    Layout { size: 1, align: 1 }
                }
                Basic::Int16 | Basic::Uint16 => Layout { size: 2, align: 2 },
                Basic::Int32 | Basic::Rune | Basic::Uint32 | Basic::Float32 => {
                    Layout { size: 4, align: 4 }
                }
                Basic::Complex64 => Layout { size: 8, align: 4 },
                Basic::Complex128 | Basic::String => words(2),
                basic if basic.is_untyped() => return None,
                _ => words(1),
            },
            Type::Pointer(_) | Type::Map { .. } | Type::Chan { .. } | Type::Func { .. } => words(1),
            Type::Slice(_) => words(3),
            // What is underneath is a named type only for `error`.
            Type::Interface { .. } | Type::EmptyInterface | Type::Named { .. } => words(2),
            Type::Array { len, elem } => {
                let elem = self.layout(elem)?;
                Layout {
                    size: elem.size.checked_mul(len?)?,
                    align: elem.align,
                }
            }
            Type::Struct { .. } => {
                let mut whole = Layout { size: 0, align: 1 };
                let mut last = 1;
                for (_, field) in self.struct_fields(underlying)? {
                    let field = self.layout(field)?;
                    let start = whole.size.checked_next_multiple_of(field.align)?;
                    whole.size = start.checked_add(field.size)?;
                    whole.align = whole.align.max(field.align);
                    last = field.size;
                }
                // The address of a last field without size must lie within the struct.
                if last == 0 && whole.size > 0 {
                    whole.size += 1;
                }
                whole.size = whole.size.checked_next_multiple_of(whole.align)?;
                whole
            }
            Type::Unknown | Type::TypeParam(_) | Type::Tuple(_) => return None,
        })
    }
}
