"""Every S3 key of the system, as pure functions. No other module builds a key."""

import posixpath
import re
from datetime import date

from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout.creator_names import encode_creator
from collage_core.layout.schedule import MANUAL_CSV, Schedule

# Input bucket.
CSV_FILES = "csv-files/"
MANUAL_UPLOADS = "manual-uploads/"
ARCHIVED = "archived/"
INVALID_FILES = f"{ARCHIVED}failed/invalid_format_files/"
TOO_MANY_FAILED = f"{ARCHIVED}failed/too_many_failed_covers/"
INPUT_FOLDERS = (CSV_FILES, MANUAL_UPLOADS, ARCHIVED)

# Output bucket.
COLLAGES = "collages/"
BY_CREATOR = f"{COLLAGES}by-creator/"
THUMBNAILS = "thumbnails/"
METADATA = "metadata/"
SUMMARIES = "results/processing-summaries/"
STATISTICS = "results/statistics/"
RUN_RECORDS = "results/run-records/"
FORGOTTEN = "results/forgotten/"
REBUILT = f"{STATISTICS}rebuilt_"
REPORT_FOLDERS = ("results/", METADATA)
"""Where Airflow writes in the output bucket."""

# Temp bucket.
PROCESSING = "processing/"
DEBUG = "debug/"
FAILED_DOWNLOADS = f"{DEBUG}failed-downloads/"
ERROR_LOGS = f"{DEBUG}error-logs/"
DOWNLOADS = "downloads/"

UPDATES = "update_batch_"
"""How the names of CSVs with fresh URLs begin."""

_UPDATE = re.compile(
    rf"{CSV_FILES}([0-9]{{4}})/([0-9]{{2}})/([0-9]{{2}})/{UPDATES}([0-9]{{3}})\.csv", re.IGNORECASE
)
_ROUND = re.compile(r"-r[0-9]+$")
"""The end of the id of a chunk that is done again."""
_MERGED = "merged-"
"""How the names of folders of packs begin that were merged."""


def cover_urls_csv(timestamp: RunTimestamp) -> str:
    """Input: the CSV of a run that was triggered manually."""
    return f"{CSV_FILES}{timestamp.day_path}/{MANUAL_CSV}{timestamp}.csv"


def scheduled_csv(schedule: Schedule, timestamp: RunTimestamp) -> str:
    """Input: the CSV of a scheduled or backfilled run."""
    return f"{CSV_FILES}{timestamp.day_path}/{timestamp.moment:{schedule.csv_name}}"


def update_csv(day: date, number: int) -> str:
    """Input: a CSV with fresh URLs for a run of a day; `number` is from 2 to 999."""
    return f"{CSV_FILES}{day:%Y/%m/%d}/{UPDATES}{number:03d}.csv"


def update_day(csv_key: str) -> str | None:
    """The day, as YYYYMMDD, of the runs that a CSV has fresh URLs for; None for any other CSV.

    Number 1 is the CSV of a scheduled day.
    """
    named = _UPDATE.fullmatch(csv_key)
    return None if named is None or int(named[4]) < 2 else "".join(named.groups()[:3])


def archived_csv(csv_key: str, timestamp: RunTimestamp) -> str:
    """Input: where the CSV of a DAG is moved to; its path below `csv-files/YYYY/` is kept."""
    below = csv_key.removeprefix(CSV_FILES).removeprefix(f"{timestamp.moment:%Y}/")
    return f"archived/{timestamp.moment:%Y}/processed_files/{below}"


def archived_upload(csv_key: str, timestamp: RunTimestamp) -> str:
    """Input: where a processed CSV from outside is moved to.

    Its name gains the run's timestamp: people upload `mine.csv` every week.
    """
    return _stamped(archived_csv(csv_key, timestamp), timestamp)


def quarantined_csv(csv_key: str, uploaded: RunTimestamp) -> str:
    """Input: where a CSV that cannot be used is moved to; stamped as an archived upload is."""
    return _stamped(f"{INVALID_FILES}{csv_key}", uploaded)


def quarantine_reason(csv_key: str, uploaded: RunTimestamp) -> str:
    """Input: the JSON beside a quarantined CSV that says what is wrong with it."""
    return f"{quarantined_csv(csv_key, uploaded)}.reason.json"


def done_upload(csv_key: str, timestamp: RunTimestamp) -> str:
    """Input: the JSON beside an archived CSV from outside that says where its collages are."""
    return f"{archived_upload(csv_key, timestamp)}.done.json"


