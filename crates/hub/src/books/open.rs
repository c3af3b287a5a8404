//! Opening the books: what was kept, and keys that are made when the hub is new.

use std::path::Path;

use ostium_correlate::{Correlator, OrgId, Organisation, Policy, Rails, Standing};
use ostium_event::Timestamp;
use ostium_feed::wire::Frame;
use ostium_feed::{FeedId, Hash, Position, Publisher, State};
use ostium_hub_store::{Invite, NewSensor, Store};
use prost::Message;
use prost::bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};

use super::given::given;
use super::keys::certified;
use super::{Admitted, Books, BooksError, Held, Member, Totals};
use crate::{Keys, KeysError};

/// The database's name in the hub's folder.
pub(crate) const FILE: &str = "hub.db";
/// A follower that has heard nothing for so long calls its set stale.
pub(super) const FRESH_MS: u64 = 60_000;
/// Settings of the hub, beside `position`, `root` (the first one) and `certificate`: frames of root
/// changes; the number from which the key in force has signed; why nothing is published.
pub(super) const ROOT_CHANGES: &str = "root_changes";
pub(super) const SIGNED_FROM: &str = "signed_from";
pub(super) const KILLED: &str = "killed";
/// For how long an online key is certified: a month, so that the root comes along now and then.
pub(super) const CERTIFIED_MS: u64 = 31 * 86_400_000;

// === impl Books: open ===

