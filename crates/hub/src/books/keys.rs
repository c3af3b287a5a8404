//! The keys of the feed, changed while it goes on: what is proposed, signed by the root, and put in
//! force. The root's key itself is with whoever signs; the books never hold it.

use ostium_event::Timestamp;
use ostium_feed::wire::{CertificateBody, Frame, RootBody, frame};
use ostium_feed::{FeedId, Follower, Hash, Position, PublicKey, Publisher, RootKey};
use prost::Message;
use serde::{Deserialize, Serialize};

use super::open::{CERTIFIED_MS, FRESH_MS, ROOT_CHANGES, SIGNED_FROM, bytes_of};
use super::{Books, BooksError, By};
use crate::Keys;

/// What is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Renewal {
    /// The same key for longer.
    Longer,
    /// Another online key; the history goes on.
    Rotate,
    /// Another online key and a new history: the old key was stolen, or a backup was restored.
    Recover,
    /// The same online key, and a new history: a backup was restored.
    Restore,
}

/// What the root is asked to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Which feed.
    pub feed: FeedId,
    /// The root whose signature is needed.
    pub root: PublicKey,
    /// The number of the next change of the root.
    pub root_serial: u64,
    /// The number of the certificate.
    pub serial: u64,
    /// The history that the key is to speak for.
    pub epoch: u64,
    /// The online key.
    pub online: PublicKey,
}

/// What the root has signed.
#[derive(Clone, Debug)]
pub struct NewKeys {
    /// Another root from now on.
    pub root_change: Option<Frame>,
    /// Who speaks for the feed.
    pub certificate: Frame,
}

/// What the certificate in force says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certified {
    /// Its number.
    pub serial: u64,
    /// The history that it is for.
    pub epoch: u64,
    /// The online key.
    pub online: PublicKey,
    /// From when on it holds.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Signs what was proposed; with another root, both sign.
pub fn sign(
    proposal: &Proposal,
    root: &RootKey,
    next: Option<&RootKey>,
    now: Timestamp,
) -> Result<NewKeys, BooksError> {
    let Proposal { feed, serial, epoch, online, .. } = *proposal;
    if root.public() != proposal.root {
        return Err(BooksError::OtherKey(format!(
            "this is the key of another root ({}): the hub's is {}",
            root.public(),
            proposal.root
        )));
    }
    let now_ms = now.nanos() / 1_000_000;
    let times = (now_ms, now_ms.saturating_add(CERTIFIED_MS));
    Ok(NewKeys {
        root_change: next.map(|next| root.succeed(next, feed, proposal.root_serial)),
        certificate: next.unwrap_or(root).certify(feed, serial, epoch, online, times),
    })
}

// === impl Certified ===

impl Certified {
    /// Two thirds of its time are over: the root is to sign again.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let (whole, gone) = (self.until.since(self.from).nanos(), now.since(self.from).nanos());
        gone >= whole / 3 * 2
    }
}

// === impl Books: keys ===

impl Books {
    /// What the certificate in force says.
    pub fn certified(&self) -> Result<Certified, BooksError> {
        certified(&self.held.certificate)
    }

    /// The root in force.
    pub fn root_now(&self) -> Result<PublicKey, BooksError> {
        match self.held.root_changes.last() {
            Some(change) => Ok(root_of(change)?.0),
            None => self.root(),
        }
    }

    /// What the root is to sign. Another online key is made for it where one is needed.
    pub fn propose(
        &self,
        keys: &Keys,
        what: Renewal,
        now: Timestamp,
    ) -> Result<Proposal, BooksError> {
        let old = self.certified()?;
        let changes = self.held.root_changes.last();
        let root_serial = changes.map_or(Ok(0), |change| root_of(change).map(|(_, n)| n))? + 1;
        let online = match what {
            Renewal::Rotate | Renewal::Recover => keys.new_next()?.public(),
            Renewal::Longer | Renewal::Restore => self.online.public(),
        };
        Ok(Proposal {
            feed: self.at().feed,
            root: self.root_now()?,
            root_serial,
            // By the clock, so that what was signed after a backup is not signed again.
            serial: (old.serial + 1).max(now.secs()),
            epoch: match what {
                Renewal::Longer | Renewal::Rotate => old.epoch,
                Renewal::Recover => old.epoch + 1,
                Renewal::Restore => (old.epoch + 1).max(now.secs()),
            },
            online,
        })
    }

