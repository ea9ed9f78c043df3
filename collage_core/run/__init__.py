"""A run, from its plan to its statistics. Airflow, the function and the command line call these.

- `run`: a run whose manifest is written: its unfinished chunks and its receipts.
- `claims`: reserves the second that is in the keys of a run.
- `plan`: names the chunks and writes the manifest.
- `plan_watch`: whether a chunk is still in the plan, as its worker asks.
- `plan_again`: what a run that is planned a second time takes over, and the note meanwhile.
- `plan_packs`: where its chunks look for kept covers, and where they keep new ones.
- `keeping_cost`: what it costs to keep covers.
- `cover_shares`: how many covers are kept, alive or dead.
- `estimate`: the cost and the duration, before anything is sent.
- `price_table`: the same for several runs at once, before anything is read.
- `usable_receipts`: which receipts can be used; the others are set aside.
- `redo`: another round for chunks that are to be done again.
- `dispatch`: sends the chunks that have no usable receipt.
- `failed_messages`: why chunks have no receipt, if their messages failed for good.
- `close`: reconciles the books, then writes the record, the batch results and the summary.
- `equal_bucket`: makes sure that the receipts equal the bucket, before anything is written.
- `corrected_receipt`: a receipt with a creator as another worker has made it, for that.
- `bucket_check`: compares the objects that the books name with those in the bucket.
- `pack_index`: the index of the packs of a run.
- `reconcile`: a manifest and all its receipts to one summary.
- `tolerance`: how many covers of a run may fail.
- `run_record`: writes the record of a run, which is kept as long as its collages.
- `recorded_run`: a closed run, as its record in the output bucket has it.
- `family`: a run and its fills: what newer ones replace, written into the summaries of all.
- `fill`: which creators of a closed run a fill makes anew, and where their rows are.
- `update`: fresh URLs for a run, joined with its rows; such a run is a fill, too.
- `fill_csv`: the rows of these creators become the CSV of the fill.
- `verify`: rows = receipts = record = objects, at any time after a run.
- `verify_books`: the record against the manifest, the receipts and the summary, for that.
- `verify_creator`: the documents and pictures of one creator, for that.
- `verify_report`: what was found, and the fixes.
- `opened_collage`: opens a collage and compares it with its metadata and its thumbnail.
- `delete_extras`: deletes objects of a run that no creator of its record has.
- `batch_results`: the day's results as CSV.
- `refresh_list`: the covers of a run whose URLs are dead, as CSV.
- `in_words`: what became of a run, in one line for people.
- `summaries`: the summaries in the output bucket.
- `statistics`: the log and the books of a day and the report of a month, from the summaries.
- `figures`: success rates, failing hosts, durations and cost, of a run and of a period.
- `rebuild`: finds the months that changed and has them written again.
- `month_documents`: all documents of a month of runs and of a month of covers.
- `covers_report`: which runs count for a month of covers, and their books.
- `creator_changes`: the creators of a month compared with the month before.
- `months`: months and days, and the keys' seconds of them.
- `archive`: moves the CSV of a closed run to the archive, and finds it there.

Runs without Airflow:

- `ingest`: a CSV from outside becomes a run.
- `named_csv`: a CSV of the input bucket that a person or a message names.
- `uploads`: which run a dropped CSV is, however often it is dropped.
- `ordered_csv`: the ordered copy of such a CSV, which the workers read.
- `finish`: the worker that writes the last receipt of such a run closes it.
- `failed_upload`: the document about a CSV of which too many covers failed.
- `done`: the document beside an archived CSV: its books, and where its collages are.
- `quarantine`: moves a CSV that cannot be used out of the way, with the reason.
- `local`: a whole run in one process, for the command line.
"""
