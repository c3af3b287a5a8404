//! Habits: what a member of a world does, as data. A new one is a file with a struct that
//! implements `Behaviour`, and one line here.

use ostium_event::Timestamp;
use serde::Deserialize;

use crate::actor::{self, Actor};
use crate::rng::Rng;
use crate::{bots, population};

pub use crate::bots::{
    Carrier, DgaAlphabet, Fate, Flood, Sleep, SleepLaw, StealBy, TunnelEncoding, TunnelRecord,
};
pub use crate::population::LookupForm;

macro_rules! habits {
    ($($folder:ident::$name:ident,)*) => {
        $(pub use $folder::$name;)*

        /// Something that a machine does again and again.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Habit {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
        }

        impl Habit {
            /// Names of all kinds, as scenarios write them: `DnsTunnel` is `dns-tunnel`.
            pub fn kinds() -> Vec<String> {
                vec![$(kebab(stringify!($name)),)*]
            }

            /// The name of its kind, as scenarios write it.
            pub fn kind(&self) -> String {
                match self {
                    $(Self::$name(_) => kebab(stringify!($name)),)*
                }
            }

            /// The habit of a kind with its parameters; `None` when there is no such kind.
            pub(crate) fn read(
                kind: &str,
                parameters: toml::Table,
            ) -> Option<Result<Self, toml::de::Error>> {
                $(if kind == kebab(stringify!($name)) {
                    return Some($name::deserialize(parameters).map(Self::$name));
                })*
                None
            }

            /// Its actor, and when it first wakes.
            pub(crate) fn actor(
                &self,
                rng: Rng,
                start: Timestamp,
            ) -> (Timestamp, Box<dyn Actor>) {
                match self {
                    $(Self::$name(habit) => actor::play(habit, rng, start),)*
                }
            }
        }

        $(impl From<$name> for Habit {
            fn from(habit: $name) -> Self {
                Self::$name(habit)
            }
        })*
    };
}

habits! {
    population::Audit,
    population::Backup,
    population::Browsing,
    population::Camera,
    population::CaptiveProbe,
    population::Chat,
    population::Conference,
    population::DeadName,
    population::Delivery,
    population::Device,
    population::DynDns,
    population::Game,
    population::Lookups,
    population::Mail,
    population::MailServer,
    population::Monitoring,
    population::Ntp,
    population::PrivateNames,
    population::Proxy,
    population::Push,
    population::Recursor,
    population::Revocation,
    population::Server,
    population::Suffixes,
    population::Timer,
    population::Torrent,
    population::Video,
    population::Vpn,
    population::WebSocket,
    bots::Beacon,
    bots::Clicker,
    bots::Dga,
    bots::DnsTunnel,
    bots::DohTunnel,
    bots::Flooder,
    bots::Held,
    bots::IcmpTunnel,
    bots::IrcBot,
    bots::Miner,
    bots::Overlay,
    bots::Poller,
    bots::PortScan,
    bots::Rat,
    bots::Scanner,
    bots::Spammer,
    bots::Stealer,
    bots::Thief,
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
