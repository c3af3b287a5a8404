//! Memory of cells: pages of the system's own, large ones where it has them.
//!
//! A look-up in a set of a gigabyte waits for the page table as well when pages are of 4 KiB: large
//! pages took a quarter off it.

use memmap2::MmapMut;

use super::cell::SIZE;

/// So many cells, all zero at first.
#[derive(Debug)]
pub(super) enum Memory {
    None,
    Pages(MmapMut),
    /// When the system gives no pages: the allocator may still have some, or say that it has not.
    Heap(Vec<u8>),
}

// === impl Memory ===

impl Memory {
    pub(super) fn of(cells: usize) -> Self {
        let bytes = cells * SIZE;
        match MmapMut::map_anon(bytes) {
            Ok(pages) => {
                // Large pages are a wish; without them it is only slower.
                #[cfg(target_os = "linux")]
                drop(pages.advise(memmap2::Advice::HugePage));
                Self::Pages(pages)
            }
            Err(_) => Self::Heap(vec![0; bytes]),
        }
    }

    #[inline]
    pub(super) fn cells(&self) -> &[[u8; SIZE]] {
        let bytes = match self {
            Self::None => &[],
            Self::Pages(pages) => &**pages,
            Self::Heap(bytes) => bytes,
        };
        bytes.as_chunks().0
    }

    #[inline]
    pub(super) fn cells_mut(&mut self) -> &mut [[u8; SIZE]] {
        let bytes: &mut [u8] = match self {
            Self::None => &mut [],
            Self::Pages(pages) => pages,
            Self::Heap(bytes) => bytes,
        };
        bytes.as_chunks_mut().0
    }
}
