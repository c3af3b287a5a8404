//! Why an interface cannot be heard, and what to do.

use std::io;

/// An interface cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Nothing is called so.
    #[error("there is no interface {interface}; {}", those(.there))]
    NoInterface {
        /// What was asked for.
        interface: String,
        /// Those that there are.
        there: Vec<String>,
    },
    /// The process may not open packet sockets.
    #[error(
        "no right to capture from {interface}: run as root, give the program the right once \
         (`setcap cap_net_raw+ep` and its path), or set `AmbientCapabilities=CAP_NET_RAW` in its \
         unit file"
    )]
    NoRight {
        /// What was asked for.
        interface: String,
    },
    /// Its frames are not decoded.
    #[error(
        "{interface} carries {name} (hardware type {hardware}), which is not decoded; capture on \
         an Ethernet interface that the same traffic passes, such as that of the inside network"
    )]
    LinkLayer {
        /// The interface.
        interface: String,
        /// A number of `ARPHRD_`.
        hardware: u16,
        /// What that is.
        name: &'static str,
    },
    /// There is no room for the ring.
    #[error(
        "there is no memory for a ring of {mebibytes} MiB for {interface} ({source}); make the \
         ring smaller or free memory"
    )]
    Memory {
        /// The interface.
        interface: String,
        /// What was asked for.
        mebibytes: usize,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel refused something else.
    #[error("cannot {what} {interface}: {source}")]
    Kernel {
        /// What was to be done.
        what: &'static str,
        /// The interface.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
}

// === impl LiveError ===

impl LiveError {
    /// The error of an interface that is not there.
    pub(super) fn missing(interface: &str) -> Self {
        Self::NoInterface { interface: interface.to_owned(), there: interfaces() }
    }

    /// What the kernel said when something was to be done.
    pub(super) fn kernel(what: &'static str, interface: &str, source: io::Error) -> Self {
        let interface = interface.to_owned();
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::NoRight { interface },
            _ => Self::Kernel { what, interface, source },
        }
    }
}

fn those(names: &[String]) -> String {
    match names {
        [] => "no other could be listed".to_owned(),
        _ => format!("there are: {}", names.join(", ")),
    }
}

/// The names of all interfaces, as far as the kernel tells.
fn interfaces() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    names_in(&table)
}

/// Two lines of heads, then one for each interface: its name, a colon, counters.
pub(super) fn names_in(table: &str) -> Vec<String> {
    let rows = table.lines().skip(2);
    // A name may hold a colon itself; what follows the last one are numbers.
    let mut names: Vec<String> = rows
        .filter_map(|row| row.rsplit_once(':'))
        .map(|(name, _)| name.trim().to_owned())
        .collect();
    names.sort_unstable();
    names
}
