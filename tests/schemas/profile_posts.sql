-- ISO 8601 as text, each with an offset of its own; one without its day.
CREATE TABLE profile_posts (
    shortCode VARCHAR(16) PRIMARY KEY,
    ownerUsername VARCHAR(64),
    displayUrl TEXT,
    `timestamp` VARCHAR(32),
    KEY (`timestamp`)
);
INSERT INTO profile_posts (shortCode, ownerUsername, displayUrl, `timestamp`) VALUES
    ('a', 'ana', 'https://cdn.example/1', '2026-10-01T01:30:00+0200'),
    ('b', 'ana', 'https://cdn.example/2', '2026-10-01T02:00:00+02:00'),
    ('c', 'ana', 'https://cdn.example/3', '2026-10-31T23:59:59Z'),
    ('d', 'ana', 'https://cdn.example/4', '2026-10-31T20:00:00-0700'),
    ('e', 'ana', 'https://cdn.example/5', '2026-11-01T04:59:59+05:00'),
    ('f', 'ana', 'https://cdn.example/6', '2026-10-00T00:00:00Z');
