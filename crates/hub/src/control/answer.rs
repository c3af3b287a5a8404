//! Questions answered: at the desk, by whoever keeps the books.

use std::path::Path;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ostium_correlate::{Order, OrgId};
use ostium_event::{Span, Timestamp};
use ostium_hub_store::{Invite, Store};
use ostium_intel::IndicatorValue;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::{
    Answer, ApartRow, Ask, AuditRow, Case, CaseRow, Change, Decide, IndicatorRow, KeyRow,
    OrganisationRow, SensorRow, Status,
};
use crate::books::{Books, BooksError, By, Frames};
use crate::{Authority, Desk, Keys};

/// Version of the interface.
const API: u32 = 1;
/// Names of organisations are not longer.
const LONGEST_NAME: usize = 64;
/// An invitation that holds longer is a door left open.
const LONGEST_INVITATION: u64 = 90 * 86_400;

/// What the hub's operators are answered by.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) authority: Arc<Authority>,
    pub(crate) keys: Keys,
    pub(crate) database: std::path::PathBuf,
    pub(crate) started: Timestamp,
    pub(crate) listen: String,
    pub(crate) address: String,
}

type Done = Result<(Frames, Answer), BooksError>;

// === impl Office ===

impl Office {
    /// Answers a question of somebody.
    pub(crate) fn answer(&self, ask: Ask, who: &str) -> Answer {
        match ask {
            Ask::Status => {
                self.status().map_or_else(stopping, |status| Answer::Status(Box::new(status)))
            }
            Ask::Invite { organisation, network, vouched, seconds, sensors } => {
                let invite = Invite {
                    organisation,
                    vouched,
                    network,
                    expires: Timestamp::from_secs(seconds),
                    sensors,
                };
                self.invite(invite, who)
            }
            Ask::Backup { path } => self.backup(&path, who),
            Ask::Propose { renewal } => {
                let keys = self.keys.clone();
                self.ask(move |books, now| {
                    let proposal = books.propose(&keys, renewal, now)?;
                    Ok((Vec::new(), Answer::Proposal { proposal: (&proposal).into() }))
                })
            }
            Ask::Install { keys: signed, what } => {
                let (keys, by) = (self.keys.clone(), by(who, ""));
                self.ask(move |books, now| {
                    let broken = || BooksError::OtherKey("the signed keys are broken".to_owned());
                    let signed = signed.read().ok_or_else(broken)?;
                    let new = books.install(&keys, &signed, &what, &by, now)?;
                    let said =
                        format!("certificate {} of epoch {} is in force", new.serial, new.epoch);
                    Ok((Vec::new(), Answer::Done { said }))
                })
            }
            other => {
                let who = who.to_owned();
                self.ask(move |books, now| asked(books, other, &who, now))
            }
        }
    }

    fn ask(&self, work: impl FnOnce(&mut Books, Timestamp) -> Done + Send + 'static) -> Answer {
        let done = self.desk.wait_with(move |books, now| match work(books, now) {
            Ok(done) => done,
            Err(error) => (Vec::new(), Answer::Refused { why: error.to_string() }),
        });
        done.unwrap_or_else(stopping)
    }

    /// How the hub is doing; `None` if it stops.
    pub(crate) fn status(&self) -> Option<Status> {
        let keys = self.keys.clone();
        let authority = HEXLOWER.encode(&self.authority.print());
        let read = self.desk.wait_with(move |books, now| {
            (Vec::new(), KeyRow::of(books, &keys, authority).map(|keys| (keys, now, status(books))))
        });
        let (keys, now, status) = read?.ok()?;
        let warnings = warnings(&keys, &status, now);
        Some(Status {
            api: API,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started.secs(),
            now: now.secs(),
            listen: self.listen.clone(),
            address: self.address.clone(),
            following: self.desk.followers(),
            keys,
            warnings,
            ..status
        })
    }