def failed_upload(csv_key: str) -> str:
    """Input: the JSON about the last CSV with this key of which too many covers failed.

    It is not beside the CSV, because the function may write nothing where uploads start runs.
    """
    return f"{TOO_MANY_FAILED}{csv_key}.failed.json"


def collages(timestamp: RunTimestamp, trigger: Trigger, prefix: str = "") -> str:
    """Output: the folder of a run's collages, with a slash at its end; others may have the same.

    `prefix` is an output_prefix without slashes at its ends.
    """
    folder = "manual" if trigger is Trigger.MANUAL else f"{timestamp.day_path}/{trigger.value}"
    return posixpath.join(COLLAGES, folder, prefix, "")


def collage(
    creator: str,
    timestamp: RunTimestamp,
    trigger: Trigger,
    prefix: str = "",
    *,
    suffix: PictureFormat = "jpg",
) -> str:
    """Output: a creator's collage. `prefix` is an output_prefix without slashes at its ends."""
    beginning = collage_beginning(encode_creator(creator), timestamp, trigger, prefix)
    return f"{beginning}.{suffix}"


def collage_beginning(
    encoded: str, timestamp: RunTimestamp, trigger: Trigger, prefix: str = ""
) -> str:
    """Output: the same key without the dot and the format, from the creator's encoded name."""
    return collages(timestamp, trigger, prefix) + _collage_name(encoded, timestamp)


def collage_by_creator(
    creator: str, timestamp: RunTimestamp, *, suffix: PictureFormat = "jpg"
) -> str:
    """Output: the same collage, filed under its creator."""
    return f"{copy_beginning(encode_creator(creator), timestamp)}.{suffix}"


def copy_beginning(encoded: str, timestamp: RunTimestamp) -> str:
    """Output: the same key without the dot and the format, from the creator's encoded name."""
    return f"{BY_CREATOR}{encoded}/{_collage_name(encoded, timestamp)}"


def by_creator(creator: str) -> str:
    """Output: the prefix of all collages of a creator."""
    return f"{BY_CREATOR}{encode_creator(creator)}/"


def thumbnail(creator: str, timestamp: RunTimestamp) -> str:
    """Output: a small picture of the collage."""
    return f"{thumbnail_beginning(encode_creator(creator), timestamp)}.jpg"


def thumbnail_beginning(encoded: str, timestamp: RunTimestamp) -> str:
    """Output: the same key without the dot and the format, from the creator's encoded name."""
    return f"{thumbnails_of_day(timestamp)}{encoded}_thumb_{timestamp}"


def thumbnails_of_day(timestamp: RunTimestamp) -> str:
    """Output: the prefix of the thumbnails of all runs of a day."""
    return f"{THUMBNAILS}{timestamp.day_path}/"


def metadata(creator: str, timestamp: RunTimestamp) -> str:
    """Output: which cover is in which cell, and why the other covers are in none."""
    return f"{metadata_beginning(encode_creator(creator), timestamp)}.json"


def metadata_beginning(encoded: str, timestamp: RunTimestamp) -> str:
    """Output: the same key without the dot and the format, from the creator's encoded name."""
    return f"{metadata_of_day(timestamp)}{encoded}_metadata_{timestamp}"


def metadata_of_day(timestamp: RunTimestamp) -> str:
    """Output: the prefix of the metadata, claims and log of all runs of a day."""
    return f"{METADATA}{timestamp.day_path}/"


def processing_log(timestamp: RunTimestamp) -> str:
    """Output: the day's runs, one entry each."""
    return f"{metadata_of_day(timestamp)}processing_log_{timestamp.day}.json"


def claim(timestamp: RunTimestamp) -> str:
    """Output: the id of the run that has taken this second."""
    return f"{metadata_of_day(timestamp)}claim_{timestamp}.txt"


def processing_summary(timestamp: RunTimestamp, run_id: str | None = None) -> str:
    """Output: a run's summary; with `run_id`, the key to use if another run has the usual one."""
    suffix = f"_{run_id}" if run_id else ""
    return f"{summaries_of_month(timestamp)}processing_summary_{timestamp}{suffix}.json"


def summaries_of_month(timestamp: RunTimestamp) -> str:
    """Output: the prefix of a month's summaries and batch results."""
    return f"{SUMMARIES}{timestamp.month_path}/"


