-- Ways outside Discord, calls by people, and what schedules remember.

-- A page outside Discord carries a code that answers it from anywhere.
ALTER TABLE post ADD COLUMN code TEXT;      -- NULL = it is in Discord
ALTER TABLE post ADD COLUMN user_id BIGINT; -- who may use the code; NULL = there is none
CREATE INDEX post_code ON post (user_id, code) WHERE code IS NOT NULL;

-- Pages that ring at a gateway until they are answered or stopped there. Written before the page goes out; gone once nothing rings any more.
CREATE TABLE gateway_receipt (
    post_id BIGINT PRIMARY KEY,  -- the message that carries the page
    guild_id BIGINT NOT NULL,
    incident_id BIGINT,          -- NULL = of a call
    call_id BIGINT,              -- NULL = of an incident
    url_env TEXT NOT NULL,       -- the variable with the gateway's address
    key TEXT NOT NULL,           -- what we call the page there, the same for every try
    receipt TEXT,                -- what the gateway calls it; NULL = its answer never came
    ask_at BIGINT NOT NULL,      -- when the gateway is asked next, or told to stop
    until_at BIGINT NOT NULL,    -- by then it has stopped ringing by itself
    CHECK ((incident_id IS NULL) <> (call_id IS NULL))
);
CREATE INDEX gateway_receipt_due ON gateway_receipt (ask_at);

-- Codes. call.kind is 'test' or 'page' (a person called somebody); post.kind 'call' is the card of such a call.

-- Wrong codes that people typed, for the limit on tries. The code itself is not kept.
CREATE TABLE code_try (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,  -- Discord user who typed it
    tried_at BIGINT NOT NULL
);
CREATE INDEX code_try_user ON code_try (user_id, tried_at);

-- Offers of shifts: somebody takes one, or nobody does and it changes nothing.
CREATE TABLE cover (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    by_user BIGINT NOT NULL,  -- Discord user whose shifts they are
    offered_at BIGINT NOT NULL,
    over_at BIGINT,           -- NULL = nobody has taken it yet
    version BIGINT NOT NULL,  -- counts saves: who saves over an older one is told
    state TEXT NOT NULL       -- JSON
);
CREATE INDEX cover_live ON cover (guild_id, id) WHERE over_at IS NULL;

-- Addresses outside Discord that a person added in chat: they are paged once the code sent there was typed. What the operator applies has no row.
CREATE TABLE contact_proof (
    guild_id BIGINT NOT NULL,
    contact TEXT NOT NULL,
    channel TEXT NOT NULL,  -- name of the contact channel
    address TEXT NOT NULL,  -- the channel as it was added, as JSON: a changed one is another address
    proved_at BIGINT,       -- NULL = nobody has typed its code
    PRIMARY KEY (guild_id, contact, channel)
);

-- Schedules: who was on call at the latest look, what was said about it, and which role was kept in sync.
CREATE TABLE oncall (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    schedule TEXT NOT NULL, -- name of the definition
    state TEXT NOT NULL,    -- JSON
    UNIQUE (guild_id, schedule)
);
