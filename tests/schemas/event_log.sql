-- Bytes without a character set, two of which are no UTF-8, and microseconds in a DECIMAL.
CREATE TABLE event_log (
    seq BIGINT AUTO_INCREMENT PRIMARY KEY,
    actor VARBINARY(64),
    payload BLOB,
    ts_us DECIMAL(20, 0),
    KEY (ts_us)
);
INSERT INTO event_log (actor, payload, ts_us) VALUES
    ('ana', 'https://cdn.example/1', 1790812800000000),
    (X'616eff', 'https://cdn.example/2', 1791966600123456),
    ('ana', X'68747470733aff', 1791966600123457),
    ('ana', 'https://cdn.example/4', 1793491200000000),
    ('ana', 'https://cdn.example/5', 1790812799999999);
