-- Calls: engagements outside any incident, and what the tests of contact channels came to.

-- A call: its machine as JSON, and the columns that look-ups need.
CREATE TABLE call (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    kind TEXT NOT NULL,       -- test
    by_user BIGINT NOT NULL,  -- Discord user who asked for it
    opened_at BIGINT NOT NULL,
    over_at BIGINT,           -- NULL = not over
    version BIGINT NOT NULL,  -- counts saves: who saves over an older one is told
    state TEXT NOT NULL       -- JSON
);
CREATE INDEX call_live ON call (guild_id, id) WHERE over_at IS NULL;
CREATE INDEX call_asked ON call (guild_id, by_user, opened_at);

-- The latest test of each contact channel. A channel without a row was never tested.
CREATE TABLE contact_test (
    guild_id BIGINT NOT NULL,
    contact TEXT NOT NULL,
    channel TEXT NOT NULL,     -- name of the contact channel
    call_id BIGINT NOT NULL REFERENCES call (id), -- the test page that says so
    user_id BIGINT NOT NULL,   -- Discord user it paged: of anybody else it proves nothing
    tested_at BIGINT NOT NULL, -- when that test began
    outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'acknowledged', 'unanswered', 'failed')),
    answered_at BIGINT,        -- NULL = not acknowledged by this channel
    why TEXT,                  -- why it failed, as a word; NULL = it did not
    PRIMARY KEY (guild_id, contact, channel)
);

-- Deliveries of a call.
ALTER TABLE outbox ADD COLUMN call_id BIGINT; -- NULL = not about a call

-- Messages belong to an incident or to a call.
CREATE TABLE post_next (
    id BIGINT PRIMARY KEY,
    incident_id BIGINT REFERENCES incident (id), -- NULL = of a call
    call_id BIGINT REFERENCES call (id),         -- NULL = of an incident
    kind TEXT NOT NULL,
    channel_id BIGINT,        -- NULL until the receipt
    message_id BIGINT UNIQUE, -- NULL until the receipt
    sent_at BIGINT,           -- NULL until the receipt
    pages TEXT NOT NULL,      -- JSON list of the pages it carries
    CHECK ((incident_id IS NULL) <> (call_id IS NULL))
);
INSERT INTO post_next (id, incident_id, kind, channel_id, message_id, sent_at, pages)
SELECT id, incident_id, kind, channel_id, message_id, sent_at, pages FROM post;
DROP TABLE post;
ALTER TABLE post_next RENAME TO post;
CREATE INDEX post_incident ON post (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX post_call ON post (call_id) WHERE call_id IS NOT NULL;
