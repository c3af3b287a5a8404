//! The resolvers that may have the zone, and the keys that they show (RFC 8945).
//!
//! Bias: who is not listed is told nothing but REFUSED. Where any resolver at an address has no
//! key, questions from that address need none, so give a resolver without TSIG an address of its
//! own if the others at it are to be held to their keys.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::BASE64;
use domain::base::{Name, ToName};
use domain::tsig::{Algorithm, Key, KeyName, KeyStore};

use crate::RpzError;

/// A key that a resolver and the server share; hmac-sha256.
#[derive(Clone)]
pub struct TsigKey {
    key: Arc<Key>,
}

/// A resolver.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it asks from, and where it hears.
    pub addr: IpAddr,
    /// The UDP port where it hears NOTIFY; `None` tells it nothing.
    pub notify: Option<u16>,
    /// With a key its questions must be signed, and NOTIFY to it is.
    pub key: Option<TsigKey>,
}

/// All resolvers.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    list: Vec<Peer>,
}

/// The keys that may sign from one address.
pub(crate) struct KeysOf<'a> {
    peers: &'a Peers,
    addr: IpAddr,
}

/// Shorter secrets are guessed (RFC 8945, section 8, asks for the length of the digest or more;
/// half of it is what operators have in use).
const SHORTEST_SECRET: usize = 16;
/// No secret is longer, in bytes.
const LONGEST_SECRET: usize = 512;

// === impl TsigKey ===

impl TsigKey {
    /// A key of this name and this secret in base64, as BIND's `tsig-keygen` prints them.
    ///
    /// # Errors
    /// When the name is none, or the secret is no base64, too short or too long.
    pub fn new(name: &str, secret: &str) -> Result<Self, RpzError> {
        let bad = |why| RpzError::Key(name.escape_default().to_string(), why);
        let named = Name::<Vec<u8>>::from_str(name).map_err(|_| bad("its name is no name"))?;
        let named = KeyName::try_from_name(&named).ok_or_else(|| bad("its name is no name"))?;
        let secret = BASE64.decode(secret.trim().as_bytes()).map_err(|_| bad("it is no base64"))?;
        if secret.len() < SHORTEST_SECRET {
            return Err(bad("it has fewer than 16 bytes"));
        }
        if secret.len() > LONGEST_SECRET {
            return Err(bad("it has more than 512 bytes"));
        }
        let key = Key::new(Algorithm::Sha256, &secret, named, None, None)
            .map_err(|_| bad("it cannot sign"))?;
        Ok(Self { key: Arc::new(key) })
    }

    pub(crate) const fn shared(&self) -> &Arc<Key> {
        &self.key
    }
}

/// The secret is never shown.
impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TsigKey({})", self.key.name())
    }
}

/// A name copied into the array that names of keys live in.
trait TryFromName: Sized {
    fn try_from_name(name: &Name<Vec<u8>>) -> Option<Self>;
}

impl TryFromName for KeyName {
    fn try_from_name(name: &Name<Vec<u8>>) -> Option<Self> {
        name.try_to_name().ok()
    }
}

// === impl Peers ===

impl Peers {
    /// These resolvers.
    pub fn new(list: Vec<Peer>) -> Self {
        let plain = |peer: Peer| Peer { addr: peer.addr.to_canonical(), ..peer };
        Self { list: list.into_iter().map(plain).collect() }
    }

    /// In the order that they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.list.iter()
    }

    /// May this address ask at all?
    pub fn knows(&self, addr: IpAddr) -> bool {
        self.at(addr).next().is_some()
    }

    /// Must questions from this address be signed?
    pub fn must_sign(&self, addr: IpAddr) -> bool {
        self.at(addr).all(|peer| peer.key.is_some())
    }

    pub(crate) const fn keys_of(&self, addr: IpAddr) -> KeysOf<'_> {
        KeysOf { peers: self, addr }
    }

    fn at(&self, addr: IpAddr) -> impl Iterator<Item = &Peer> {
        let addr = addr.to_canonical();
        self.list.iter().filter(move |peer| peer.addr == addr)
    }
}

// === impl KeysOf ===

impl KeyStore for KeysOf<'_> {
    type Key = Arc<Key>;

    fn get_key<N: ToName>(&self, name: &N, algorithm: Algorithm) -> Option<Arc<Key>> {
        let mut keys = self.peers.at(self.addr).filter_map(|peer| peer.key.as_ref());
        keys.find(|key| key.key.algorithm() == algorithm && key.key.name().name_eq(name))
            .map(|key| Arc::clone(&key.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_refused_with_what_to_do_and_never_shown() {
        for secret in ["", "AAAA", "no base64!", &BASE64.encode(&[1; 513])] {
            let bad = TsigKey::new("site", secret).unwrap_err().to_string();
            assert!(bad.contains("tsig-keygen") && bad.contains("site"), "{bad}");
        }
        assert!(TsigKey::new("a..b", &BASE64.encode(&[1; 32])).is_err());
        let key = TsigKey::new("site.", &BASE64.encode(&[0xab; 32])).unwrap();
        assert_eq!(format!("{key:?}"), "TsigKey(site)");
    }

    #[test]
    fn a_key_counts_at_its_own_address_only() {
        let key = |name| TsigKey::new(name, &BASE64.encode(&[1; 32])).unwrap();
        let peer = |addr: &str, key| Peer { addr: addr.parse().unwrap(), notify: None, key };
        let peers = Peers::new(vec![
            peer("192.0.2.1", Some(key("one"))),
            peer("::ffff:192.0.2.2", Some(key("two"))),
            peer("192.0.2.2", None),
        ]);
        let [one, two, other] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|a| a.parse().unwrap());
        assert!(peers.knows(one) && peers.knows(two) && !peers.knows(other));
        assert!(peers.must_sign(one) && !peers.must_sign(two));
        let name = Name::<Vec<u8>>::from_str("TWO").unwrap();
        assert!(peers.keys_of(two).get_key(&name, Algorithm::Sha256).is_some());
        assert!(peers.keys_of(two).get_key(&name, Algorithm::Sha1).is_none());
        assert!(peers.keys_of(one).get_key(&name, Algorithm::Sha256).is_none());
    }
}
