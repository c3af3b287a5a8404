//! One transaction: all of it is kept, or nothing.

use ostium_correlate::{KeptCase, KeptPart, OrgId, Organisation};
use ostium_event::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};

use crate::{Store, StoreError};

/// A transaction that is being written.
#[derive(Debug)]
pub struct Writer<'a>(Transaction<'a>);

/// A line that lets somebody join.
#[derive(Clone, Debug, PartialEq)]
pub struct Invite {
    /// The organisation that it is for.
    pub organisation: String,
    /// How much a member vouches for it.
    pub vouched: f64,
    /// The AS number that it is in, 0 if nobody knows.
    pub network: u32,
    /// When it ends.
    pub expires: Timestamp,
    /// How many sensors may join by it, 1 at least.
    pub sensors: u32,
}

/// A sensor that joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSensor {
    /// Its organisation.
    pub organisation: OrgId,
    /// What its operator calls it.
    pub name: String,
    /// When it joined.
    pub joined: Timestamp,
}

// === impl Store: write ===

impl Store {
    /// Writes; when this returns `Ok`, all of it is on the disk.
    pub fn write<T>(
        &mut self,
        work: impl FnOnce(&Writer<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let begun = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let writer = Writer(begun);
        let done = work(&writer)?;
        writer.0.commit()?;
        Ok(done)
    }
}

// === impl Writer ===

impl Writer<'_> {
    /// Reports as they came.
    pub fn batch(
        &self,
        sensor: u32,
        (first, last): (u64, u64),
        at: Timestamp,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let mut insert = self.0.prepare_cached(
            "INSERT INTO batches (sensor, first, last, at, body) VALUES (?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![sensor, number(first), number(last), seconds(at), body])?;
        let mut count = self.0.prepare_cached(
            "UPDATE sensors SET reported = max(reported, ?), seen = max(seen, ?) WHERE id = ?",
        )?;
        count.execute(params![number(last), seconds(at), sensor])?;
        Ok(())
    }

    /// A case as it is now; `None` if it is gone.
    pub fn case(&self, id: u64, case: Option<&KeptCase>) -> Result<(), StoreError> {
        let Some(case) = case else {
            self.0.prepare_cached("DELETE FROM cases WHERE id = ?")?.execute([number(id)])?;
            return Ok(());
        };
        let body = json("cases", case)?;
        let mut put = self.0.prepare_cached("INSERT OR REPLACE INTO cases VALUES (?, ?)")?;
        put.execute(params![number(id), body])?;
        Ok(())
    }

    /// What was learned beside cases, under its key; `None` if it is gone.
    pub fn learned(&self, key: &str, part: Option<&KeptPart>) -> Result<(), StoreError> {
        let Some(part) = part else {
            self.0.prepare_cached("DELETE FROM learned WHERE key = ?")?.execute([key])?;
            return Ok(());
        };
        let body = json("learned", part)?;
        let mut put = self.0.prepare_cached("INSERT OR REPLACE INTO learned VALUES (?, ?)")?;
        put.execute(params![key, body])?;
        Ok(())
    }

    /// An organisation as it is now.
    pub fn organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let body = json("organisations", organisation)?;
        let mut put = self.0.prepare_cached(
            "INSERT INTO organisations VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body",
        )?;
        put.execute(params![organisation.id.0, organisation.name, body])?;
        Ok(())
    }