impl Books {
    /// Opens the books in this folder, or begins them.
    pub fn open(
        folder: &Path,
        keys: &Keys,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Self, BooksError> {
        if let Some(fault) = policy.fault() {
            return Err(BooksError::Policy(fault));
        }
        let mut store = Store::open(&folder.join(FILE))?;
        if store.meta("position")?.is_none() {
            begin(&mut store, keys, now)?;
        }
        let held = Held::read(&store, policy)?;
        let online = keys.online(certified(&held.certificate)?.online)?;
        Ok(Self { store, online, held, totals: Totals::default(), trouble: None })
    }

    /// Opens books whose keys are to be changed: the online key need not be the one that is
    /// certified, and is made if there is none. There must be books.
    pub fn open_to_certify(folder: &Path, keys: &Keys, policy: Policy) -> Result<Self, BooksError> {
        let path = folder.join(FILE);
        if !path.exists() {
            let why = format!("there is no hub in {}; 'ostium hub' makes one", folder.display());
            return Err(BooksError::Unknown(why));
        }
        let store = Store::open(&path)?;
        let held = Held::read(&store, policy)?;
        let certified = keys.online(certified(&held.certificate)?.online);
        let online = certified.or_else(|_| keys.first_online())?;
        Ok(Self { store, online, held, totals: Totals::default(), trouble: None })
    }

    /// The file may grow to so many bytes; then it is full, like a disk.
    pub fn bound(&self, bytes: u64) -> Result<(), BooksError> {
        Ok(self.store.bound(bytes)?)
    }

    /// Takes what is in the file for the truth again: what could not be written has not happened.
    pub(super) fn go_back(&mut self) -> Result<(), BooksError> {
        let policy = self.held.correlator.policy().clone();
        self.held = Held::read(&self.store, policy)?;
        Ok(())
    }

    /// An organisation joins, or changes.
    pub fn join(&mut self, organisation: Organisation) -> Result<(), BooksError> {
        self.store.write(|to| to.organisation(&organisation))?;
        self.held.standings.insert(organisation.id, organisation.standing);
        self.held.correlator.join(organisation);
        Ok(())
    }

    /// A sensor of an organisation joins; its number.
    pub fn enrol(&mut self, new: &NewSensor) -> Result<u32, BooksError> {
        let id = self.store.write(|to| to.sensor(new, self.held.given))?;
        let organisation = new.organisation;
        self.held.members.insert(id, Member { organisation, reported: 0, revoked: false });
        Ok(id)
    }

    /// Somebody may join with a secret of this hash, once.
    pub fn invite(&mut self, hash: &[u8; 32], invite: &Invite) -> Result<(), BooksError> {
        Ok(self.store.write(|to| to.invite(hash, invite))?)
    }

    /// Lets a sensor in by the hash of its secret; `None` if nobody was invited so. An organisation
    /// that is new joins with it.
    pub fn admit(
        &mut self,
        hash: &[u8; 32],
        sensor: &str,
        now: Timestamp,
    ) -> Result<Option<Admitted>, BooksError> {
        let known = self.held.correlator.organisations();
        let given = self.held.given;
        let next = known.keys().last().map_or(0, |last| last.0).max(given).saturating_add(1);
        let admitted = self.store.write(|to| {
            let Some(invite) = to.take_invite(hash, now)? else { return Ok(None) };
            let old = known.values().find(|o| o.name == invite.organisation && o.id != OrgId::HUB);
            let organisation = old.cloned().unwrap_or_else(|| Organisation {
                id: OrgId(next),
                name: invite.organisation.clone(),
                network: invite.network,
                joined: now,
                vouched: invite.vouched,
                ranges: Vec::new(),
                standing: Standing::default(),
                silenced: false,
            });
            to.organisation(&organisation)?;
            let name = sensor.to_owned();
            let new = NewSensor { organisation: organisation.id, name, joined: now };
            let sensor = to.sensor(&new, given)?;
            to.audit(now, "invitation", "enrol", &organisation.name, &new.name)?;
            Ok(Some((organisation, sensor)))
        })?;
        let Some((organisation, sensor)) = admitted else { return Ok(None) };
        let member = Member { organisation: organisation.id, reported: 0, revoked: false };
        self.held.members.insert(sensor, member);
        let name = organisation.name.clone();
        let id = organisation.id;
        self.held.standings.insert(id, organisation.standing);
        self.held.correlator.join(organisation);
        Ok(Some(Admitted { organisation: id, name, sensor }))
    }

    /// May this sensor report and follow?
    pub fn admits(&self, sensor: u32, organisation: OrgId) -> bool {
        let member = self.held.members.get(&sensor);
        member.is_some_and(|member| !member.revoked && member.organisation == organisation)
    }
}

// === impl Held ===

impl Held {
    fn read(store: &Store, policy: Policy) -> Result<Self, BooksError> {
        let rails = rails(store)?;
        let organisations = store.organisations()?;
        let standings = organisations.iter().map(|o| (o.id, o.standing)).collect();
        let (cases, parts) = (store.cases()?, store.learned()?);
        let members = store.sensors()?.into_iter().map(|sensor| {
            let (organisation, reported) = (sensor.organisation, sensor.reported);
            (sensor.id, Member { organisation, reported, revoked: sensor.revoked })
        });
        let set = store.entries()?.into_iter().map(|(id, body)| (id, Bytes::from(body)));
        let killed = store.meta(KILLED)?.filter(|why| !why.is_empty());
        let killed = killed.map(|why| String::from_utf8_lossy(&why).into_owned());
        let mut correlator = Correlator::restored(policy, rails, organisations, cases, parts);
        if killed.is_some() {
            correlator.kill(true);
        }
        let signed_from = store.meta(SIGNED_FROM)?.and_then(|n| n.try_into().ok());
        Ok(Self {
            correlator,
            root_changes: frames(&store.meta(ROOT_CHANGES)?.unwrap_or_default())?,
            signed_from: signed_from.map_or(0, u64::from_be_bytes),
            killed,
            publisher: Publisher::new(position(store)?, FRESH_MS),
            certificate: frame(&store.meta("certificate")?.unwrap_or_default())?,
            members: members.collect(),
            set: set.collect(),
            standings,
            given: given(store)?,
        })
    }
}

/// The first keys and the first certificate of a hub.
fn begin(store: &mut Store, keys: &Keys, now: Timestamp) -> Result<(), BooksError> {
    let root = match keys.root() {
        Ok(root) => root,
        Err(KeysError::RootAway(_)) => keys.new_root()?,
        Err(other) => return Err(other.into()),
    };
    let online = keys.first_online()?;
    let mut feed: FeedId = [0; 16];
    let no_chance = |_| BooksError::Policy("this machine has no random numbers");
    SystemRandom::new().fill(&mut feed).map_err(no_chance)?;
    let now_ms = now.nanos() / 1_000_000;
    let times = (now_ms, now_ms.saturating_add(CERTIFIED_MS));
    let certificate = root.certify(feed, 1, 1, online.public(), times);
    let at = Position { feed, epoch: 1, ..Position::default() };
    store.write(|to| {
        to.meta("position", &bytes_of(&at))?;
        to.meta("root", &root.public().0)?;
        to.meta("certificate", &certificate.encode_to_vec())
    })?;
    Ok(())
}

/// What operators exempted.
pub(super) fn rails(store: &Store) -> Result<Rails, BooksError> {
    let mut rails = Rails::default();
    for (value, note) in store.exempt()? {
        if let Some(value) = ostium_intel::parse(&value) {
            rails.exempt(&value, &note);
        }
    }
    Ok(rails)
}

fn frame(bytes: &[u8]) -> Result<Frame, BooksError> {
    let broken = |_| ostium_feed::Refusal::Malformed("the kept certificate is broken");
    Ok(Frame::decode(bytes).map_err(broken)?)
}

/// Frames one after the other, each with its length before it.
fn frames(mut bytes: &[u8]) -> Result<Vec<Frame>, BooksError> {
    let broken = |_| ostium_feed::Refusal::Malformed("the kept changes of the root are broken");
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        frames.push(Frame::decode_length_delimited(&mut bytes).map_err(broken)?);
    }
    Ok(frames)
}

/// A position as it is kept.
pub(super) fn bytes_of(at: &Position) -> Vec<u8> {
    let mut bytes = at.feed.to_vec();
    bytes.extend_from_slice(&at.epoch.to_be_bytes());
    bytes.extend_from_slice(&at.seq.to_be_bytes());
    bytes.extend_from_slice(&at.head.0);
    bytes.extend_from_slice(&at.state.to_bytes());
    bytes
}

fn position(store: &Store) -> Result<Position, BooksError> {
    let bytes = store.meta("position")?.unwrap_or_default();
    let read = || {
        let number = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some(Position {
            feed: bytes.get(..16)?.try_into().ok()?,
            epoch: number(16)?,
            seq: number(24)?,
            head: Hash::from_slice(bytes.get(32..64)?)?,
            state: State::from_slice(bytes.get(64..)?)?,
        })
    };
    let broken = ostium_feed::Refusal::Malformed("the kept position is broken");
    read().ok_or_else(|| broken.into())
}
