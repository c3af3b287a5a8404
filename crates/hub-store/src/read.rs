//! What was kept.

use ostium_correlate::{KeptCase, KeptPart, OrgId, Organisation};
use ostium_event::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::write::number;
use crate::{Store, StoreError};

/// A sensor that joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// Its number.
    pub id: u32,
    /// Its organisation.
    pub organisation: OrgId,
    /// What its operator calls it.
    pub name: String,
    /// When it joined.
    pub joined: Timestamp,
    /// The number of its last report that is durable.
    pub reported: u64,
    /// When it last reported.
    pub seen: Timestamp,
    /// It may report and follow no more.
    pub revoked: bool,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// To what.
    pub target: String,
    /// Why.
    pub note: String,
}

// === impl Store: read ===

impl Store {
    /// A setting of the hub itself.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut get = self.db.prepare_cached("SELECT value FROM meta WHERE key = ?")?;
        Ok(get.query_row([key], |row| row.get(0)).optional()?)
    }

    /// All organisations.
    pub fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        self.bodies("organisations", "SELECT body FROM organisations ORDER BY id")
    }

    /// All cases.
    pub fn cases(&self) -> Result<Vec<KeptCase>, StoreError> {
        self.bodies("cases", "SELECT body FROM cases ORDER BY id")
    }

    /// All that was learned beside cases.
    pub fn learned(&self) -> Result<Vec<KeptPart>, StoreError> {
        self.bodies("learned", "SELECT body FROM learned ORDER BY key")
    }

    fn bodies<T: serde::de::DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &str,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = self.db.prepare(sql)?;
        let mut rows = all.query([])?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            let body = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let body = serde_json::from_str(body);
            read.push(body.map_err(|error| StoreError::Row(what, error.to_string()))?);
        }
        Ok(read)
    }

    /// All sensors.
    pub fn sensors(&self) -> Result<Vec<Sensor>, StoreError> {
        let mut all = self.db.prepare(
            "SELECT id, organisation, name, joined, reported, seen, revoked FROM sensors
             ORDER BY organisation, id",
        )?;
        let rows = all.query_map([], sensor)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Signed frames of the feed after a place, oldest first; the first of these that is there may
    /// be further on, when older ones were let go.
    pub fn frames(
        &self,
        epoch: u64,
        after: u64,
        most: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut some = self.db.prepare_cached(
            "SELECT seq, body FROM frames WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?));
        let rows = some.query_map(params![number(epoch), number(after), most], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All entries of the set, by number.
    pub fn entries(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut all = self.db.prepare("SELECT id, body FROM entries ORDER BY id")?;
        let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?));
        let rows = all.query_map([], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All that is exempt, with the note.
    pub fn exempt(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut all = self.db.prepare("SELECT value, note FROM exempt ORDER BY value")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last things done, the newest first.
    pub fn audit(&self, most: usize) -> Result<Vec<Audit>, StoreError> {
        let mut some = self
            .db
            .prepare("SELECT at, who, what, target, note FROM audit ORDER BY id DESC LIMIT ?")?;
        let rows = some.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            Ok(Audit {
                at: time(row, 0)?,
                who: row.get(1)?,
                what: row.get(2)?,
                target: row.get(3)?,
                note: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Batches of a sensor as they came: first, last and bytes, in order.
    pub fn batches(&self, sensor: u32) -> Result<Vec<(u64, u64, Vec<u8>)>, StoreError> {
        let mut all = self
            .db
            .prepare("SELECT first, last, body FROM batches WHERE sensor = ? ORDER BY id")?;
        let row = |row: &Row<'_>| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok((number(0)?, number(1)?, row.get(2)?))
        };
        let rows = all.query_map([sensor], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn sensor(row: &Row<'_>) -> rusqlite::Result<Sensor> {
    Ok(Sensor {
        id: row.get(0)?,
        organisation: OrgId(row.get(1)?),
        name: row.get(2)?,
        joined: time(row, 3)?,
        reported: row.get::<_, i64>(4)?.unsigned_abs(),
        seen: time(row, 5)?,
        revoked: row.get(6)?,
    })
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_secs(row.get::<_, i64>(at)?.unsigned_abs()))
}
