-- One file holds all that a hub knows. `user_version` is the number of this form: 1; further steps
-- are files of their own.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE organisations (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE sensors (
  id INTEGER PRIMARY KEY,
  organisation INTEGER NOT NULL REFERENCES organisations (id),
  name TEXT NOT NULL,
  joined INTEGER NOT NULL,
  -- The number of its last report that is durable.
  reported INTEGER NOT NULL DEFAULT 0,
  -- Seconds since 1970.
  seen INTEGER NOT NULL DEFAULT 0,
  revoked INTEGER NOT NULL DEFAULT 0,
  UNIQUE (organisation, name)
);
CREATE TABLE invites (
  -- SHA-256 of the secret: who reads the file learns no secret.
  hash BLOB PRIMARY KEY,
  organisation TEXT NOT NULL,
  vouched REAL NOT NULL,
  network INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
-- Reports as they came: a batch is a row.
CREATE TABLE batches (
  id INTEGER PRIMARY KEY,
  sensor INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX batches_at ON batches (at);
CREATE TABLE cases (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
-- The feed, as it was signed.
CREATE TABLE frames (epoch INTEGER, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;
-- The set at the end of the feed.
CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE exempt (value TEXT PRIMARY KEY, note TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  target TEXT NOT NULL,
  note TEXT NOT NULL
);
