-- A DATE, some without their day, and rows of two platforms.
CREATE TABLE daily_posts (
    id INT AUTO_INCREMENT PRIMARY KEY,
    handle VARCHAR(64) CHARACTER SET latin1,
    picture VARCHAR(255),
    posted_on DATE,
    platform ENUM('tiktok', 'instagram'),
    KEY (posted_on)
);
INSERT INTO daily_posts (handle, picture, posted_on, platform) VALUES
    ('zoë', 'https://cdn.example/1', '2026-10-01', 1),
    ('zoë', 'https://cdn.example/2', '2026-10-31', 1),
    ('zoë', 'https://cdn.example/3', '2026-11-01', 1),
    ('zoë', 'https://cdn.example/4', '2026-10-14', 2),
    ('zoë', 'https://cdn.example/5', '2026-10-00', 1),
    ('zoë', 'https://cdn.example/6', '2026-11-00', 1),
    ('zoë', 'https://cdn.example/7', '0000-00-00', 1);