    /// A sensor joins, or joins again under its name; its number, beyond `given` and all others.
    pub fn sensor(&self, new: &NewSensor, given: u32) -> Result<u32, StoreError> {
        let mut put = self.0.prepare_cached(
            "INSERT INTO sensors (id, organisation, name, joined)
             SELECT max(ifnull(max(id), 0), ?) + 1, ?, ?, ? FROM sensors RETURNING id",
        )?;
        let taken = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => {
                StoreError::Exists(format!("a sensor {} of that organisation", new.name))
            }
            _ => error.into(),
        };
        let row = params![given, new.organisation.0, new.name, seconds(new.joined)];
        put.query_row(row, |row| row.get(0)).map_err(taken)
    }

    /// A sensor may report and follow no more; another one may join under its name.
    pub fn revoke(&self, sensor: u32) -> Result<bool, StoreError> {
        let sql = "UPDATE sensors SET revoked = 1, name = name || '~' || id
                   WHERE id = ? AND revoked = 0";
        Ok(self.0.prepare_cached(sql)?.execute(params![sensor])? == 1)
    }

    /// Somebody may join with this secret's hash.
    pub fn invite(&self, hash: &[u8], invite: &Invite) -> Result<(), StoreError> {
        let mut put = self.0.prepare_cached(
            "INSERT INTO invites (hash, organisation, vouched, network, expires, used)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        let (name, expires) = (&invite.organisation, seconds(invite.expires));
        // It is used up at 1.
        let used = 1 - i64::from(invite.sensors.max(1));
        put.execute(params![hash, name, invite.vouched, invite.network, expires, used])?;
        Ok(())
    }

    /// Takes an invitation: as often as it says, and before it ends.
    pub fn take_invite(&self, hash: &[u8], now: Timestamp) -> Result<Option<Invite>, StoreError> {
        let mut take = self.0.prepare_cached(
            "UPDATE invites SET used = used + 1 WHERE hash = ? AND used < 1 AND expires > ?
             RETURNING organisation, vouched, network, expires, used",
        )?;
        let mut rows = take.query(params![hash, seconds(now)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Invite {
            organisation: row.get(0)?,
            vouched: row.get(1)?,
            network: row.get(2)?,
            expires: Timestamp::from_secs(row.get::<_, i64>(3)?.unsigned_abs()),
            // This one, and those that are left.
            sensors: u32::try_from(2 - row.get::<_, i64>(4)?).unwrap_or(1),
        }))
    }

    /// A signed frame of the feed; the same place twice is refused by the table's key.
    pub fn frame(&self, epoch: u64, seq: u64, body: &[u8]) -> Result<(), StoreError> {
        let mut put = self.0.prepare_cached("INSERT INTO frames VALUES (?, ?, ?)")?;
        put.execute(params![number(epoch), number(seq), body])?;
        Ok(())
    }

    /// An entry of the set; `None` if it is withdrawn.
    pub fn entry(&self, id: u64, body: Option<&[u8]>) -> Result<(), StoreError> {
        match body {
            Some(body) => self
                .0
                .prepare_cached("INSERT OR REPLACE INTO entries VALUES (?, ?)")?
                .execute(params![number(id), body])?,
            None => {
                self.0.prepare_cached("DELETE FROM entries WHERE id = ?")?.execute([number(id)])?
            }
        };
        Ok(())
    }

    /// Exempts a value, for ever.
    pub fn exempt(&self, value: &str, note: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO exempt VALUES (?, ?, ?)";
        self.0.prepare_cached(sql)?.execute(params![value, note, seconds(at)])?;
        Ok(())
    }

    /// Exempts it no more; was it?
    pub fn unexempt(&self, value: &str) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached("DELETE FROM exempt WHERE value = ?")?.execute([value])? == 1)
    }

    /// Who did what to what, and why.
    pub fn audit(
        &self,
        at: Timestamp,
        who: &str,
        what: &str,
        target: &str,
        note: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO audit (at, who, what, target, note) VALUES (?, ?, ?, ?, ?)";
        self.0.prepare_cached(sql)?.execute(params![seconds(at), who, what, target, note])?;
        Ok(())
    }

    /// A setting of the hub itself.
    pub fn meta(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO meta VALUES (?, ?)";
        self.0.prepare_cached(sql)?.execute(params![key, value])?;
        Ok(())
    }

    /// Lets reports go that are older, and frames that are further back; how many rows went.
    pub fn forget(&self, older: Timestamp, epoch: u64, before: u64) -> Result<usize, StoreError> {
        let gone = self.0.execute("DELETE FROM batches WHERE at < ?", [seconds(older)])?;
        let sql = "DELETE FROM frames WHERE epoch < ?1 OR (epoch = ?1 AND seq < ?2)";
        Ok(gone + self.0.execute(sql, params![number(epoch), number(before)])?)
    }
}

/// SQLite counts in signed numbers; ours are far below.
pub(crate) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(crate) fn seconds(at: Timestamp) -> i64 {
    number(at.secs())
}

fn json<T: serde::Serialize>(what: &'static str, row: &T) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|error| StoreError::Row(what, error.to_string()))
}