def report(timestamp: RunTimestamp, run_id: str | None = None) -> str:
    """Output: the page about a run; with `run_id` as for its summary."""
    suffix = f"_{run_id}" if run_id else ""
    return f"{reports_of_second(timestamp)}{suffix}.html"


def reports_of_second(timestamp: RunTimestamp) -> str:
    """Output: what the keys of the pages about all runs with this second begin with."""
    return f"{summaries_of_month(timestamp)}report_{timestamp}"


def batch_results(timestamp: RunTimestamp) -> str:
    """Output: the day's results as CSV, one row per creator and run."""
    return f"{summaries_of_month(timestamp)}batch_results_{timestamp.day}.csv"


def kept_results(timestamp: RunTimestamp, digest: str) -> str:
    """Output: the day's results as another program saved them; `digest` is of their bytes."""
    return f"{summaries_of_month(timestamp)}batch_results_{timestamp.day}_kept_{digest}.csv"


def daily_stats(timestamp: RunTimestamp) -> str:
    """Output: the books of a day."""
    return f"{daily_stats_of_month(timestamp)}{timestamp.day[6:]}.json"


def daily_stats_of_month(timestamp: RunTimestamp) -> str:
    """Output: the prefix of the books of a month's days."""
    return f"{STATISTICS}daily_stats_{timestamp.month}"


def monthly_report(timestamp: RunTimestamp) -> str:
    """Output: the books of a month, day by day and in total."""
    return f"{STATISTICS}monthly_report_{timestamp.month}.json"


def creators_report(timestamp: RunTimestamp) -> str:
    """Output: the creators of a month, compared with the month before."""
    return f"{STATISTICS}creators_report_{timestamp.month}.json"


def covers_report(timestamp: RunTimestamp) -> str:
    """Output: the books of the covers of a month, whenever their runs were."""
    return f"{STATISTICS}covers_report_{timestamp.month}.json"


def rebuilt_month(timestamp: RunTimestamp) -> str:
    """Output: what the statistics of a month were last rebuilt from."""
    return f"{REBUILT}{timestamp.month}.json"


def run_records_of_day(timestamp: RunTimestamp) -> str:
    """Output: the prefix of the records of all runs of a day."""
    return f"{RUN_RECORDS}{timestamp.day_path}/"


def run_record(timestamp: RunTimestamp, run_id: str) -> str:
    """Output: the folder of what is kept of a run for good, with a slash at its end."""
    return f"{records_of_second(timestamp)}{run_id}/"


def records_of_second(timestamp: RunTimestamp) -> str:
    """Output: what the folder of the run with this second begins with."""
    return f"{run_records_of_day(timestamp)}{timestamp}_"


def recorded_manifest(timestamp: RunTimestamp, run_id: str) -> str:
    """Output: the manifest of a run, kept for good."""
    return f"{run_record(timestamp, run_id)}manifest.json"


def recorded_creators(timestamp: RunTimestamp, run_id: str, page: int) -> str:
    """Output: a page of the creators of a run; pages count from 1."""
    return f"{run_record(timestamp, run_id)}creators_{page:05d}.json"


def forgotten(began: RunTimestamp, receipt_id: str) -> str:
    """Output: the receipt of a creator that was forgotten, who is not named in it."""
    return f"{FORGOTTEN}{began.month_path}/{began}_{receipt_id}.json"


def fills_of(timestamp: RunTimestamp, run_id: str) -> str:
    """Output: the folder of the notes by which the fills of a run are found."""
    return f"{run_record(timestamp, run_id)}fills/"


def fill_of(timestamp: RunTimestamp, run_id: str, fill_timestamp: RunTimestamp, fill: str) -> str:
    """Output: the empty note that this fill is of the family of a run."""
    return f"{fills_of(timestamp, run_id)}{fill_timestamp}_{fill}"


def claimed_second(timestamp: RunTimestamp) -> str:
    """Temp: where versions before ADR 12 kept a claim. Still read, no longer written."""
    return f"{PROCESSING}claimed-seconds/{timestamp}"


def run_folder(run_id: str) -> str:
    """Temp: the prefix of everything that a run keeps while it works."""
    return f"{PROCESSING}{run_id}/"


def manifest(run_id: str) -> str:
    """Temp: the run's plan."""
    return f"{run_folder(run_id)}manifest.json"


def planning(run_id: str) -> str:
    """Temp: says that the run is being planned again: its CSV may not be that of its manifest."""
    return f"{run_folder(run_id)}planning.json"


