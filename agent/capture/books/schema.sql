-- The till's books: which numbers were captured, and how the business days went.
-- Derived from captured sales; another version of it is begun anew and filled from the outbox.
CREATE TABLE page (
    id          INTEGER PRIMARY KEY,
    unit        TEXT NOT NULL,
    workstation TEXT NOT NULL,
    lane        TEXT NOT NULL,
    series      TEXT NOT NULL,              -- what stands before the digits
    day         TEXT NOT NULL,              -- the business day, YYYY-MM-DD
    UNIQUE (unit, workstation, lane, series, day)
);
CREATE TABLE number (
    page     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    profile  INTEGER NOT NULL,              -- CRC-32 of its name: two sources of one till
    identity INTEGER NOT NULL,              -- hash of what tells two transactions apart
    at       INTEGER NOT NULL,              -- Unix time, by the till's clock
    PRIMARY KEY (page, number, profile)
) WITHOUT ROWID;
CREATE TABLE repeat (
    page   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (page, number)
) WITHOUT ROWID;
CREATE TABLE course (
    unit         TEXT NOT NULL,
    workstation  TEXT NOT NULL,
    profile      TEXT NOT NULL,
    day          TEXT NOT NULL,
    earliest     INTEGER NOT NULL,
    seen         REAL,
    settled      INTEGER,
    settled_seen REAL NOT NULL,
    PRIMARY KEY (unit, workstation, profile, day)
) WITHOUT ROWID;
CREATE TABLE late (
    unit        TEXT NOT NULL,
    workstation TEXT NOT NULL,
    profile     TEXT NOT NULL,
    day         TEXT NOT NULL,
    identity    INTEGER NOT NULL,
    PRIMARY KEY (unit, workstation, profile, day, identity)
) WITHOUT ROWID;
CREATE TABLE mark (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    epoch    TEXT NOT NULL,
    sequence INTEGER NOT NULL               -- of the last sale that was noted here
);
INSERT INTO mark VALUES (1, '', 0);
