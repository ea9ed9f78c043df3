"""The command `cover-collage`, for people who have covers and no Airflow.

- `main`: the command itself, with its subcommands.
- `collages`: a CSV to collages on this machine; `python -m collage_core` does the same.
- `on_terminal`: the books of a run as a table, and where its pictures are.
- `blocked`: the options that allow the hosts of blocked covers.
- `pages`: the page and the contact sheet at the top of the folder.
- `where`: from a creator's name to the keys or files of that creator.
- `creator_folder`: the files of a creator in a folder, and names there that look like another.
- `creator_bucket`: the collages of a creator in a bucket, through the extra `aws`.
- `s3`: S3 through that extra.
- `verify`: compares the books of a run with its objects.
- `forget`: shows all that is kept of a creator, and deletes it.
- `get_urls`: covers from a database to a CSV.
- `mysql_connection`: the connection for that, through the extra `mysql`.
- `mysql_url`: where a database is, as a URL.
- `new_csv`: a CSV with a name of its own, complete or not at all.
- `one_line_parser`: a parser of options whose complaints take one line.
- `option_types`: texts of options to values.
- `outcome`: exit codes, and the line that says why the work could not be done.
"""
