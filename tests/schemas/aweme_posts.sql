-- Milliseconds, and the whole video object as JSON: its address comes before its cover.
CREATE TABLE aweme_posts (
    aweme_id BIGINT UNSIGNED PRIMARY KEY,
    sec_uid VARCHAR(128),
    video JSON,
    create_ms BIGINT UNSIGNED,
    is_deleted TINYINT(1) DEFAULT 0,
    KEY (create_ms)
);
INSERT INTO aweme_posts (aweme_id, sec_uid, video, create_ms, is_deleted) VALUES
    (7300000000000000001, 'MS4w', '{"play_addr": {"url_list": ["https://cdn.example/p.mp4"]}, "cover": {"uri": "tos/a", "url_list": ["https://cdn.example/1.webp", "https://cdn.example/1-b.webp"]}, "duration": 15}', 1790812800000, 0),
    (7300000000000000002, 'MS4w', '{"play_addr": {"url_list": ["https://cdn.example/p.mp4"]}, "cover": {"uri": "tos/a", "url_list": ["https://cdn.example/2.webp", "https://cdn.example/2-b.webp"]}, "duration": 15}', 1793491199999, 0),
    (7300000000000000003, 'MS4w', '{"play_addr": {"url_list": ["https://cdn.example/p.mp4"]}, "cover": {"uri": "tos/a", "url_list": ["https://cdn.example/3.webp", "https://cdn.example/3-b.webp"]}, "duration": 15}', 1791966600123, 1),
    (7300000000000000004, 'MS4w', '{"play_addr": {"url_list": ["https://cdn.example/p.mp4"]}, "cover": {"uri": "tos/a", "url_list": ["https://cdn.example/4.webp", "https://cdn.example/4-b.webp"]}, "duration": 15}', 1790812799999, 0),
    (7300000000000000005, 'MS4w', '{"play_addr": {"url_list": []}}', 1791966600000, 0);