def again(run_id: str) -> str:
    """Temp: which chunks are to be done again, and why; `dispatch` does as it says."""
    return f"{run_folder(run_id)}again.json"


def set_aside_of(run_id: str) -> str:
    """Temp: the prefix of all receipts of a run that could not be used."""
    return f"{run_folder(run_id)}set-aside/"


def set_aside(run_id: str, chunk_id: str, etag: str) -> str:
    """Temp: a receipt that could not be used, kept for whoever looks for the cause."""
    return f"{set_aside_of(run_id)}{chunk_id}-{etag}.json"


def dropped_messages(run_id: str) -> str:
    """Temp: the prefix of one document for each chunk whose message belonged to an older plan."""
    return f"{run_folder(run_id)}dropped/"


def dropped_message(run_id: str, chunk_id: str) -> str:
    """Temp: says that a message of this chunk was dropped, because it belonged to an older plan."""
    return f"{dropped_messages(run_id)}{chunk_id}.json"


def upload_run(digest: str) -> str:
    """Temp: which run a dropped CSV is; `digest` stands for its bucket, key and ETag."""
    return f"{PROCESSING}uploads/{digest}.json"


def runs_beginning_with(beginning: str) -> str:
    """Temp: the prefix of everything of all runs whose ids begin like this."""
    return f"{PROCESSING}{beginning}"


def ordered_csv(run_id: str) -> str:
    """Temp: a CSV from outside, sorted so that byte ranges split no creator."""
    return f"{run_folder(run_id)}ordered.csv"


def covers_to_keep(run_id: str) -> str:
    """Temp: the CSV of a run that only keeps covers. Nobody needs it when it has ended."""
    return f"{run_folder(run_id)}covers.csv"


def summary_of_keeping(run_id: str) -> str:
    """Temp: the summary of a run that only keeps covers."""
    return f"{run_folder(run_id)}summary.json"


def receipts(run_id: str) -> str:
    """Temp: the prefix of a run's receipts."""
    return f"{run_folder(run_id)}receipts/"


def receipt(run_id: str, chunk_id: str) -> str:
    """Temp: the receipt of a finished chunk."""
    return f"{receipts(run_id)}{chunk_id}.json"


def partial_receipts(run_id: str) -> str:
    """Temp: the prefix of a run's partial receipts."""
    return f"{run_folder(run_id)}partial/"


def partial_receipt(run_id: str, chunk_id: str) -> str:
    """Temp: the partial receipt of a chunk that is worked on, or that ran out of time."""
    return f"{partial_receipts(run_id)}{chunk_id}.json"


def failed_messages(run_id: str) -> str:
    """Temp: the prefix of why attempts at a run's chunks failed."""
    return f"{run_folder(run_id)}failed/"


def failed_message(run_id: str, chunk_id: str | None) -> str:
    """Temp: why the last attempt at a chunk failed, or at a message that asks for none (None)."""
    return f"{failed_messages(run_id)}{chunk_id or 'message'}.json"


def chunks_at_work(run_id: str) -> str:
    """Temp: the prefix of a document for each chunk that a worker is at, or has died at."""
    return f"{run_folder(run_id)}working/"


def chunk_at_work(run_id: str, chunk_id: str) -> str:
    """Temp: the worker that is at a chunk."""
    return f"{chunks_at_work(run_id)}{chunk_id}.json"


def stop(run_id: str | None) -> str:
    """Temp: says that a run is stopped; None: that all runs are."""
    return f"{PROCESSING if run_id is None else run_folder(run_id)}stop.json"


def lifted_stop() -> str:
    """Temp: the last stop of all runs, from when it was lifted until housekeeping has seen it."""
    return f"{PROCESSING}lifted.json"


def estimate(run_id: str) -> str:
    """Temp: what `plan` said that the run would take."""
    return f"{run_folder(run_id)}estimate.json"


def backfill_budget(run_id: str) -> str:
    """Temp: what runs have taken of the price of a backfill, approved in the dry run `run_id`."""
    return f"{run_folder(run_id)}backfill.json"


def downloads_of_day(day: date) -> str:
    """Temp: the prefix of all packs that were begun on a day, and of their indexes."""
    return f"{DOWNLOADS}{day:%Y/%m/%d}/"


def packs_of_run(day: date, run_id: str) -> str:
    """Temp: the folder of a run's packs, with a slash at its end; `day` is when it was planned."""
    return f"{downloads_of_day(day)}{run_id}/"


