-- Generated from agent/outbox/schema.py by: python -m agent.outbox.schema

-- One life of this outbox. The row with the greatest number is the current one.
CREATE TABLE epoch (
    number INTEGER NOT NULL,
    epoch VARCHAR NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_for VARCHAR,
    PRIMARY KEY (number),
    UNIQUE (epoch)
);

-- One stream of one epoch.
CREATE TABLE lane (
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    stream VARCHAR NOT NULL,
    last INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (number),
    FOREIGN KEY(epoch) REFERENCES epoch (number)
);

CREATE UNIQUE INDEX lane_by_name ON lane (epoch, stream);

-- A composed event, personal literals sealed. Written once and never changed.
CREATE TABLE event (
    position INTEGER NOT NULL,
    event_id VARCHAR NOT NULL,
    appended_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (position)
);

-- Where the event with an id lies, by 64 bits of the id's digest.
CREATE TABLE name (
    "key" INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

-- Up to which position of a shelf the events have their row in ``name``.
CREATE TABLE named (
    shelf INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (shelf)
);

-- The sequences first..last of a lane lie at the positions sequence + shift.
CREATE TABLE span (
    lane INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    shift INTEGER NOT NULL,
    PRIMARY KEY (lane, first),
    FOREIGN KEY(lane) REFERENCES lane (number)
) WITHOUT ROWID;

-- What the ledger has settled of a lane: disjoint closed ranges, never adjacent.
CREATE TABLE settled_range (
    lane INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (lane, first),
    FOREIGN KEY(lane) REFERENCES lane (number)
) WITHOUT ROWID;

-- How far a lane was settled without a hole, hour by hour: retention counts from here.
CREATE TABLE settled_mark (
    lane INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    watermark INTEGER NOT NULL,
    PRIMARY KEY (lane, hour),
    FOREIGN KEY(lane) REFERENCES lane (number)
) WITHOUT ROWID;

-- A copy of an event that the cloud can never accept, kept until a person has looked.
CREATE TABLE dead_letter (
    event_id VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    sequence INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    rejected_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (event_id)
);

-- What the outbox has to remember by name: ``ledger``, the generation it last heard of.
CREATE TABLE memo (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;
