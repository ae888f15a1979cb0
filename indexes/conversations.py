"""Conversations: what was asked and answered, in the library's catalogue, and what people thought of the answers."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE turns (                      -- answer is a JSON document of the layer above
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL,
    thumb INTEGER NOT NULL DEFAULT 0,     -- 1 up, -1 down
    created REAL NOT NULL);
CREATE INDEX turns_conversation ON turns(conversation);

CREATE TABLE measures (                   -- what was measured in this library, as JSON, and at which generation
    name TEXT PRIMARY KEY, value TEXT NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID;
"""
