//! What all machines of a world share while it is played.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;

use ostium_event::{Home, Timestamp};
use sha2::{Digest, Sha256};

use crate::dns::Answers;
use crate::internet::{Internet, Site};
use crate::rng::{Rng, mix, mix_text};
use crate::tls::{Claims, write_certificate};

/// The common ground of one playing.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) seed: u64,
    /// What is inside.
    pub(crate) home: Home,
    /// When the world begins.
    pub(crate) start: Timestamp,
    /// When it ends: nothing passes any more.
    pub(crate) end: Timestamp,
    certificates: RefCell<HashMap<u64, Rc<Certificate>, FixedState>>,
    places: RefCell<HashMap<Box<str>, Rc<Place>, FixedState>>,
}

/// What stands behind a name, as every machine finds it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: Rc<str>,
    pub(crate) site: Site,
    /// What the resolver says of it.
    pub(crate) answers: Rc<Answers>,
    /// Who vouches for it.
    pub(crate) issuer: &'static str,
}

/// A certificate as it is shown: whoever shows it again shows the same bytes.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) subject: Box<str>,
    pub(crate) issuer: Box<str>,
    pub(crate) from: Timestamp,
    pub(crate) days: u64,
    pub(crate) names: Vec<Box<str>>,
    pub(crate) der: Rc<[u8]>,
    /// SHA-256 of it.
    pub(crate) hash: [u8; 32],
}

/// Certificates, and names, remembered at once; one is some 800 bytes.
const REMEMBERED: usize = 8192;
/// Issuers of ordinary certificates.
const ISSUERS: &[&str] = &["Everyday CA R3", "Everyday CA R11", "Commerce Trust RSA 2"];

// === impl Shared ===

impl Shared {
    pub(crate) fn new(seed: u64, home: Home, (start, end): (Timestamp, Timestamp)) -> Rc<Self> {
        let (certificates, places) = (RefCell::default(), RefCell::default());
        Rc::new(Self { seed, home, start, end, certificates, places })
    }

    /// What stands behind a name.
    pub(crate) fn place(&self, name: &str) -> Rc<Place> {
        let mut known = self.places.borrow_mut();
        if let Some(place) = known.get(name) {
            return Rc::clone(place);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let net = Internet::new(self.seed, self.start);
        let site = net.site(name);
        let answers = Rc::new(Answers::addresses(&site));
        let issuer = net.chance_of(name).pick(ISSUERS);
        let place = Rc::new(Place { name: name.into(), site, answers, issuer });
        known.insert(name.into(), Rc::clone(&place));
        place
    }

    /// When the roots of trust were made.
    pub(crate) fn rooted(&self) -> Timestamp {
        let day = self.start.secs() / 86_400;
        Timestamp::from_secs(day.saturating_sub(1500) * 86_400)
    }

    /// The certificate that makes these claims.
    pub(crate) fn certificate(&self, claims: &Claims<'_>) -> Rc<Certificate> {
        let named = mix_text(mix_text(self.seed, claims.subject), claims.issuer);
        let key = mix(named ^ claims.from.nanos()) ^ claims.days;
        let mut known = self.certificates.borrow_mut();
        if let Some(certificate) = known.get(&key) {
            return Rc::clone(certificate);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        // Its chance belongs to what it says, so that it can be forgotten and made again.
        let der = write_certificate(&mut Rng::new(key), claims);
        let hash = Sha256::digest(&der).into();
        let certificate = Rc::new(Certificate {
            subject: claims.subject.into(),
            issuer: claims.issuer.into(),
            from: claims.from,
            days: claims.days,
            names: claims.names.iter().map(|name| (*name).into()).collect(),
            der: der.into(),
            hash,
        });
        known.insert(key, Rc::clone(&certificate));
        certificate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_one_certificate() {
        let shared = Shared::new(1, Home::private(), (Timestamp::ZERO, Timestamp::MAX));
        let claims = |subject, day: u64| Claims {
            subject,
            issuer: "Some Issuer",
            from: Timestamp::from_secs(day * 86_400),
            days: 90,
            names: &[],
        };
        let first = shared.certificate(&claims("a.example", 20_000));
        assert!(Rc::ptr_eq(&first, &shared.certificate(&claims("a.example", 20_000))));
        assert_ne!(first.hash, shared.certificate(&claims("a.example", 20_060)).hash);
        assert_ne!(first.hash, shared.certificate(&claims("b.example", 20_000)).hash);
        shared.certificates.borrow_mut().clear();
        assert_eq!(first.hash, shared.certificate(&claims("a.example", 20_000)).hash);
    }
}
