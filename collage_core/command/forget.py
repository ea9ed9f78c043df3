"""Forgets a creator: shows what there is in the buckets, and with --yes deletes it."""

import argparse
import os
import shlex
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from collage_core.command.option_types import creator_name
from collage_core.command.outcome import EXIT_FAILED, EXIT_UNUSABLE, CommandError, show
from collage_core.command.s3 import s3_store
from collage_core.errors import SettingError
from collage_core.forgetting.forget import forget, look_for
from collage_core.settings import Settings

DESCRIPTION = "Show all that is kept of a creator in the buckets, and delete it with --yes."
EPILOG = (
    "Collages, thumbnails and metadata of all dates are deleted, and packs are written again "
    "without the creator's covers. Names are compared byte for byte; write -- before a name that "
    "begins with a hyphen. The buckets are those of the settings OUTPUT_BUCKET, TEMP_BUCKET and "
    "INPUT_BUCKET in the environment; S3 needs the extra aws. Exit code 0: it was shown, or all of "
    "it is deleted; 1: nothing is kept under that name, or a bucket cannot be read or changed; 2: "
    "an option or a setting cannot be used."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `forget_creator` can be told."""
    parser.add_argument("name", type=creator_name, metavar="NAME")
    parser.add_argument(
        "--yes", action="store_true", help="delete it (default: show what would be deleted)"
    )


def forget_creator(options: argparse.Namespace) -> None:
    """Print what there is and what is not changed, and delete it if that is asked for.

    Raises CommandError when there is nothing, and when not all of it can be deleted.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingError as error:
        raise CommandError(str(error), EXIT_UNUSABLE) from error
    with s3_store(settings.output_bucket) as store:
        found = look_for(store, settings, options.name)
        if found.is_nothing:
            raise CommandError(found.nothing_in_words, EXIT_FAILED)
        for line in found.lines():
            show(line)
        if not options.yes:
            again = shlex.join(["cover-collage", "forget", "--yes", "--", options.name])
            show(f"dry run, nothing was deleted; to delete it: {again}")
            return
        receipt = forget(
            store, settings, found, receipt_id=uuid4().hex, clock=partial(datetime.now, UTC)
        )
    show(f"deleted; receipt, to be kept with the request: s3://{settings.output_bucket}/{receipt}")
