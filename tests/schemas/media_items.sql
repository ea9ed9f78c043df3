-- A list of sizes as JSON, creators as numbers, seconds in an INT UNSIGNED.
CREATE TABLE media_items (
    pk BIGINT PRIMARY KEY,
    user_pk BIGINT,
    media_type TINYINT,
    image_versions2 JSON,
    taken_at INT UNSIGNED,
    KEY (taken_at)
);
INSERT INTO media_items (pk, user_pk, media_type, image_versions2, taken_at) VALUES
    (1, 10, 1, '{"candidates": [{"width": 1080, "url": "https://cdn.example/1.jpg"}, {"width": 320, "url": "https://cdn.example/1-small.jpg"}]}', 1790812800),
    (2, 9, 1, '{"candidates": [{"width": 1080, "url": "https://cdn.example/2.jpg"}, {"width": 320, "url": "https://cdn.example/2-small.jpg"}]}', 1791966600),
    (3, 9, 2, '{"candidates": [{"width": 1080, "url": "https://cdn.example/3.jpg"}, {"width": 320, "url": "https://cdn.example/3-small.jpg"}]}', 1791966600),
    (4, 9, 1, '{"candidates": [{"width": 1080, "url": "https://cdn.example/4.jpg"}, {"width": 320, "url": "https://cdn.example/4-small.jpg"}]}', 1793491200);
