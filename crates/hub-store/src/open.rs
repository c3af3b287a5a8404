//! Opening, checking and copying the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::StoreError;

/// The form of the tables.
const FORM: i64 = 2;
/// What leads from each older form to the next, the first from form 1.
const STEPS: &[&str] = &[include_str!("learned.sql")];

/// The file of a hub.
#[derive(Debug)]
pub struct Store {
    pub(crate) db: Connection,
    path: PathBuf,
}

// === impl Store ===

impl Store {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let db = Connection::open(path)?;
        let store = Self { db, path: path.to_owned() };
        store.prepare().map_err(|error| store.explain(error))?;
        Ok(store)
    }

    /// Opens the file to read it, beside a hub that writes it.
    pub fn read_only(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        let store = Self { db, path: path.to_owned() };
        store.check_form().map_err(|error| store.explain(error))?;
        Ok(store)
    }

    fn prepare(&self) -> Result<(), StoreError> {
        // FULL: a transaction is on the disk, not only on its way, when it is acknowledged.
        self.db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;",
        )?;
        self.db.busy_timeout(Duration::from_secs(5))?;
        self.db.set_prepared_statement_cache_capacity(64);
        if self.form()? == 0 {
            self.step(include_str!("schema.sql"), 1)?;
        }
        for (step, form) in STEPS.iter().zip(1..) {
            if self.form()? == form {
                self.step(step, form + 1)?;
            }
        }
        self.check_form()?;
        let found: String = self.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(self.damaged(found)) }
    }

    /// Changes the tables to a form: wholly, or not at all.
    fn step(&self, sql: &str, form: i64) -> Result<(), StoreError> {
        let all = format!("BEGIN; {sql} PRAGMA user_version = {form}; COMMIT;");
        Ok(self.db.execute_batch(&all)?)
    }

    fn form(&self) -> Result<i64, StoreError> {
        Ok(self.db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    fn check_form(&self) -> Result<(), StoreError> {
        let found = self.form()?;
        if found == FORM {
            return Ok(());
        }
        Err(StoreError::OtherForm { path: self.path.clone(), found, known: FORM })
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }

    /// What SQLite calls corrupt, or no database, is damage.
    fn explain(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Other(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                ) =>
            {
                self.damaged(error.to_string())
            }
            other => other,
        }
    }

    /// Copies all to a file that is new, or empty, while others write: a whole, consistent state,
    /// read in one transaction, so that it ends however much is written meanwhile.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_str().ok_or_else(|| StoreError::Name(to.to_owned()))?;
        self.db.execute("VACUUM INTO ?", [to])?;
        Ok(())
    }

    /// Looks through the whole file, its indices too; slow.
    pub fn check(&self) -> Result<(), StoreError> {
        let found = self.db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
        let found: String = found.map_err(|error| self.explain(error.into()))?;
        if found == "ok" { Ok(()) } else { Err(self.damaged(found)) }
    }

    /// Bytes of the file, without its log.
    pub fn size(&self) -> Result<u64, StoreError> {
        Ok(self.pages("page_count")? * self.pages("page_size")?)
    }

    /// The file may grow to so many bytes; then it is full, like a disk.
    pub fn bound(&self, bytes: u64) -> Result<(), StoreError> {
        // 0 would be a question; a file that is larger already stays as large as it is.
        let most = (bytes / self.pages("page_size")?.max(1)).max(1);
        let set = format!("PRAGMA max_page_count = {most}");
        self.db.query_row(&set, [], |_| Ok(()))?;
        Ok(())
    }

    fn pages(&self, what: &str) -> Result<u64, StoreError> {
        let number: i64 = self.db.query_row(&format!("PRAGMA {what}"), [], |row| row.get(0))?;
        Ok(number.unsigned_abs())
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
