-- The covers of one run. For a table of another shape change this file and nothing else.
--
-- It must give creator_name, cover_url and updated_at of every cover from window_start up to
-- but without window_end (UTC), and keep the order: names by their bytes, so that no collation
-- takes Ana, ana and aná for one; newest first; ties by id, so that a run repeated gives the
-- same file. A percent sign is written twice, because of the placeholders.
--
-- The index on updated_at finds the rows and the server sorts them. An index on the name
-- would save the sort and be six times as slow.
SELECT
    creator_name,
    cover_url,
    updated_at
FROM covers
WHERE
    updated_at >= %(window_start)s
    AND updated_at < %(window_end)s
ORDER BY
    CAST(creator_name AS BINARY),
    updated_at DESC,
    id DESC
