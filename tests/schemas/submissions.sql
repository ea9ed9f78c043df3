-- Seconds since 1970 in a DOUBLE, with fractions.
CREATE TABLE submissions (
    id VARCHAR(10) PRIMARY KEY,
    author VARCHAR(32),
    preview TEXT,
    created_utc DOUBLE,
    KEY (created_utc)
);
INSERT INTO submissions (id, author, preview, created_utc) VALUES
    ('a', 'ana', 'https://cdn.example/1', 1790812800.0),
    ('b', 'ana', 'https://cdn.example/2', 1791966600.5),
    ('c', 'ana', 'https://cdn.example/3', 1793491200.0),
    ('d', 'ana', 'https://cdn.example/4', 1790812799.75);
