"""The base of the steps that work on a run whose manifest is written."""

from dataclasses import dataclass
from typing import Any

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.run.documents import require_manifest, unfinished_chunks
from collage_core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that has been extracted, and where its objects are."""

    settings: Settings
    store: S3Store
    manifest: Manifest

    def unfinished_chunks(self) -> list[Chunk]:
        """The chunks that have no receipt yet, in the manifest's order; asks S3 at each call."""
        return unfinished_chunks(self.store, self.settings, self.manifest)


class RunOperator(AwsOperator):
    """A step that is told a run's id and finds all else in the run's manifest."""

    template_fields = (*AwsOperator.template_fields, "run_id")

    def __init__(self, *, run_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id

    def open_run(self) -> OpenRun:
        """The run as it stands now.

        Raises SettingError, and MessageError when the manifest is not there or cannot be read.
        """
        settings, store = read_settings(), self.store
        manifest = require_manifest(store, settings, self.run_id)
        return OpenRun(settings=settings, store=store, manifest=manifest)
