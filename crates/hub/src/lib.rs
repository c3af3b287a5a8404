//! The cloud intelligence: what one perimeter learns protects all the others.
//!
//! [`Books`] is the hub's one truth: it takes batches of reports, weighs them, signs what follows
//! and keeps all of it in one transaction, so that a hub that dies at any moment has lost no report
//! that it acknowledged, and has never said two things in one place of the feed. Who serves
//! sensors hands it batches and gets receipts and frames; nobody else writes.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod authority;
mod books;
pub mod control;
mod desk;
mod error;
mod feed;
mod folder;
mod here;
mod keys;
mod metrics;
mod names;
mod policy;
mod read;
mod restore;
mod run;
mod serve;

pub use authority::{Authority, AuthorityError, Identity};
pub use books::{
    Admitted, Batch, Books, BooksError, By, Certified, Frames, NewKeys, Proposal, Receipt, Renewal,
    Taken, Totals, sign,
};
pub use desk::{Clock, Desk};
pub use error::HubError;
pub use folder::Folder;
pub use here::Here;
pub use keys::{Keys, KeysError};
pub use policy::{POLICY, read_policy};
pub use read::{Unread, read_report};
pub use restore::{Restored, restore};
pub use run::{Options, PORT, run, wall};
pub use serve::{Hub, Settings, serve};
