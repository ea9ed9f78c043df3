"""Covers as rows: CSVs are read, put in order, written, and cut into chunks.

Rows:

- `rows`: one usable line of a cover CSV.
- `grouping`: the rows of a CSV, creator by creator.
- `cover_url`: which URLs can be fetched as a cover.
- `public_url`: a URL without its query, for logs and documents.
- `picture_identity`: whether two URLs show the same cover.
- `signing/`: which parts of a URL are its signature, by family.

CSVs:

- `cover_csv`: bytes to rows and back.
- `csv_records`: bytes to CSV records, before anything is known about their fields.
- `csv_encoding`: bytes of a CSV from outside to text, and its line ends.
- `csv_dialect`: separator and header of a CSV from outside.
- `dates`: one date in any of the formats that are read.
- `date_column`: the order of day and month, decided from all dates of a file.
- `ingest`: checks a CSV from outside and puts it in order.
- `fresh_urls`: URLs that live in the place of dead ones of the same pictures.
- `creator_choice`: some creators out of many, by name or the first so many.
- `chunking`: cuts a CSV into byte ranges that split no creator.
- `chunk_ids`: names them by their rows and by what is made of them.
"""
