-- Seconds since 1970 in a BIGINT: the commonest shape of a scraper's table.
CREATE TABLE short_videos (
    id INT AUTO_INCREMENT PRIMARY KEY,
    video_id VARCHAR(32) UNIQUE,
    author_name VARCHAR(64),
    `desc` TEXT,
    cover TEXT,
    digg_count BIGINT,
    create_time BIGINT NOT NULL,
    crawled_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    KEY (create_time)
);
INSERT INTO short_videos (video_id, author_name, `desc`, cover, digg_count, create_time) VALUES
    ('71', 'ana', 'first moment', 'https://cdn.example/1.jpg?x-expires=1,2', 1, 1790812800),
    ('72', 'ana', 'last second', 'https://cdn.example/2.jpg', 2, 1793491199),
    ('73', 'aná 🎬', 'within', 'https://cdn.example/3.jpg', 3, 1791966600),
    ('74', 'ana', 'before', 'https://cdn.example/4.jpg', 4, 1790812799),
    ('75', 'ana', 'after', 'https://cdn.example/5.jpg', 5, 1793491200),
    ('76', 'ana', 'never set', 'https://cdn.example/6.jpg', 6, 0);
