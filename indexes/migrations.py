"""The tables of a catalogue, as the steps by which one of any version becomes one of this."""

from indexes import conversations, shards, speakers

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO facts VALUES ('generation', 0);

CREATE TABLE sources (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,              -- SHA-256 of the content
    modality TEXT NOT NULL, media_type TEXT NOT NULL, bytes INTEGER NOT NULL,
    title TEXT NOT NULL, language TEXT NOT NULL, added REAL NOT NULL);

CREATE TABLE files (                      -- the ledger: every path ever seen and what became of it
    path TEXT PRIMARY KEY,
    source INTEGER REFERENCES sources(key),
    status TEXT NOT NULL, modality TEXT, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    segments INTEGER NOT NULL, seconds REAL NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL,
    updated REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX files_source ON files(source);

CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- AUTOINCREMENT: an id is never reused
    source INTEGER NOT NULL REFERENCES sources(key),
    position INTEGER NOT NULL, modality TEXT NOT NULL,
    heading TEXT NOT NULL, text TEXT NOT NULL, place TEXT NOT NULL, member TEXT NOT NULL, marks TEXT NOT NULL);
CREATE INDEX segments_source ON segments(source);

CREATE TABLE spaces (
    key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL, dimension INTEGER NOT NULL);

CREATE TABLE vectors (                    -- float16, unit length
    space INTEGER NOT NULL REFERENCES spaces(key), segment INTEGER NOT NULL REFERENCES segments(id),
    vector BLOB NOT NULL, PRIMARY KEY (space, segment)) WITHOUT ROWID;
CREATE INDEX vectors_segment ON vectors(segment);
"""

_RECORDINGS = """
ALTER TABLE sources ADD COLUMN duration REAL;
ALTER TABLE segments ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
UPDATE segments SET kind = 'picture' WHERE modality = 'image';
ALTER TABLE segments ADD COLUMN cues TEXT NOT NULL DEFAULT '[]';

CREATE TABLE stages (                     -- how far the reading of a draft has come, in seconds of the recording
    source INTEGER NOT NULL REFERENCES sources(key), name TEXT NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (source, name)) WITHOUT ROWID;
"""

_CODES = """
CREATE TABLE codes (                      -- the words of a segment, as its text model gives them, 32 bytes each
    space INTEGER NOT NULL REFERENCES spaces(key), segment INTEGER NOT NULL REFERENCES segments(id),
    words BLOB NOT NULL, PRIMARY KEY (space, segment));
CREATE INDEX codes_segment ON codes(segment);
"""

# What a cache needs to follow the catalogue without reading it: how many vectors there are, and which have gone.
# Triggers, so that no way of writing forgets it.
_FOLLOWING = """
ALTER TABLE spaces ADD COLUMN vectors INTEGER NOT NULL DEFAULT 0;
UPDATE spaces SET vectors = (SELECT count(*) FROM vectors v WHERE v.space = spaces.key);

CREATE TABLE removals (                   -- vectors that are gone, and in which generation they went
    generation INTEGER NOT NULL, space INTEGER NOT NULL, segment INTEGER NOT NULL,
    PRIMARY KEY (generation, space, segment)) WITHOUT ROWID;
INSERT INTO facts SELECT 'removals', value FROM facts WHERE name = 'generation'; -- older ones are not known

CREATE TRIGGER vectors_added AFTER INSERT ON vectors BEGIN
    UPDATE spaces SET vectors = vectors + 1 WHERE key = new.space;
END;
CREATE TRIGGER vectors_removed AFTER DELETE ON vectors BEGIN
    UPDATE spaces SET vectors = vectors - 1 WHERE key = old.space;
    INSERT OR IGNORE INTO removals
        SELECT value + 1, old.space, old.segment FROM facts WHERE name = 'generation';
END;
"""

_TRIES = "ALTER TABLE files ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;"
_FINGERPRINTS = "ALTER TABLE segments ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';"

# SQLite cannot take UNIQUE from a column: the table is made anew, and its rows come back under their keys before
# the end of the transaction, at which references are checked.
_GROWING = """
PRAGMA defer_foreign_keys = ON;
CREATE TABLE kept AS SELECT * FROM spaces;
DROP TABLE spaces;
CREATE TABLE spaces (
    key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    model TEXT NOT NULL, dimension INTEGER NOT NULL, vectors INTEGER NOT NULL DEFAULT 0,
    growing INTEGER NOT NULL DEFAULT 0,   -- 1 until it takes the place of the one in use
    UNIQUE (name, growing));
INSERT INTO spaces(key, name, model, dimension, vectors) SELECT key, name, model, dimension, vectors FROM kept;
DROP TABLE kept;
"""

# The version of a file that stays beside a newer one until that was read to its end.
_EARLIER = """
ALTER TABLE files ADD COLUMN earlier INTEGER REFERENCES sources(key);
CREATE INDEX files_earlier ON files(earlier) WHERE earlier IS NOT NULL;
"""

# Numbered steps; PRAGMA user_version counts those that were taken.
MIGRATIONS: tuple[str, ...] = (
    _TABLES + shards.WORDS,
    _RECORDINGS,
    conversations.SCHEMA,
    _CODES,
    _FOLLOWING,
    _TRIES,
    _FINGERPRINTS,
    _GROWING,
    shards.SCHEMA,
    _EARLIER,
    speakers.SCHEMA,
)
