-- The first schema. Runs unchanged on SQLite and PostgreSQL; migrations only go forward.
-- Everywhere: *_at and *_until are microseconds since 1970 UTC; `id` is ours and sorts by time; Discord's ids are BIGINT;
-- JSON is TEXT; what may be NULL says when it is.

-- What this installation is. One row.
CREATE TABLE install (
    id BIGINT PRIMARY KEY CHECK (id = 1), -- keeps it at one row
    salt TEXT NOT NULL                    -- random, made at the first open: two databases on one token never share a nonce
);

-- A Discord server we serve.
CREATE TABLE guild (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL DEFAULT 0,    -- counts applies; 0 = nothing was ever applied
    next_number BIGINT NOT NULL DEFAULT 1, -- the number the next incident gets
    state TEXT                             -- JSON of the guild's own state; NULL until it has some
);

-- Every version of every definition, for ever. The newest version of a name is in force.
CREATE TABLE definition (
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,  -- 1, 2, 3 … per guild, kind and name; goes on after a removal
    revision BIGINT NOT NULL, -- the apply that wrote it
    spec TEXT,                -- JSON; NULL = this version removes the definition
    applied_by BIGINT,        -- Discord user; NULL = the operator, on the host
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (guild_id, kind, name, version)
);
CREATE INDEX definition_revision ON definition (guild_id, revision);

-- One apply: all its changes are in force together.
CREATE TABLE apply (
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    revision BIGINT NOT NULL,
    applied_by BIGINT, -- Discord user; NULL = the operator, on the host
    applied_at BIGINT NOT NULL,
    via TEXT NOT NULL, -- where it came from: a command, the CLI, a rollback
    PRIMARY KEY (guild_id, revision)
);

-- Requests and messages that were handled, so that the second delivery changes nothing. Cleaned by age.
CREATE TABLE seen (
    key TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
CREATE INDEX seen_by_age ON seen (seen_at);

-- "Look at this again at that time", one row per root of state that has a deadline.
CREATE TABLE wake (
    noun TEXT NOT NULL,      -- incident, call, schedule …
    id BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT,      -- somebody looks at it until then; NULL = nobody
    fence BIGINT NOT NULL DEFAULT 0, -- counts claims and saves: who holds an older one lost it
    PRIMARY KEY (noun, id)
);
CREATE INDEX wake_due ON wake (due_at);
CREATE INDEX wake_leased ON wake (lease_until) WHERE lease_until IS NOT NULL;

-- What must be sent. Written with the state that asks for it; sent at least once.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL,
    incident_id BIGINT,      -- NULL = not about an incident
    lane BIGINT NOT NULL,    -- each lane has its own workers: nothing holds up a page
    kind TEXT NOT NULL,
    target TEXT,             -- what it redraws; NULL = not an edit, never merged
    payload TEXT NOT NULL,   -- JSON: what, never how it looks
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,  -- not before; while parked: parked no longer than
    attempts BIGINT NOT NULL DEFAULT 0, -- how often it was claimed
    lease_until BIGINT,      -- in flight, expected back by then; NULL = nobody has it
    fence BIGINT NOT NULL DEFAULT 0, -- counts claims: who holds an older one lost it
    parked_on TEXT,          -- waits for this room to exist; NULL = does not wait
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed')),
    why TEXT                 -- why it failed, or what the last try said; NULL = nothing to say
);
CREATE INDEX outbox_due ON outbox (lane, due_at, id) WHERE state = 'pending' AND parked_on IS NULL;
CREATE INDEX outbox_parked ON outbox (parked_on, due_at) WHERE state = 'pending' AND parked_on IS NOT NULL;
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'pending' AND lease_until IS NOT NULL;
-- At most one edit of a target waits …
CREATE UNIQUE INDEX outbox_waiting_edit ON outbox (kind, target)
    WHERE state = 'pending' AND lease_until IS NULL AND target IS NOT NULL;
-- … and it waits for the one in flight.
CREATE INDEX outbox_flying_edit ON outbox (kind, target)
    WHERE state = 'pending' AND lease_until IS NOT NULL AND target IS NOT NULL;
CREATE INDEX outbox_over ON outbox (created_at) WHERE state <> 'pending';

