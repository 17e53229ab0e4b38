//! Package unsafe, which the compiler knows and nobody loads.

use std::sync::{Arc, LazyLock};

use go_syntax::{Mode, Source, parse};

use crate::loader::Importer;
use crate::names::PackageNames;

/// Its import path.
pub(crate) const PATH: &str = "unsafe";

/// What package unsafe looks like to its users. The compiler knows it, and an installed Go has only
/// documentation of it.
const TEXT: &str = "package unsafe
type Pointer uintptr
func Sizeof(x any) uintptr
func Offsetof(x any) uintptr
func Alignof(x any) uintptr
func Add(ptr Pointer, len int) Pointer
func Slice[T any](ptr *T, len int) []T
func SliceData[T any](slice []T) *T
func String(ptr *byte, len int) string
func StringData(str string) *byte
";

/// The declarations of package unsafe.
pub(crate) fn package() -> Arc<PackageNames> {
    static PACKAGE: LazyLock<Arc<PackageNames>> = LazyLock::new(|| {
        let file = Arc::new(parse(Source::new(TEXT.into()), Mode::SkipBodies));
        Arc::new(PackageNames::new(Importer::new(PATH), vec![file]))
    });
    Arc::clone(&PACKAGE)
}
