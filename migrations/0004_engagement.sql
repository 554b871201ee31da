-- Ways outside Discord, calls by people, and what schedules remember.

-- A page outside Discord carries a code that answers it from anywhere.
ALTER TABLE post ADD COLUMN code TEXT;      -- NULL = it is in Discord
ALTER TABLE post ADD COLUMN user_id BIGINT; -- who may use the code; NULL = there is none
CREATE INDEX post_code ON post (user_id, code) WHERE code IS NOT NULL;

-- Schedules: who was on call at the latest look, what was said about it, and which role was kept in sync.
CREATE TABLE oncall (
    id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guild (id),
    schedule TEXT NOT NULL, -- name of the definition
    state TEXT NOT NULL,    -- JSON
    UNIQUE (guild_id, schedule)
);
