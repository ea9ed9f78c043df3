-- The covers of one run. The names come from COVERS in covers_table.py; for what names cannot
-- say, a join or an expression, change this file and nothing else.
--
-- It must give creator_name, cover_url and updated_at of every cover from window_start up to
-- but without window_end (UTC), and keep the order: names by their bytes in UTF-8, so that no
-- collation takes Ana, ana and aná for one; newest first; ties by id, so that a run repeated
-- gives the same file. A percent sign is written twice, because of the placeholders.
--
-- `cover`, `moment`, `in_window` and `order` are what cover_json and updated_at_holds come to:
-- for a DATETIME column in_window is, in short, updated_at >= the start and < the end.
--
-- The index on updated_at finds the rows and the server sorts them. An index on the name
-- would save the sort and be six times as slow.
SELECT
    c.{{ covers.creator_name }} AS creator_name,
    {{ covers.cover }} AS cover_url,
    {{ covers.moment }} AS updated_at
FROM {{ covers.table }} AS c
WHERE
    {{ covers.in_window }}
    {%- if covers.only %}
    AND (
        {{ covers.only }}
    )
    {%- endif %}
ORDER BY
    CAST(CONVERT(c.{{ covers.creator_name }} USING utf8mb4) AS BINARY),
    {{ covers.order }} DESC,
    c.{{ covers.id }} DESC
