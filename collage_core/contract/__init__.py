"""The documents that Airflow, SQS and the workers exchange, one per file.

- For all documents: `document` (what a document is, and how it becomes JSON), `reading` (JSON
  becomes a document) with `conversion` and `faults` (the sentence about what is wrong), `fields`
  (types that several documents use), `wording` (how a message shows a value), `__main__` (the JSON
  Schemas in `docs/schemas/`).
- A run: `message`, `manifest`, `chunk`, `receipt`, `summary`, `statistics`, and what they consist
  of: `books` (what became of every row), `reasons` (why a cover was not placed), `config` with
  `picture_options`, `window` (which covers a run is about),
  `selection` (which creators), `csv_source`, `rejected`, `trigger`,
  `identifiers`, `run_timestamp`, `date_counts` (how many dates were read, and how they were
  written), `cell_size` (the sizes of cells, and the largest canvas).
- Beside it: `collage_metadata` (one creator's collage), `failed_answer`, `quarantine_reason`,
  `answers` (of the function).
"""
