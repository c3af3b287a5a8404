//! Reports that are not durable at the hub yet: in a file, in order, bounded.
//!
//! A number is given once, over restarts and losses too: SQLite's AUTOINCREMENT keeps the highest
//! one that ever was, and a write is on the disk before anybody is sent what it holds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The file, or the disk.
    #[error("reports cannot be kept in {path}: {error}; is the disk full, or not writable?")]
    File {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        error: rusqlite::Error,
    },
}

/// Reports on their way.
#[derive(Debug)]
pub(crate) struct Spool {
    db: Connection,
    path: PathBuf,
    most: u64,
    waiting: u64,
}

/// Some reports that follow each other without a gap.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// The number of the first.
    pub(crate) first: u64,
    pub(crate) bodies: Vec<Vec<u8>>,
}

/// Bytes of one run; a hub takes messages of one mebibyte.
const MOST_BYTES: usize = 700 << 10;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;
    CREATE TABLE IF NOT EXISTS reports (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        body BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS meant (one INTEGER PRIMARY KEY CHECK (one = 1), feed BLOB NOT NULL);";

// === impl Spool ===

impl Spool {
    /// Opens the spool, or begins one, for so many reports. A file that is none is set aside, under
    /// the name that comes back: the hub knows the numbers that were used (see `reached`).
    pub(crate) fn open(path: &Path, most: u64) -> Result<(Self, Option<PathBuf>), SpoolError> {
        match Self::opened(path, most) {
            Ok(spool) => Ok((spool, None)),
            Err(SpoolError::File { error, .. }) if is_damage(&error) => {
                let aside = path.with_extension("damaged");
                for end in ["", "-wal", "-shm"] {
                    let of = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
                    // What is not there need not be moved.
                    drop(std::fs::rename(of(path), of(&aside)));
                }
                Ok((Self::opened(path, most)?, Some(aside)))
            }
            Err(other) => Err(other),
        }
    }

    fn opened(path: &Path, most: u64) -> Result<Self, SpoolError> {
        let wrong = |error| SpoolError::File { path: path.to_owned(), error };
        let open = || {
            let db = Connection::open(path)?;
            db.busy_timeout(Duration::from_secs(5))?;
            db.execute_batch(SCHEMA)?;
            let waiting: i64 = db.query_row("SELECT count(*) FROM reports", [], |r| r.get(0))?;
            Ok((db, waiting.unsigned_abs()))
        };
        let (db, waiting) = open().map_err(wrong)?;
        Ok(Self { db, path: path.to_owned(), most: most.max(1), waiting })
    }

    /// From now on reports are for the hub of this feed. Those that wait for another go, counted:
    /// what was meant for one hub is no business of the next. Says how many went.
    pub(crate) fn mean(&mut self, feed: &[u8]) -> Result<u64, SpoolError> {
        let gone = self.write(|db| {
            let before = db.query_row("SELECT feed FROM meant", [], |row| row.get::<_, Vec<u8>>(0));
            let before = before.optional()?;
            if before.as_deref() == Some(feed) {
                return Ok(0);
            }
            db.execute("INSERT OR REPLACE INTO meant VALUES (1, ?)", [feed])?;
            if before.is_none() {
                return Ok(0);
            }
            let gone = db.execute("DELETE FROM reports", [])? as u64;
            count_lost(db, gone)?;
            Ok(gone)
        })?;
        self.waiting -= gone.min(self.waiting);
        Ok(gone)
    }

    /// Keeps reports; when this returns they are on the disk. Beyond the bound the oldest go, and
    /// are counted.
    pub(crate) fn push(&mut self, bodies: &[Vec<u8>]) -> Result<(), SpoolError> {
        let (most, waiting) = (self.most, self.waiting);
        let now = self.write(|db| {
            let mut add = db.prepare_cached("INSERT INTO reports (body) VALUES (?)")?;
            for body in bodies {
                add.execute([body])?;
            }
            let waiting = waiting + bodies.len() as u64;
            let over = waiting.saturating_sub(most);
            if over == 0 {
                return Ok(waiting);
            }
            db.execute(
                "DELETE FROM reports WHERE number IN
                 (SELECT number FROM reports ORDER BY number LIMIT ?)",
                [int(over)],
            )?;
            count_lost(db, over)?;
            Ok(waiting - over)
        })?;
        self.waiting = now;
        Ok(())
    }

    /// The reports after this number, at most so many; the first may be further on, when older
    /// ones were lost.
    pub(crate) fn after(&self, number: u64, most: usize) -> Result<Run, SpoolError> {
        let read = || {
            let mut some = self.db.prepare_cached(
                "SELECT number, body FROM reports WHERE number > ? ORDER BY number LIMIT ?",
            )?;
            let mut rows = some.query(params![int(number), int(most as u64)])?;
            let (mut run, mut bytes) = (Run::default(), 0);
            while let Some(row) = rows.next()? {
                let number = row.get::<_, i64>(0)?.unsigned_abs();
                let body: Vec<u8> = row.get(1)?;
                if run.bodies.is_empty() {
                    run.first = number;
                }
                bytes += body.len();
                let follows = number == run.first + run.bodies.len() as u64;
                if !follows || (bytes > MOST_BYTES && !run.bodies.is_empty()) {
                    break;
                }
                run.bodies.push(body);
            }
            Ok(run)
        };
        read().map_err(|error| self.wrong(error))
    }

    /// The hub has all up to this number; none up to it is given again.
    pub(crate) fn reached(&mut self, number: u64) -> Result<(), SpoolError> {
        let gone = self.write(|db| {
            let gone = db.execute("DELETE FROM reports WHERE number <= ?", [int(number)])?;
            let mut last =
                db.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'reports'")?;
            let last: Option<i64> = last.query_row([], |row| row.get(0)).optional()?;
            match last {
                Some(last) if last >= int(number) => {}
                Some(_) => drop(db.execute(
                    "UPDATE sqlite_sequence SET seq = ? WHERE name = 'reports'",
                    [int(number)],
                )?),
                None => drop(db.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', ?)",
                    [int(number)],
                )?),
            }
            Ok(gone as u64)
        })?;
        self.waiting = self.waiting.saturating_sub(gone);
        Ok(())
    }

    /// Reports that wait.
    pub(crate) const fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Reports that were lost because there was no room, ever.
    pub(crate) fn lost(&self) -> u64 {
        let lost = "SELECT value FROM counts WHERE name = 'lost'";
        let lost: Option<i64> = self.db.query_row(lost, [], |row| row.get(0)).ok();
        lost.map_or(0, i64::unsigned_abs)
    }

    fn write<T>(
        &mut self,
        what: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, SpoolError> {
        let done = self.db.transaction().and_then(|transaction| {
            let done = what(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|error| self.wrong(error))
    }

    fn wrong(&self, error: rusqlite::Error) -> SpoolError {
        SpoolError::File { path: self.path.clone(), error }
    }
}

fn count_lost(db: &Connection, more: u64) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO counts VALUES ('lost', ?1)
         ON CONFLICT (name) DO UPDATE SET value = value + ?1",
        [int(more)],
    )?;
    Ok(())
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// As SQLite counts; no sensor comes near the end of it.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let name = format!("ostium-spool-{}-{name}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn open(&self, most: u64) -> Spool {
            let (spool, aside) = Spool::open(&self.0.join("spool.db"), most).unwrap();
            assert_eq!(aside, None);
            spool
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn bodies(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn numbers_are_given_once_over_restarts() {
        let place = Place::new("numbers");
        let mut spool = place.open(10);
        spool.push(&bodies(&["a", "b", "c"])).unwrap();
        assert_eq!(spool.after(0, 2).unwrap(), Run { first: 1, bodies: bodies(&["a", "b"]) });
        spool.reached(3).unwrap();
        assert_eq!((spool.waiting(), spool.after(0, 9).unwrap()), (0, Run::default()));
        drop(spool);
        let mut spool = place.open(10);
        spool.push(&bodies(&["d"])).unwrap();
        assert_eq!(spool.after(3, 9).unwrap(), Run { first: 4, bodies: bodies(&["d"]) });
    }

    #[test]
    fn the_oldest_go_and_are_counted() {
        let place = Place::new("bound");
        let mut spool = place.open(2);
        spool.push(&bodies(&["a", "b"])).unwrap();
        spool.push(&bodies(&["c", "d", "e"])).unwrap();
        assert_eq!((spool.waiting(), spool.lost()), (2, 3));
        assert_eq!(spool.after(0, 9).unwrap(), Run { first: 4, bodies: bodies(&["d", "e"]) });
        drop(spool);
        assert_eq!(place.open(2).lost(), 3, "it is remembered");
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_no_number_given_again() {
        let place = Place::new("damage");
        let path = place.0.join("spool.db");
        std::fs::write(&path, vec![7; 5_000]).unwrap();
        let (mut spool, aside) = Spool::open(&path, 9).unwrap();
        assert!(aside.unwrap().exists());
        // The hub says how far it was.
        spool.reached(41).unwrap();
        spool.push(&bodies(&["x"])).unwrap();
        assert_eq!(spool.after(0, 9).unwrap().first, 42);
    }

    #[test]
    fn what_waits_for_one_hub_is_not_told_to_another() {
        let place = Place::new("another");
        let mut spool = place.open(10);
        assert_eq!(spool.mean(b"first").unwrap(), 0);
        spool.push(&bodies(&["a", "b"])).unwrap();
        drop(spool);
        let mut spool = place.open(10);
        assert_eq!((spool.mean(b"first").unwrap(), spool.waiting()), (0, 2));
        assert_eq!((spool.mean(b"second").unwrap(), spool.waiting(), spool.lost()), (2, 0, 2));
        spool.push(&bodies(&["c"])).unwrap();
        assert_eq!(spool.after(0, 9).unwrap(), Run { first: 3, bodies: bodies(&["c"]) });
    }

    #[test]
    fn a_run_is_no_longer_than_a_message() {
        let place = Place::new("long");
        let mut spool = place.open(100);
        let long = vec![vec![1; 300 << 10]; 4];
        spool.push(&long).unwrap();
        assert_eq!(spool.after(0, 1_000).unwrap().bodies.len(), 2);
        assert_eq!(spool.after(2, 1_000).unwrap().first, 3);
    }
}
