//! What is asked of the kernel: the only unsafe code of the product.
//!
//! Each file wraps a few calls into what safe code cannot misuse: a [`Socket`] that closes itself,
//! a [`Ring`] that hands out a block only while the kernel leaves it alone, and facts about an
//! interface. Errors are those of the kernel, as they are; `live` says what to do about them. What
//! stands in a block is not looked at here: that is done in safe code, which believes nothing.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod interface;
mod ring;
mod socket;

pub(crate) use interface::{Facts, look};
pub(crate) use ring::{Ring, Shape};
pub(crate) use socket::{Socket, Wake};