    fn invite(&self, mut invite: Invite, who: &str) -> Answer {
        let name = &invite.organisation;
        let fine = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        let refused = |why: &str| Answer::Refused { why: why.to_owned() };
        // A number would be taken for that of another organisation.
        let is_name = !name.trim().is_empty()
            && name.len() <= LONGEST_NAME
            && name.chars().all(fine)
            && name.parse::<u32>().is_err()
            && name != "hub";
        if !is_name {
            return refused(
                "an organisation's name has 1 to 64 letters, digits, spaces, dots, dashes or \
                 underscores, and is no number and not 'hub'",
            );
        }
        let seconds = invite.expires.secs();
        if !(0.0..=1.0).contains(&invite.vouched) || invite.sensors == 0 || seconds == 0 {
            return refused("a share lies between 0 and 1, and a sensor or more joins");
        }
        if seconds > LONGEST_INVITATION {
            return refused("an invitation holds for 90 days at most");
        }
        let mut secret = [0; 32];
        if SystemRandom::new().fill(&mut secret).is_err() {
            return refused("this machine has no random numbers");
        }
        let secret = BASE64URL_NOPAD.encode(&secret);
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        let (hub, print) = (self.address.clone(), HEXLOWER.encode(&self.authority.print()));
        let by = by(who, &format!("{} sensors for {seconds} s", invite.sensors));
        self.ask(move |books, now| {
            invite.expires = now.plus(Span::from_secs(seconds));
            books.invited(&hash, &invite, &by, now)?;
            let until = invite.expires.secs();
            Ok((Vec::new(), Answer::Invitation { hub, print, secret, until }))
        })
    }

    /// Beside the books: they go on meanwhile.
    fn backup(&self, path: &Path, who: &str) -> Answer {
        if let Err(error) = copy(&self.database, path) {
            return Answer::Refused { why: format!("no backup: {error}") };
        }
        let (by, target) = (by(who, ""), path.display().to_string());
        self.ask(move |books, now| {
            books.note("backup", &target, &by, now)?;
            let said = format!("all is in {target}; the keys are not: keep them elsewhere");
            Ok((Vec::new(), Answer::Done { said }))
        })
    }
}

/// What the books know of themselves.
fn status(books: &Books) -> Status {
    let mut cases = std::collections::BTreeMap::new();
    for case in books.correlator().cases().values() {
        *cases.entry(case.state.name().to_owned()).or_default() += 1;
    }
    let totals = books.totals();
    let unread = totals.unread.iter().map(|(why, n)| (why.to_string(), *n));
    let refused = totals.refused.iter().map(|(why, n)| (why.to_string(), *n));
    let hub = |id: &&OrgId| **id != OrgId::HUB;
    Status {
        organisations: books.correlator().organisations().keys().filter(hub).count(),
        sensors: books.admitted(),
        seq: books.at().seq,
        published: books.entries(),
        cases,
        waiting: books.correlator().waiting(),
        reports: totals.reports,
        repeated: totals.repeated,
        refused: unread.chain(refused).collect(),
        lost: totals.lost,
        size: books.size().unwrap_or_default(),
        killed: books.killed().map(str::to_owned),
        trouble: books.trouble.clone(),
        ..Status::default()
    }
}

fn warnings(keys: &KeyRow, status: &Status, now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(why) = &status.trouble {
        warnings.push(format!("nothing is taken: {why}"));
    }
    if let Some(why) = &status.killed {
        warnings.push(format!("nothing is published ({why}); to go on: ostium hub resume"));
    }
    if keys.is_due(now) {
        let days = keys.until.saturating_sub(now.secs()) / 86_400;
        let ends = if keys.until <= now.secs() {
            "has ended, and no sensor believes the feed any more".to_owned()
        } else {
            format!("ends in {days} days")
        };
        warnings.push(format!(
            "the certificate of the feed {ends}: bring the root's key, and \
             run: ostium hub root rotate --root FILE"
        ));
    }
    if keys.root_here {
        warnings.push(
            "the root's key is on this machine; who takes the machine takes the feed: \
             ostium hub root export FILE"
                .to_owned(),
        );
    }
    warnings
}

// === impl KeyRow ===

impl KeyRow {
    /// The keys of these books.
    pub fn of(books: &Books, keys: &Keys, authority: String) -> Result<Self, BooksError> {
        let certified = books.certified()?;
        Ok(Self {
            feed: HEXLOWER.encode(&books.at().feed),
            root: books.root_now()?.to_string(),
            root_here: keys.has_root(),
            root_changes: books.keys().len().saturating_sub(1),
            online: certified.online.to_string(),
            serial: certified.serial,
            epoch: certified.epoch,
            from: certified.from.secs(),
            until: certified.until.secs(),
            authority,
        })
    }

