//! What a running hub is asked over its socket, and what it answers: one JSON object a line.
//!
//! Fields are only added; a question that the hub does not know is refused by name. Times are
//! seconds since 1970, lengths of time are seconds.

mod answer;
mod apart;
mod ask;
mod rows;

use std::path::PathBuf;

pub(crate) use answer::Office;
pub use apart::ApartRow;
pub use ask::{Answer, Ask, Case, Change, Decide, NewKeysRow, ProposalRow};
pub use rows::{
    AuditRow, CaseRow, IndicatorRow, KeyRow, OrganisationRow, ReasonRow, SensorRow, StandsRow,
    Status, VoteRow,
};

/// Where the hub of this user keeps its state: `/var/lib/ostium-hub`, or below the folder that
/// `XDG_STATE_HOME` names for who is not root.
pub fn default_state() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/ostium-hub");
    }
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty());
    let state = state.map(PathBuf::from).or_else(home);
    state.unwrap_or_default().join("ostium-hub")
}

/// Where the hub of this user listens: `/run/ostium/hub.sock`, or below the folder that
/// `XDG_RUNTIME_DIR` names for who is not root.
pub fn default_socket() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/run/ostium/hub.sock");
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty());
    match runtime {
        Some(runtime) => PathBuf::from(runtime).join("ostium/hub.sock"),
        None => default_state().join("hub.sock"),
    }
}
