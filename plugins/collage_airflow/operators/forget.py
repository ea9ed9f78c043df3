"""The forget task: shows all that is kept of a creator, and deletes it if that is asked for."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, override
from uuid import uuid4

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.contract.faults import fits
from collage_core.contract.fields import Text
from collage_core.forgetting.forget import forget, look_for

if TYPE_CHECKING:
    from airflow.sdk import Context


class ForgetOperator(AwsOperator):
    """Deletes all that is kept of the creator that the form names; in a dry run only says what.

    Returns the key of the receipt, which does not say who it was. Raises AirflowFailException if
    there is nothing.
    """

    @override
    def execute(self, context: "Context") -> str | None:
        settings, params = read_settings(), context["params"]
        creator = params["creator"]
        if not fits(creator, Text) or not creator.strip():
            raise AirflowFailException(
                f"creator is {creator!r}: give one name, byte for byte as it is in the CSV"
            )
        found = look_for(self.store, settings, creator)
        if found.is_nothing:
            if context["ti"].try_number > 1 and not params["dry_run"]:
                self.log.info("✓ Forgotten: the try before this one has deleted everything")
                return None
            raise AirflowFailException(found.nothing_in_words)
        for line in found.lines():
            self.log.info("%s", line)
        if params["dry_run"]:
            self.log.info("✓ Dry run: nothing was deleted; trigger it again without dry_run")
            return None
        key = forget(
            self.store, settings, found, receipt_id=uuid4().hex, clock=partial(datetime.now, UTC)
        )
        self.log.info("✓ Forgotten: receipt s3://%s/%s", settings.output_bucket, key)
        return key