-- An incident: its machine as JSON, and the columns that lists and look-ups need.
CREATE TABLE incident (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    number BIGINT NOT NULL,  -- what people see: INC-42
    status TEXT NOT NULL,
    impact BIGINT NOT NULL,  -- 1 to 5
    title TEXT NOT NULL,
    plan TEXT,               -- name of the response plan; NULL = opened without one
    source TEXT,             -- name of the alert source; NULL = a person opened it
    channel_id BIGINT,       -- its channel or thread; NULL until it is made
    drill BOOLEAN NOT NULL,
    private BOOLEAN NOT NULL,
    opened_at BIGINT NOT NULL,
    over_at BIGINT,          -- NULL = not over
    version BIGINT NOT NULL, -- counts saves: who saves over an older one is told
    state TEXT NOT NULL,     -- JSON
    UNIQUE (guild_id, number)
);
CREATE INDEX incident_live ON incident (guild_id, id) WHERE over_at IS NULL;
CREATE INDEX incident_list ON incident (guild_id, id);
CREATE INDEX incident_channel ON incident (channel_id) WHERE channel_id IS NOT NULL;

-- Which incident an alert's key belongs to. Held by one incident while that is not over.
CREATE TABLE dedupe (
    guild_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    incident_id BIGINT NOT NULL REFERENCES incident (id),
    over_at BIGINT,          -- when its incident was over: free for the next one; NULL = held
    PRIMARY KEY (guild_id, key)
);
CREATE INDEX dedupe_incident ON dedupe (incident_id);

-- Past facts of incidents.
CREATE TABLE timeline (
    id BIGINT PRIMARY KEY,
    incident_id BIGINT NOT NULL REFERENCES incident (id),
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,         -- when it happened
    written_at BIGINT NOT NULL, -- when it was written down; of a repeated event: the last time
    by_user BIGINT,             -- Discord user; NULL = nobody, a machine did it
    data TEXT NOT NULL,         -- JSON
    count BIGINT NOT NULL,      -- how often, in a row; 1 = once
    repeat_key TEXT             -- events with one key, in a row, are one event; NULL = never merged
);
CREATE INDEX timeline_order ON timeline (incident_id, at, id);
CREATE INDEX timeline_written ON timeline (incident_id, id);

-- Messages of ours that people press, react to, or that we edit later.
CREATE TABLE post (
    id BIGINT PRIMARY KEY,
    incident_id BIGINT NOT NULL REFERENCES incident (id),
    kind TEXT NOT NULL,
    channel_id BIGINT,        -- NULL until the receipt
    message_id BIGINT UNIQUE, -- NULL until the receipt
    sent_at BIGINT,           -- NULL until the receipt
    pages TEXT NOT NULL       -- JSON list of the pages it carries
);
CREATE INDEX post_incident ON post (incident_id);

-- Up to where each source's channel has been read.
CREATE TABLE source_mark (
    guild_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    channel_id BIGINT NOT NULL,
    last_message_id BIGINT NOT NULL, -- never goes back
    PRIMARY KEY (guild_id, source, channel_id)
);

-- Who changed what, from where.
CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_user BIGINT,        -- Discord user; NULL = the operator, or the bot itself
    via TEXT NOT NULL,     -- command, button, cli …
    what TEXT NOT NULL,    -- the verb
    subject TEXT NOT NULL, -- what it was done to
    old TEXT,              -- NULL = there was nothing
    new TEXT               -- NULL = there is nothing now
);
CREATE INDEX audit_order ON audit (guild_id, id);

-- Overrides of schedules. Live set-up: not a definition, has no versions.
CREATE TABLE setting_override (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL,
    schedule TEXT NOT NULL,
    rotation TEXT,           -- NULL = the whole schedule
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL, -- the first instant after it
    contacts TEXT NOT NULL,  -- JSON list of contact names; empty = nobody
    created_at BIGINT NOT NULL,
    created_by BIGINT        -- Discord user; NULL = the operator, on the host
);
CREATE INDEX setting_override_schedule ON setting_override (guild_id, schedule);

-- Contact channels that are not used for a while.
CREATE TABLE mute (
    guild_id BIGINT NOT NULL,
    contact TEXT NOT NULL,
    channel TEXT NOT NULL, -- name of the contact channel
    until_at BIGINT,       -- NULL = until it is taken back
    PRIMARY KEY (guild_id, contact, channel)
);