    /// Puts what the root has signed in force, if every follower will believe it.
    pub fn install(
        &mut self,
        keys: &Keys,
        new: &NewKeys,
        what: &str,
        by: &By,
        now: Timestamp,
    ) -> Result<Certified, BooksError> {
        let (old, next) = (self.certified()?, certified(&new.certificate)?);
        self.believed(new, now)?;
        if !(next.from <= now && now < next.until) {
            let why = "the certificate does not hold now: is a clock wrong?";
            return Err(BooksError::OtherKey(why.to_owned()));
        }
        let ours = next.online == self.online.public();
        if !ours && keys.next()?.is_none_or(|key| key.public() != next.online) {
            let why = "the certificate is for a key that is not here: begin anew";
            return Err(BooksError::OtherKey(why.to_owned()));
        }
        let mut at = self.at();
        if next.epoch != old.epoch {
            at = Position { epoch: next.epoch, seq: 0, head: Hash::default(), ..at };
        }
        let signed_from = match (next.epoch == old.epoch, ours) {
            (false, _) => 0,
            (true, false) => at.seq,
            (true, true) => self.held.signed_from,
        };
        let mut changes = self.held.root_changes.clone();
        changes.extend(new.root_change.clone());
        let bytes: Vec<u8> =
            changes.iter().flat_map(Message::encode_length_delimited_to_vec).collect();
        self.store.write(|to| {
            to.meta("position", &bytes_of(&at))?;
            to.meta("certificate", &new.certificate.encode_to_vec())?;
            to.meta(ROOT_CHANGES, &bytes)?;
            to.meta(SIGNED_FROM, &signed_from.to_be_bytes())?;
            to.audit(now, &by.who, what, &next.online.to_string(), &by.note)
        })?;
        self.held.certificate = new.certificate.clone();
        self.held.root_changes = changes;
        self.held.signed_from = signed_from;
        self.held.publisher = Publisher::new(at, FRESH_MS);
        if !ours {
            // If this fails the next start does it.
            self.online = keys.promote()?;
        }
        Ok(next)
    }

    /// Would a follower that knows all that was said so far take it?
    fn believed(&self, new: &NewKeys, now: Timestamp) -> Result<(), BooksError> {
        let mut follower = Follower::new(self.at().feed, self.root()?);
        let said = self.held.root_changes.iter().chain([&self.held.certificate]);
        for frame in said.chain(&new.root_change).chain([&new.certificate]) {
            follower.take(frame, now.nanos() / 1_000_000)?;
        }
        Ok(())
    }
}

pub(super) fn certified(frame: &Frame) -> Result<Certified, BooksError> {
    let broken = || ostium_feed::Refusal::Malformed("the certificate of the feed is broken");
    let Some(frame::Step::Certificate(signed)) = &frame.step else { return Err(broken().into()) };
    let body = CertificateBody::decode(signed.body.clone()).map_err(|_| broken())?;
    let time = |ms: u64| Timestamp::from_nanos(ms.saturating_mul(1_000_000));
    Ok(Certified {
        serial: body.serial,
        epoch: body.epoch,
        online: PublicKey::from_slice(&body.online_key).map_err(|_| broken())?,
        from: time(body.not_before_ms),
        until: time(body.not_after_ms),
    })
}

/// The root that a change leads to, and its number.
fn root_of(frame: &Frame) -> Result<(PublicKey, u64), BooksError> {
    let broken = || ostium_feed::Refusal::Malformed("a change of the root is broken");
    let Some(frame::Step::RootChange(change)) = &frame.step else { return Err(broken().into()) };
    let body = RootBody::decode(change.body.clone()).map_err(|_| broken())?;
    Ok((PublicKey::from_slice(&body.new_root).map_err(|_| broken())?, body.serial))
}

#[cfg(test)]
mod tests;