    /// Two thirds of the certificate's time are over.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let whole = self.until.saturating_sub(self.from);
        now.secs().saturating_sub(self.from) >= whole / 3 * 2
    }
}

/// What the books alone answer.
fn asked(books: &mut Books, ask: Ask, who: &str, now: Timestamp) -> Done {
    let answer = match ask {
        Ask::Orgs => Answer::Orgs { rows: OrganisationRow::all(books, now)? },
        Ask::Sensors => Answer::Sensors { rows: SensorRow::all(books)? },
        Ask::Indicators { state, limit } => {
            let cases = books.correlator().cases().values();
            let wanted = |case: &&ostium_correlate::Case| state.is_none_or(|s| s == case.state);
            let mut found: Vec<_> = cases.filter(wanted).collect();
            found.sort_by_key(|case| (std::cmp::Reverse(case.since), case.id));
            let in_all = found.len();
            let rows = found.into_iter().take(limit).map(|case| IndicatorRow::of(books, case));
            Answer::Indicators { rows: rows.collect(), in_all }
        }
        Ask::Apart => Answer::Apart { rows: ApartRow::all(books) },
        Ask::Why { value } => {
            let read = read(&value)?;
            let case = books.correlator().case(&read);
            let unknown = || BooksError::Unknown(format!("nobody has reported {value}"));
            Answer::Case(Box::new(CaseRow::of(books, case.ok_or_else(unknown)?, now)))
        }
        Ask::Audit { limit } => {
            let rows = books.audit(limit)?.into_iter().map(|row| AuditRow {
                at: row.at.secs(),
                who: row.who,
                what: row.what,
                target: row.target,
                note: row.note,
            });
            Answer::Audit { rows: rows.collect() }
        }
        Ask::Decide(case) => return decide(books, &case, who, now),
        Ask::Change { change, because } => return changed(books, change, &by(who, &because), now),
        _ => Answer::Refused { why: "this is asked elsewhere".to_owned() },
    };
    Ok((Vec::new(), answer))
}

fn decide(books: &mut Books, case: &Case, who: &str, now: Timestamp) -> Done {
    if let Some(id) = number(&case.value) {
        return decide_entry(books, id, case, who, now);
    }
    let (value, by) = (read(&case.value)?, by(who, &case.because));
    let frames = match case.decide {
        Decide::Confirm => books.order(&value, &Order::Confirm, &by, now)?,
        Decide::Withdraw => books.order(&value, &Order::Withdraw, &by, now)?,
        Decide::Leave => books.order(&value, &Order::Leave, &by, now)?,
        Decide::Exempt => books.exempt(&value, &by, now)?,
        Decide::Unexempt => books.unexempt(&value, &by, now)?,
    };
    let state = books.correlator().case(&value).map(|case| {
        let why = case.reasons.last().map(|(.., why)| why.to_string()).unwrap_or_default();
        format!("{} ({why})", case.state)
    });
    let said = match (case.decide, state) {
        (Decide::Exempt, None) => format!("{value} is exempt"),
        (Decide::Exempt, Some(state)) => format!("{value} is exempt, and {state}"),
        (Decide::Unexempt, None) => format!("{value} is not exempt any more"),
        (_, state) => format!("{value} is {}", state.unwrap_or_else(|| "not known".to_owned())),
    };
    Ok((frames, Answer::Done { said }))
}

/// An entry that is known by its number: `entry:7`.
fn number(text: &str) -> Option<u64> {
    text.strip_prefix("entry:")?.parse().ok()
}

/// An analyst decides on a pattern, a victim or a generator.
fn decide_entry(books: &mut Books, id: u64, case: &Case, who: &str, now: Timestamp) -> Done {
    let by = by(who, &case.because);
    let order = match case.decide {
        Decide::Confirm => Order::Confirm,
        Decide::Withdraw => Order::Withdraw,
        Decide::Leave => Order::Leave,
        Decide::Exempt | Decide::Unexempt => {
            let why = "exempt is for values; use withdraw";
            return Err(BooksError::Unknown(format!("entry:{id}: {why}")));
        }
    };
    let frames = books.order_entry(id, &order, &by, now)?;
    let row = ApartRow::all(books).into_iter().find(|row| row.id == id);
    let said =
        row.map_or_else(|| "let go".to_owned(), |row| format!("{} ({})", row.state, row.why));
    Ok((frames, Answer::Done { said: format!("entry:{id} is {said}") }))
}

