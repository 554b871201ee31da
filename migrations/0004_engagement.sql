-- Ways outside Discord, calls by people, and what schedules remember.

-- A page outside Discord carries a code that answers it from anywhere.
ALTER TABLE post ADD COLUMN code TEXT;      -- NULL = it is in Discord
ALTER TABLE post ADD COLUMN user_id BIGINT; -- who may use the code; NULL = there is none
CREATE INDEX post_code ON post (user_id, code) WHERE code IS NOT NULL;

-- Codes. call.kind is 'test' or 'page' (a person called somebody); post.kind 'call' is the card of such a call.

-- Wrong codes that people typed, for the limit on tries. The code itself is not kept.
CREATE TABLE code_try (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,  -- Discord user who typed it
    tried_at BIGINT NOT NULL
);
CREATE INDEX code_try_user ON code_try (user_id, tried_at);
