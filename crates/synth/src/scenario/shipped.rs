//! The scenarios that ship with the product, and the kits of habits that all scenarios may name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use toml::{Spanned, Value};

/// A scenario in the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The name that it is asked for by.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! scenarios {
    ($($name:literal,)*) => {
        &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../../../scenarios/", $name, ".toml")),
        },)*]
    };
}

const ALL: &[Shipped] = scenarios! {
    "demo",
    "office",
    "home-users",
    "servers",
    "one-way",
    "lossy",
    "botnet-http",
    "botnet-dns",
    "ddos",
    "p2p",
    "theft",
    "iot",
    "campus",
    "roles",
    "isp",
    "night",
    "loners",
    "chat",
};

/// Lists of habits by name.
type Kits = BTreeMap<String, Vec<Spanned<Value>>>;

/// All scenarios that ship with the product.
pub const fn shipped() -> &'static [Shipped] {
    ALL
}

/// The kits that every scenario may name. A test reads them, so that they are never empty.
pub(super) fn kits() -> &'static Kits {
    static KITS: OnceLock<Kits> = OnceLock::new();
    KITS.get_or_init(|| {
        toml::from_str(include_str!("../../../../scenarios/kits/kits.toml")).unwrap_or_default()
    })
}