fn changed(books: &mut Books, change: Change, by: &By, now: Timestamp) -> Done {
    let (frames, said) = match change {
        Change::Vouch { organisation, share } => {
            let frames = books.vouch(&organisation, share, by, now)?;
            (frames, format!("{organisation} is vouched for by {share}"))
        }
        Change::Silence { organisation, silenced } => {
            let frames = books.silence(&organisation, silenced, by, now)?;
            let what = if silenced { "is silenced" } else { "is heard again" };
            (frames, format!("{organisation} {what}"))
        }
        Change::Ranges { organisation, ranges } => {
            let count = ranges.len();
            let frames = books.ranges(&organisation, ranges, by, now)?;
            (frames, format!("{organisation} has {count} networks of its own"))
        }
        Change::Remove { sensor } => {
            let gone = books.remove(&sensor, by, now)?;
            (Vec::new(), format!("sensor {} ({}) is removed", gone.id, gone.name))
        }
        Change::Kill => {
            let was = books.entries();
            let frames = books.kill(true, by, now)?;
            (
                frames,
                format!(
                    "{} entries are withdrawn, and nothing is published",
                    was - books.entries()
                ),
            )
        }
        Change::Resume => (books.kill(false, by, now)?, "the hub publishes again".to_owned()),
    };
    Ok((frames, Answer::Done { said }))
}

fn read(value: &str) -> Result<IndicatorValue, BooksError> {
    let no_value = || {
        let why = "is no destination; write c2.example, 203.0.113.9 or 203.0.113.9:4444";
        BooksError::Unknown(format!("'{value}' {why}"))
    };
    ostium_intel::parse(value).ok_or_else(no_value)
}

fn by(who: &str, note: &str) -> By {
    let note: String =
        note.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
    By { who: who.to_owned(), note }
}

fn stopping() -> Answer {
    Answer::Refused { why: "the hub is stopping, or cannot read its books".to_owned() }
}

/// Copies the database into a file that is not there yet: whole, or not at all.
fn copy(database: &Path, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    use std::os::unix::fs::OpenOptionsExt;
    if to.exists() {
        return Err(format!("{} is there already", to.display()).into());
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = std::path::PathBuf::from(part);
    let mut options = std::fs::OpenOptions::new();
    // Nobody else reads it, from its first byte on; and nothing that is there is written over.
    let made = options.write(true).create_new(true).mode(0o600).open(&part);
    made.map_err(|error| format!("cannot make {}: {error}", part.display()))?;
    let copied = Store::read_only(database).and_then(|store| store.backup(&part));
    let kept = copied.map_err(Into::into).and_then(|()| {
        std::fs::File::open(&part)?.sync_all()?;
        Ok(std::fs::rename(&part, to)?)
    });
    if kept.is_err() {
        drop(std::fs::remove_file(&part));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_done_is_said_with_how() {
        let day = |n: u64| Timestamp::from_secs(n * 86_400);
        let keys = KeyRow { until: 31 * 86_400, ..KeyRow::default() };
        assert_eq!(warnings(&keys, &Status::default(), day(20)), Vec::<String>::new());
        let due = warnings(&keys, &Status::default(), day(21));
        assert!(due[0].contains("ends in 10 days") && due[0].contains("root rotate"), "{due:?}");
        let over = warnings(&keys, &Status::default(), day(31));
        assert!(over[0].contains("has ended"), "{over:?}");
        let here = KeyRow { root_here: true, ..keys };
        let status = Status {
            killed: Some("alice: a test".to_owned()),
            trouble: Some("the disk is full".to_owned()),
            ..Status::default()
        };
        let all = warnings(&here, &status, day(1));
        for (said, wanted) in all.iter().zip(["disk is full", "hub resume", "root export"]) {
            assert!(said.contains(wanted), "{said}");
        }
        assert_eq!(all.len(), 3);
    }
}
