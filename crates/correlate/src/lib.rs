//! What many organisations report, weighed.
//!
//! A [`Report`] says what one organisation saw of an outside destination, and how much that speaks
//! for command and control. The [`Correlator`] keeps a [`Case`] for each destination, pools the
//! evidence with one capped vote for each organisation, weighed by what its word was worth before,
//! and moves the case from observed to suspected, confirmed, expired or withdrawn, with the reason.
//! What is confirmed, and passes the rails, is to be published; what no longer is, withdrawn.
//!
//! What is confirmed is generalised: [`Learned`] is how the conversations of a family go, [`Flood`]
//! a victim that is hit from many sites.
//!
//! Pure: the same reports, orders and times give the same decisions. Every threshold is in
//! [`Policy`]. Bias: unknown means allow; no single organisation can have anything published.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod case;
mod correlator;
mod decision;
mod denials;
mod organisation;
mod policy;
mod rails;
mod report;
mod score;

pub use case::{Case, Reason, State, Vote};
pub use correlator::{
    Asked, Contact, Correlator, Flood, KeptCase, KeptPart, Learned, Leaves, Maker, Met, Order,
    Ordered, Refused, name_print,
};
pub use decision::{Decision, Ground, Value};
pub use organisation::{OrgId, Organisation, Standing};
pub use policy::Policy;
pub use rails::{Kept, Rails};
pub use report::{Contacts, Finding, Flow, Made, Report, Said};
pub use score::Weighed;
