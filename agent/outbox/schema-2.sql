-- Version 2: the ids of events lie in a table of their own, which is filled behind the appends.

CREATE TABLE name (
    "key" INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE named (
    shelf INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (shelf)
);

INSERT OR REPLACE INTO name SELECT event_key(event_id), position FROM event ORDER BY 1;

INSERT INTO named SELECT position >> 48, max(position) FROM name GROUP BY 1;

DROP INDEX event_by_id;
