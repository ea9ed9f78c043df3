"""Where the objects of a run's creators are in the output bucket: their keys and their folders."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from collage_core.contract.manifest import Manifest
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys

ObjectKind = Literal["collage", "by_creator", "thumbnail", "metadata"]
"""As in `CreatorResult.objects`."""

OBJECT_KINDS: tuple[ObjectKind, ...] = get_args(ObjectKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunObjects:
    """What the keys of a run's objects are made of, beside the names of the creators."""

    timestamp: RunTimestamp
    trigger: Trigger
    prefix: str = ""
    """The run's output_prefix."""
    suffix: PictureFormat = "jpg"
    """The format of its collages."""
    has_copies: bool = True
    """Whether its collages may be filed under their creators as well."""

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Those of a planned run."""
        return cls(
            timestamp=manifest.run_timestamp,
            trigger=manifest.trigger,
            prefix=manifest.output_prefix,
            suffix=manifest.config.format,
            has_copies=manifest.by_creator_copies is not False,
        )

    def key(self, kind: ObjectKind, creator: str) -> str:
        """The key of a creator's object."""
        match kind:
            case "collage":
                return keys.collage(
                    creator, self.timestamp, self.trigger, self.prefix, suffix=self.suffix
                )
            case "by_creator":
                return keys.collage_by_creator(creator, self.timestamp, suffix=self.suffix)
            case "thumbnail":
                return keys.thumbnail(creator, self.timestamp)
            case "metadata":
                return keys.metadata(creator, self.timestamp)

    def folder(self, kind: ObjectKind) -> str:
        """The prefix of all keys of this kind; the objects of other runs may be there, too."""
        match kind:
            case "collage":
                return keys.collages(self.timestamp, self.trigger, self.prefix)
            case "by_creator":
                return keys.BY_CREATOR
            case "thumbnail":
                return keys.thumbnails_of_day(self.timestamp)
            case "metadata":
                return keys.metadata_of_day(self.timestamp)

    def grows_for_ever(self, kind: ObjectKind) -> bool:
        """Whether the folder is that of all days, and not of the run's day."""
        return kind == "by_creator" or (kind == "collage" and self.trigger is Trigger.MANUAL)

    def beginning(self, kind: ObjectKind, encoded: str) -> str:
        """The key of a creator's object without the dot and the format.

        `encoded` is the creator's name as in keys.
        """
        match kind:
            case "collage":
                return keys.collage_beginning(encoded, self.timestamp, self.trigger, self.prefix)
            case "by_creator":
                return keys.copy_beginning(encoded, self.timestamp)
            case "thumbnail":
                return keys.thumbnail_beginning(encoded, self.timestamp)
            case "metadata":
                return keys.metadata_beginning(encoded, self.timestamp)
