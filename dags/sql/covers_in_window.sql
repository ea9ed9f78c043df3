-- The covers of one run. The names come from COVERS at the top of the DAG; for what names cannot
-- say, a join or an expression, change this file and nothing else.
--
-- It must give creator_name, cover_url and updated_at of every cover from window_start up to
-- but without window_end (UTC), and keep the order: names by their bytes in UTF-8, so that no
-- collation takes Ana, ana and aná for one; newest first; ties by id, so that a run repeated
-- gives the same file. A percent sign is written twice, because of the placeholders.
--
-- The index on updated_at finds the rows and the server sorts them. An index on the name
-- would save the sort and be six times as slow.
SELECT
    c.{{ covers.creator_name }} AS creator_name,
    c.{{ covers.cover_url }} AS cover_url,
    c.{{ covers.updated_at }} AS updated_at
FROM {{ covers.table }} AS c
WHERE
    c.{{ covers.updated_at }} >= %(window_start)s
    AND c.{{ covers.updated_at }} < %(window_end)s
    {%- if covers.only %}
    AND (
        {{ covers.only }}
    )
    {%- endif %}
ORDER BY
    CAST(CONVERT(c.{{ covers.creator_name }} USING utf8mb4) AS BINARY),
    c.{{ covers.updated_at }} DESC,
    c.{{ covers.id }} DESC
