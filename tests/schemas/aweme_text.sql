-- Seconds since 1970 as text, with empty ones.
CREATE TABLE aweme_text (
    id INT AUTO_INCREMENT PRIMARY KEY,
    nickname VARCHAR(64) CHARACTER SET utf8mb4,
    cover_url VARCHAR(1024),
    create_time VARCHAR(16)
);
INSERT INTO aweme_text (nickname, cover_url, create_time) VALUES
    ('小明', 'https://cdn.example/1', '1790812800'),
    ('小明', 'https://cdn.example/2', '1791966600'),
    ('小明', 'https://cdn.example/3', '1793491200'),
    ('小明', 'https://cdn.example/4', '');
