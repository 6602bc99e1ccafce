"""The replica's tables. It is a cache: another version of them is begun anew, not migrated."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x4C4B5250
"""``LKRP``: what ``PRAGMA application_id`` says of a file of ours."""

VERSION: Final = 1

CREATE: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE feed (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    through INTEGER NOT NULL,              -- the feed is complete up to this sequence
    canary  BLOB NOT NULL                  -- sealed: tells whether the master key is the right one
);
CREATE TABLE member (
    id          INTEGER PRIMARY KEY,
    ref         TEXT NOT NULL UNIQUE,      -- the one_id, or "provisional:" and a fingerprint
    provisional INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    sealed      BLOB                       -- NULL: a tombstone that came ahead of its turn
);
CREATE INDEX member_gone ON member (sequence) WHERE sealed IS NULL;
CREATE INDEX member_provisional ON member (id) WHERE provisional = 1;
CREATE TABLE look_up (
    fingerprint BLOB NOT NULL,             -- keyed HMAC of name space and identifier
    member      INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    PRIMARY KEY (fingerprint, member)
) WITHOUT ROWID;
CREATE INDEX look_up_member ON look_up (member);
CREATE TABLE overlay (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    sale_id   TEXT NOT NULL UNIQUE,
    member    INTEGER REFERENCES member (id) ON DELETE CASCADE,
    receipt   BLOB NOT NULL,               -- keyed HMAC of till, business day and number
    voids     BLOB,                        -- of a post-void: the receipt that it takes back
    confirmed INTEGER NOT NULL,            -- the cloud's card includes it
    laid_at_s INTEGER NOT NULL,            -- Unix time
    sealed    BLOB NOT NULL
);
CREATE INDEX overlay_member ON overlay (member);
CREATE INDEX overlay_receipt ON overlay (receipt);
CREATE INDEX overlay_voids ON overlay (voids) WHERE voids IS NOT NULL;
CREATE INDEX overlay_laid_at ON overlay (laid_at_s);
"""
