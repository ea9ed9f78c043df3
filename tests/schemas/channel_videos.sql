-- ISO 8601 as text that ends in Z, and thumbnails by size.
CREATE TABLE channel_videos (
    video_id CHAR(11) PRIMARY KEY,
    channel_title VARCHAR(255),
    thumbnails JSON,
    published_at VARCHAR(24),
    view_count BIGINT,
    KEY (published_at)
);
INSERT INTO channel_videos (video_id, channel_title, thumbnails, published_at) VALUES
    ('v1', 'Ana''s "channel"', '{"default": {"url": "https://cdn.example/1-default.jpg", "width": 120}, "high": {"url": "https://cdn.example/1-high.jpg", "width": 480}, "medium": {"url": "https://cdn.example/1-medium.jpg"}}', '2026-10-01T00:00:00Z'),
    ('v2', 'Ana''s "channel"', '{"default": {"url": "https://cdn.example/2-default.jpg", "width": 120}, "high": {"url": "https://cdn.example/2-high.jpg", "width": 480}, "medium": {"url": "https://cdn.example/2-medium.jpg"}}', '2026-10-31T23:59:59Z'),
    ('v3', 'Ana''s "channel"', '{"default": {"url": "https://cdn.example/3-default.jpg", "width": 120}, "high": {"url": "https://cdn.example/3-high.jpg", "width": 480}, "medium": {"url": "https://cdn.example/3-medium.jpg"}}', '2026-11-01T00:00:00Z'),
    ('v4', 'Ana''s "channel"', '{"default": {"url": "https://cdn.example/4-default.jpg", "width": 120}, "high": {"url": "https://cdn.example/4-high.jpg", "width": 480}, "medium": {"url": "https://cdn.example/4-medium.jpg"}}', '2026-09-30T23:59:59Z');
