-- Ways outside Discord, calls by people, and what schedules remember.

-- A page outside Discord carries a code that answers it from anywhere.
ALTER TABLE post ADD COLUMN code TEXT;      -- NULL = it is in Discord
ALTER TABLE post ADD COLUMN user_id BIGINT; -- who may use the code; NULL = there is none
CREATE INDEX post_code ON post (user_id, code) WHERE code IS NOT NULL;

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
