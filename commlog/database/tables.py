"""The tables of the index, as documented for `commlog sql`, and the number that rebuilds them."""

from typing import Final

# Raise it whenever a table or the meaning of a column changes: every index is then rebuilt.
NUMBER: Final = 9

# Times are whole seconds since 1970 UTC; days are `YYYY-MM-DD` in the log's zone; yes/no is 1/0; unknown is NULL.
TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE directories (
    directory TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE files (
    file INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    directory TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    is_readable INTEGER NOT NULL
);
CREATE INDEX files_by_directory ON files (directory);
CREATE INDEX files_unreadable ON files (path) WHERE is_readable = 0;

CREATE TABLE problems (
    file INTEGER NOT NULL,
    code TEXT NOT NULL,
    line INTEGER NOT NULL,
    "column" INTEGER NOT NULL,
    field TEXT NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX problems_by_file ON problems (file);

CREATE TABLE records (
    record INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    template TEXT NOT NULL,
    customer TEXT,
    party TEXT,
    agent TEXT,
    owner TEXT,
    branch TEXT,
    direction TEXT,
    reached INTEGER,
    channel TEXT,
    subject TEXT,
    day TEXT,
    started_at INTEGER,
    ended_at INTEGER,
    received_at INTEGER,
    recorded_at INTEGER,
    status TEXT,
    priority TEXT,
    mood TEXT,
    outcome TEXT,
    satisfaction TEXT,
    category TEXT,
    closed_at INTEGER,
    closed_reason TEXT,
    commitments INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX records_by_id ON records (id);
CREATE INDEX records_by_day ON records (day);
CREATE INDEX records_by_customer ON records (customer, day);
CREATE INDEX records_by_kind ON records (kind, day);
CREATE INDEX records_received ON records (received_at) WHERE received_at IS NOT NULL;
CREATE INDEX records_contacts ON records (customer, day) WHERE kind = 'interaction' AND reached = 1;

CREATE TABLE follow_ups (
    record INTEGER NOT NULL,
    n INTEGER NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    method TEXT,
    owner TEXT,
    priority TEXT,
    due TEXT,
    due_at INTEGER,
    due_rule TEXT,
    status TEXT NOT NULL,
    result TEXT,
    agreed_with_customer INTEGER,
    opened_at INTEGER,
    done_at INTEGER,
    closed_at INTEGER,
    is_cancelled INTEGER NOT NULL,
    is_pending INTEGER NOT NULL,
    first_done_at INTEGER,
    first_working_seconds INTEGER,
    working_seconds INTEGER
);
CREATE INDEX follow_ups_by_record ON follow_ups (record);
CREATE INDEX follow_ups_by_due ON follow_ups (due_at);
CREATE INDEX follow_ups_pending ON follow_ups (due_at) WHERE is_pending = 1;

CREATE TABLE issue_rounds (
    record INTEGER NOT NULL,
    round INTEGER NOT NULL,
    resolved_at INTEGER,
    working_seconds INTEGER,
    closed_at INTEGER,
    reopened_at INTEGER,
    confirmation TEXT
);
CREATE INDEX issue_rounds_by_record ON issue_rounds (record);

CREATE TABLE links (
    record INTEGER NOT NULL,
    target TEXT NOT NULL,
    type TEXT NOT NULL,
    note TEXT
);
CREATE INDEX links_by_record ON links (record);
CREATE INDEX links_by_target ON links (target);

CREATE TABLE tags (record INTEGER NOT NULL, tag TEXT NOT NULL);
CREATE INDEX tags_by_record ON tags (record);
CREATE INDEX tags_by_tag ON tags (tag);

CREATE TABLE customers (
    record INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT,
    type TEXT,
    company TEXT,
    level TEXT,
    stage TEXT,
    owner TEXT,
    merged_into TEXT,
    cooperation_since TEXT,
    visit_every TEXT,
    verified_on TEXT,
    do_not_contact INTEGER,
    consent TEXT
);
CREATE INDEX customers_by_id ON customers (id);

CREATE TABLE customer_dates (
    record INTEGER NOT NULL,
    customer TEXT NOT NULL,
    kind TEXT NOT NULL,
    date TEXT NOT NULL,
    lunar INTEGER NOT NULL,
    name TEXT
);
CREATE INDEX customer_dates_by_record ON customer_dates (record);

CREATE TABLE customer_names (record INTEGER NOT NULL, customer TEXT NOT NULL, name TEXT NOT NULL);
CREATE INDEX customer_names_by_record ON customer_names (record);
CREATE INDEX customer_names_by_name ON customer_names (name);

CREATE TABLE choices (
    field TEXT NOT NULL,
    slug TEXT NOT NULL,
    zh TEXT NOT NULL,
    en TEXT NOT NULL,
    PRIMARY KEY (field, slug)
) WITHOUT ROWID;

CREATE TABLE missing_keys (record INTEGER NOT NULL, hint TEXT NOT NULL);
CREATE INDEX missing_keys_by_record ON missing_keys (record);

CREATE TABLE contents (record INTEGER PRIMARY KEY, content TEXT NOT NULL, folded TEXT NOT NULL);
"""

# Tables that hold rows of one file; each is emptied by its first column when the file changes.
ROW_TABLES: Final = {
    "problems": "file",
    "records": "record",
    "follow_ups": "record",
    "issue_rounds": "record",
    "links": "record",
    "tags": "record",
    "customers": "record",
    "customer_dates": "record",
    "customer_names": "record",
    "missing_keys": "record",
    "contents": "record",
}
