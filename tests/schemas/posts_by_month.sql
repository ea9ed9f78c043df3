-- A table for each month, whose name says which.
CREATE TABLE posts_202610 (
    id BIGINT PRIMARY KEY,
    account VARCHAR(64),
    media JSON,
    published DATETIME(3),
    KEY (published)
);
CREATE TABLE posts_202611 LIKE posts_202610;
INSERT INTO posts_202610 (id, account, media, published) VALUES
    (1, 'ana', '[{"type": "video", "video_url": "https://cdn.example/1.mp4", "thumbnail_url": "https://cdn.example/1.jpg"}]', '2026-10-01 00:00:00.000'),
    (2, 'ana', '[{"type": "image", "url": "https://cdn.example/2.jpg"}]', '2026-10-31 23:59:59.999');
INSERT INTO posts_202611 (id, account, media, published) VALUES
    (3, 'ana', '[]', '2026-10-14 00:00:00');
