-- A date as a number of eight digits; some without their day.
CREATE TABLE downloads (
    id VARCHAR(16) PRIMARY KEY,
    uploader VARCHAR(255),
    thumbnail VARCHAR(512),
    upload_date INT,
    KEY (upload_date)
);
INSERT INTO downloads (id, uploader, thumbnail, upload_date) VALUES
    ('a', 'ana', 'https://cdn.example/1', 20261001),
    ('b', 'ana', 'https://cdn.example/2', 20261031),
    ('c', 'ana', 'https://cdn.example/3', 20261101),
    ('d', 'ana', 'https://cdn.example/4', 20260930),
    ('e', 'ana', 'https://cdn.example/5', 20261000),
    ('f', 'ana', 'https://cdn.example/6', 20261100);
