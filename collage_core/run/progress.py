"""How far a run is, from what three listings of its folder show at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from collage_core.contract.manifest import Manifest
from collage_core.layout import keys

_RATE_OVER = timedelta(minutes=10)
"""The rate is that of the receipts of so long."""


@dataclass(frozen=True, slots=True)
class Look:
    """When each object of a run's chunks was written, by chunk, and the moment of the listing.

    All times are S3's own, so that no clock has to agree with another one.
    """

    at: datetime
    receipts: Mapping[str, datetime]
    failed: Mapping[str, datetime]
    """Chunks of which the last attempt failed."""
    working: Mapping[str, datetime]
    """Chunks that a worker is at, or has died at."""

    @classmethod
    def of(cls, manifest: Manifest, listed: Mapping[str, datetime], at: datetime) -> Self:
        """From all keys below the three prefixes. What other plans have left is ignored."""
        run_id, planned = manifest.run_id, {chunk.chunk_id for chunk in manifest.chunks}

        def of_chunks(prefix: str) -> dict[str, datetime]:
            found = {
                key.removeprefix(prefix).removesuffix(".json"): modified
                for key, modified in listed.items()
                if key.startswith(prefix)
            }
            return {chunk_id: found[chunk_id] for chunk_id in found if chunk_id in planned}

        return cls(
            at,
            receipts=of_chunks(keys.receipts(run_id)),
            failed=of_chunks(keys.failed_messages(run_id)),
            working=of_chunks(keys.chunks_at_work(run_id)),
        )

    def missing(self, manifest: Manifest) -> list[str]:
        """The chunks without a receipt, in the manifest's order."""
        ids = (chunk.chunk_id for chunk in manifest.chunks)
        return [chunk_id for chunk_id in ids if chunk_id not in self.receipts]

    def at_work(self, stale_seconds: float) -> set[str]:
        """The chunks without a receipt that a worker is alive at."""
        alive_since = self.at - timedelta(seconds=stale_seconds)
        return {
            chunk_id
            for chunk_id, modified in self.working.items()
            if modified >= alive_since and chunk_id not in self.receipts
        }

    def newest(self) -> datetime | None:
        """When anything of this was last written; None if there is nothing."""
        times = (*self.receipts.values(), *self.failed.values(), *self.working.values())
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    done: int
    total: int
    at_work: int
    failing: int
    """Chunks without a receipt of which the last attempt failed."""
    per_minute: float
    """Receipts a minute, in the last ten minutes."""

    @classmethod
    def of(cls, manifest: Manifest, look: Look, *, began: datetime, stale_seconds: float) -> Self:
        """`began` is when the run was last sent to its workers."""
        over = min(_RATE_OVER, max(look.at - began, timedelta(minutes=1)))
        recent = sum(look.at - over < modified for modified in look.receipts.values())
        return cls(
            done=len(look.receipts),
            total=len(manifest.chunks),
            at_work=len(look.at_work(stale_seconds)),
            failing=sum(chunk_id not in look.receipts for chunk_id in look.failed),
            per_minute=recent / (over / timedelta(minutes=1)),
        )

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at this rate; None if nothing was done lately."""
        if not self.per_minute:
            return None
        return timedelta(minutes=(self.total - self.done) / self.per_minute)

    @property
    def in_words(self) -> str:
        """Such as "12 of 40 chunks are done, 4 at work; 2.0 a minute, about 14 min left"."""
        parts = [f"{self.done} of {self.total} chunks are done", f"{self.at_work} at work"]
        if self.failing:
            parts.append(f"{self.failing} failed and not yet done")
        words = ", ".join(parts)
        if self.time_left is None or self.done == self.total:
            return words
        return f"{words}; {self.per_minute:.1f} a minute, about {in_minutes(self.time_left)} left"

    def to_json(self) -> dict[str, Any]:
        """As it is passed on between tasks; seconds."""
        left = self.time_left
        return {
            "done": self.done,
            "total": self.total,
            "at_work": self.at_work,
            "failing": self.failing,
            "per_minute": round(self.per_minute, 2),
            "seconds_left": None if left is None else round(left.total_seconds()),
        }


def in_minutes(time: timedelta) -> str:
    """Such as "14 min", or "2 h 5 min"; less than a minute is one."""
    hours, minutes = divmod(max(1, round(time / timedelta(minutes=1))), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def named(chunk_ids: Iterable[str], *, most: int = 10) -> str:
    """The first chunks by their ids, and how many more there are."""
    ids = list(chunk_ids)
    more = len(ids) - most
    return ", ".join(ids[:most]) + f" and {more} more" * (more > 0)
