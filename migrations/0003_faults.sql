-- What must be remembered to survive faults.

-- Gateway sessions that were begun: a process that starts again and again must not use up what Discord allows a day. Cleaned by age.
CREATE TABLE gateway_session (
    id BIGINT PRIMARY KEY,
    began_at BIGINT NOT NULL,
    settled_at BIGINT -- a process was told to stop then, so this session says nothing of a crash loop; NULL = it may be one of a loop
);
CREATE INDEX gateway_session_by_age ON gateway_session (began_at);

-- A database that was opened from a backup knows nothing of what happened since.
ALTER TABLE install ADD COLUMN backup_at BIGINT; -- this is a copy that was made then; NULL = it is not, or what followed from it was done
