-- What was learned beside cases: patterns, victims, generators, and the next number.
CREATE TABLE learned (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
