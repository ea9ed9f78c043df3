-- A spreadsheet that was imported: names with blanks, dates as Americans write them.
CREATE TABLE `sheet import` (
    `row` INT AUTO_INCREMENT PRIMARY KEY,
    `Profile Name` VARCHAR(100),
    `Image Link` VARCHAR(500),
    `Post Date` VARCHAR(10)
);
INSERT INTO `sheet import` (`Profile Name`, `Image Link`, `Post Date`) VALUES
    ('ana', 'https://cdn.example/1', '10/01/2026'),
    ('ana', 'https://cdn.example/2', '10/31/2026'),
    ('ana', 'https://cdn.example/3', '11/01/2026'),
    ('ana', 'https://cdn.example/4', '01/10/2026'),
    ('ana', 'https://cdn.example/5', 'soon');
