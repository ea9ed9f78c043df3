"""What is done with the rights of `deploy/policies/forget.json`."""

from collections.abc import Iterable
from datetime import UTC, datetime

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.forgetting.forget import forget, look_for
from collage_core.layout import keys
from tests.support.errands import needs
from tests.support.kept_packs import close_with
from tests.support.lambda_world import TIMESTAMP
from tests.support.packs import kept
from tests.support.tried_rights import Here

UPLOAD = "csv-files/2026/10/05/mine.csv"
SECOND = RunTimestamp.parse(TIMESTAMP)


@needs(
    "forget",
    "FindWhatIsKept",
    "SeeWhetherOldVersionsStay",
    "DeleteCollagesThumbnailsAndMetadata",
    "TakeCoversOutOfPacks",
    "TakeTheCreatorOutOfReportsOfRuns",
    "WriteTheReceipt",
)
def forgets_a_creator(here: Here) -> Iterable[str]:
    """Of whom there is a collage, a page with others and one that cannot be read, and covers in a
    pack with others and in one without."""
    root, settings = here.root, here.settings
    root.invoke(root.upload(UPLOAD, root.csv({"ana": 1, "bo": 1})))
    root.put(settings.output_bucket, keys.report(SECOND, "other"), "no page of ours")
    pack = kept(root.services.store, {("ana", 1): b"a cover"}, bucket=settings.temp_bucket)
    close_with(root.services.store, [pack], bucket=settings.temp_bucket)
    found = look_for(here.store, settings, "ana")
    forget(here.store, settings, found, receipt_id="0f", clock=lambda: datetime.now(UTC))
    left = root.keys(settings.output_bucket, keys.COLLAGES)
    return [f"{key} is still there" for key in left if "/ana_" in key]
