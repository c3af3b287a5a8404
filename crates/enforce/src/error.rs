//! What can go wrong when the kernel is asked, and what to do about it.

use std::io;

/// Why something could not be enforced. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum EnforceError {
    /// There is no nft.
    #[error("cannot start `{0}`: there is no such program; install the package nftables")]
    NoNft(String),
    /// nft is there and does not start.
    #[error("cannot start `{0}`: {1}")]
    Start(String, #[source] io::Error),
    /// The kernel refuses this user.
    #[error(
        "not permitted to {0}: this needs the capability {1}; run as root, or with \
         AmbientCapabilities={1} in the unit of systemd"
    )]
    NotPermitted(&'static str, &'static str),
    /// Somebody else has a table of our name.
    #[error(
        "the nftables table `{family} ostium` was not made by ostium and is left alone; look at it \
         with `nft list table {family} ostium`, and rename or delete it so that blocks can be \
         enforced"
    )]
    Foreign {
        /// `inet` or `bridge`.
        family: &'static str,
    },
    /// Somebody else has a table of the name of our rates.
    #[error(
        "the nftables table `{family} ostium_rate` was not made by ostium and is left alone; look at \
         it with `nft list table {family} ostium_rate`, and rename or delete it so that rates can be \
         enforced"
    )]
    ForeignRates {
        /// `inet` or `bridge`.
        family: &'static str,
    },
    /// More elements than a set may hold.
    #[error(
        "the set `{set}` cannot hold {wanted} elements, its limit is {limit}; nothing was changed: \
         release blocks, or raise the limit of elements in the configuration"
    )]
    Full {
        /// The set.
        set: &'static str,
        /// How many were wanted.
        wanted: usize,
        /// How many fit.
        limit: u32,
    },
    /// The kernel found the set full.
    #[error(
        "the kernel has no room for another element in the sets of ostium; nothing was changed: \
         release blocks, or raise the limit of elements in the configuration"
    )]
    KernelFull,
    /// The kernel lacks something.
    #[error("this kernel lacks what is needed to {0}; nft said: {1}")]
    Lacks(String, String),
    /// The table has gone, or a set of it.
    #[error("the nftables table of ostium is gone or damaged; apply the whole set again")]
    Gone,
    /// nft refused for another reason.
    #[error("nft refused to {0}: {1}")]
    Refused(&'static str, String),
    /// nft or the kernel answered something that cannot be read.
    #[error("cannot read what {0} answered: {1}")]
    Unreadable(&'static str, String),
    /// The kernel refused, or a socket failed.
    #[error("cannot {0}: {1}")]
    Kernel(&'static str, #[source] io::Error),
    /// A configuration that cannot work.
    #[error("{0}")]
    Config(String),
}
