//! What a hub keeps, in one SQLite file.
//!
//! A change is a transaction that is on the disk when [`Store::write`] returns: reports, what they
//! changed, and the signed frame that follows from them, or nothing of it. Failure choice: a file
//! that is damaged is refused, with the way to restore; a full disk fails the transaction and
//! leaves all that was.
#![forbid(unsafe_code)]

mod error;
mod open;
mod read;
mod write;

pub use error::StoreError;
pub use open::Store;
pub use read::{Audit, Sensor};
pub use write::{Invite, NewSensor, Writer};
