-- A list of pictures as JSON in text, in some rows a URL alone; milliseconds.
CREATE TABLE note_cards (
    id INT AUTO_INCREMENT PRIMARY KEY,
    note_id VARCHAR(64),
    nickname VARCHAR(64),
    image_list LONGTEXT,
    `time` BIGINT,
    last_modify_ts BIGINT,
    KEY (`time`)
);
INSERT INTO note_cards (note_id, nickname, image_list, `time`, last_modify_ts) VALUES
    ('n1', 'ana', '["https://cdn.example/1.jpg", "https://cdn.example/2.jpg"]', 1791966600000, 1793491200000),
    ('n2', 'ana', 'https://cdn.example/3.jpg', 1791966600001, 1793491200000),
    ('n3', 'ana', '[]', 1791966600002, 0),
    ('n4', 'ana', 'https://cdn.example/4.jpg', 1793491200000, 0);