def merged_packs(day: date, digest: str) -> str:
    """Temp: the folder of packs that were merged; `digest` is of the packs that they were made of.

    It looks like that of a run, and whatever finds packs of runs finds these.
    """
    return packs_of_run(day, f"{_MERGED}{digest}")


def is_merged(run_id: str) -> bool:
    """Whether what looks like a run is a folder of packs that were merged."""
    return run_id.startswith(_MERGED)


def downloads_of_month(day: date) -> str:
    """Temp: the prefix of all packs that were begun in the month of a day."""
    return f"{DOWNLOADS}{day:%Y/%m}/"


def pack(folder: str, chunk_id: str, first_row: int) -> str:
    """Temp: covers of a chunk, from the row that begins at byte `first_row` of the chunk on."""
    return f"{folder}{chunk_id}/{first_row:012d}.zip"


def day_of_pack(key: str) -> str:
    """The day of the key of a pack, or of a folder of packs, as YYYY-MM-DD."""
    return key.removeprefix(DOWNLOADS)[: len("YYYY/MM/DD")].replace("/", "-")


def run_of_pack(key: str) -> str:
    """The run of the key of a pack."""
    return key.removeprefix(DOWNLOADS)[len("YYYY/MM/DD/") :].partition("/")[0]


def pack_index(folder: str) -> str:
    """Temp: the packs in this folder of a run, or of a day."""
    return f"{folder}index.json"


def is_pack(key: str) -> bool:
    """Whether a key of `DOWNLOADS` is that of a pack."""
    return key.endswith(".zip")


def is_pack_index(key: str) -> bool:
    """Whether a key of `DOWNLOADS` is that of an index."""
    return key.endswith("/index.json")


def packs_of_all_chunks(run_id: str) -> str:
    """Temp: where the chunks of a run look for covers, unless they have a document of their own."""
    return f"{run_folder(run_id)}packs.json"


def packs_of_chunks(run_id: str) -> str:
    """Temp: the prefix of the documents of chunks that have packs of their own to look into."""
    return f"{run_folder(run_id)}packs/"


def packs_of_chunk(run_id: str, chunk_id: str) -> str:
    """Temp: where a chunk looks for covers. It is the same in all rounds of the chunk."""
    return f"{packs_of_chunks(run_id)}{_ROUND.sub('', chunk_id)}.json"


def refresh_list(timestamp: RunTimestamp, run_id: str | None = None) -> str:
    """Output: the covers of a run whose URLs are dead; with `run_id` as for its summary."""
    suffix = f"_{run_id}" if run_id else ""
    return f"{refresh_lists_of_month(timestamp)}{timestamp}{suffix}.csv"


def refresh_lists_of_month(timestamp: RunTimestamp) -> str:
    """Output: what the keys of all refresh lists of a month begin with."""
    return f"{summaries_of_month(timestamp)}refresh_list_"


def failed_downloads(run_id: str, chunk_id: str) -> str:
    """Temp: the prefix of the failed answers of a chunk."""
    return f"{FAILED_DOWNLOADS}{run_id}/{chunk_id}/"


def failed_download(run_id: str, chunk_id: str, offset: int, reason: str) -> str:
    """Temp: the failed answer for the cover whose line begins at byte `offset`."""
    return f"{failed_downloads(run_id, chunk_id)}{offset:012d}-{reason}.json"


def failed_download_body(run_id: str, chunk_id: str, offset: int, reason: str) -> str:
    """Temp: the first bytes of that answer."""
    return f"{failed_downloads(run_id, chunk_id)}{offset:012d}-{reason}.body"


def error_logs(run_id: str) -> str:
    """Temp: the prefix of the logs of attempts at a run that failed."""
    return f"{ERROR_LOGS}{run_id}/"


def error_log(run_id: str, chunk_id: str | None, attempt: int) -> str:
    """Temp: the log of an attempt at a chunk, or at what asks for no chunk (None)."""
    return f"{error_logs(run_id)}{chunk_id or 'message'}/{attempt:02d}.log"


def _stamped(key: str, timestamp: RunTimestamp) -> str:
    stem, extension = posixpath.splitext(key)
    return f"{stem}_{timestamp}{extension}"


def _collage_name(encoded: str, timestamp: RunTimestamp) -> str:
    return f"{encoded}_collage_{timestamp}"
