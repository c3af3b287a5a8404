//! A ring of blocks shared with the kernel: `TPACKET_V3` of packet(7) and
//! Documentation/networking/packet_mmap.rst of Linux.
//!
//! Each block has a status word. While it says "kernel" the kernel may write to the block; when it
//! says "user" the block is ours until we write "kernel" again. The kernel hands blocks over in the
//! order of the ring, so one place is watched at a time.

use std::io;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::socket::Socket;

/// A socket and the memory in which the kernel lays its packets.
#[derive(Debug)]
pub(crate) struct Ring {
    socket: Socket,
    memory: NonNull<u8>,
    shape: Shape,
    /// The block that is handed over next, always below `shape.blocks`.
    next: usize,
}

/// How large a ring is, and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bytes of a block: whole pages.
    pub(crate) block: u32,
    /// Number of blocks.
    pub(crate) blocks: u32,
    /// A block that is not full is handed over after about so many milliseconds.
    pub(crate) patience: u32,
}

/// A block that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    ring: &'a mut Ring,
}

/// Where the status word lies in its block.
const STATUS: usize =
    offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, block_status);
/// The kernel wants a frame size that divides a block, though blocks of version 3 have no frames
/// of one size.
const FRAME: u32 = 2048;

// SAFETY: the memory belongs to this ring alone; it is reached through `&mut Ring` only, and the
// kernel does not mind which thread reads it.
unsafe impl Send for Ring {}

// === impl Ring ===

impl Ring {
    /// Gives a socket, which must not be bound yet, a ring.
    pub(crate) fn new(socket: Socket, shape: Shape) -> io::Result<Self> {
        socket.set_number(libc::PACKET_VERSION, libc::tpacket_versions::TPACKET_V3 as i32)?;
        let request = libc::tpacket_req3 {
            tp_block_size: shape.block,
            tp_block_nr: shape.blocks,
            tp_frame_size: FRAME,
            tp_frame_nr: (shape.block / FRAME).saturating_mul(shape.blocks),
            tp_retire_blk_tov: shape.patience,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        socket.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let (nowhere, len) = (std::ptr::null_mut(), shape.len());
        // SAFETY: the kernel chooses a free place, so no memory of ours is replaced.
        let memory = unsafe { libc::mmap(nowhere, len, access, libc::MAP_SHARED, socket.fd(), 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { socket, memory, shape, next: 0 })
    }

    /// Its socket.
    pub(crate) const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The next block, if the kernel has handed it over.
    pub(crate) fn ready(&mut self) -> Option<Block<'_>> {
        // Acquire: what the kernel wrote to the block before the status is seen after it.
        let status = self.status().load(Ordering::Acquire);
        // Made only then: dropping a `Block` hands it back.
        (status & libc::TP_STATUS_USER != 0).then(|| Block { ring: self })
    }

    fn status(&self) -> &AtomicU32 {
        // SAFETY: `block()` is the beginning of a mapped block of at least a page, so the word lies
        // in it and is aligned; the mapping lives as long as `self`. Nothing of ours touches the
        // word but through this function: the bytes that `Block` lends are gone when it is called,
        // because both need the ring.
        unsafe { AtomicU32::from_ptr(self.block().as_ptr().add(STATUS).cast()) }
    }

    /// The beginning of the next block.
    fn block(&self) -> NonNull<u8> {
        // SAFETY: `next` is below the number of blocks, so the place lies in the mapping.
        unsafe { self.memory.add(self.next * self.shape.block as usize) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `new` made, with its length; nothing that was lent from
        // it can outlive the ring.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.shape.len()) };
    }
}

// === impl Shape ===

impl Shape {
    /// Bytes of the whole ring.
    pub(crate) const fn len(&self) -> usize {
        self.block as usize * self.blocks as usize
    }
}

// === impl Block ===

impl Block<'_> {
    /// All bytes of the block, whatever they say.
    pub(crate) fn bytes(&self) -> &[u8] {
        let (start, len) = (self.ring.block().as_ptr(), self.ring.shape.block as usize);
        // SAFETY: the block is mapped for as long as the ring is borrowed, and every byte of it has
        // a value. The kernel does not write to it before the status word says "kernel", which only
        // `drop` does.
        unsafe { std::slice::from_raw_parts(start, len) }
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        // Release: the kernel writes to the block only after we have read the last of it.
        self.ring.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.ring.next = (self.ring.next + 1) % self.ring.shape.blocks.max(1) as usize;
    }
}
