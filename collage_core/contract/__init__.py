"""The documents that Airflow, SQS and the workers exchange, one per file.

- For all documents: `document` (what a document is, and how it becomes JSON), `reading` (JSON
  becomes a document) with `conversion` and `faults` (the sentence about what is wrong), `fields`
  (types that several documents use), `wording` (how a message shows a value), `__main__` (the JSON
  Schemas in `docs/schemas/`).
- A run: `message`, `manifest`, `chunk`, `creator_record`, `receipt`, `run_record`, `summary`,
  `statistics`, and what they consist of: `books` (what became of every row), `reasons` (why a cover
  was not placed), `window` (which covers a run is about) and `selection` (which creators), `family`
  (a run and its fills), `csv_source`, `rejected`, `trigger`, `identifiers`, `run_timestamp`,
  `date_counts` (how many dates were read, and how they were written), `figures` (hosts, durations,
  cost) with `distribution`, `usage` (what AWS bills for a chunk).
- How a run is worked on: `config` with `picture_options` and `gravity` (which part of a cover stays
  when it is cropped), `options` (what people are asked for), `picture_rules` (the version of the
  rules by which pictures are made), `cell_size` (the sizes of cells, and the most pixels of a
  canvas), `canvas_size` (the pixels that a configuration takes).
- Kept covers: `pack` (where they are, and where a chunk looks for them).
- Over several months: `covers_report` (by the months of the covers), `creator_changes`.
- Beside it: `collage_metadata` (one creator's collage) with `creator_record` (what every recipe
  says of a creator), `run_record` (what is kept of a run for good), `failed_answer`,
  `quarantine_reason`, `done_upload`, `failed_upload`, `upload_run`, `failed_message`,
  `failed_event` (an event that Lambda gave up), `chunk_at_work` (the worker that is at a chunk),
  `stop` (of a run, or of all), `chunks_again`, `run_estimate` (what `plan` said),
  `backfill_budget` (what runs have taken of the price of an approved backfill), `forgotten` (the
  receipt of a creator that was forgotten), `answers` (of the function).
"""
