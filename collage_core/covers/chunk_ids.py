"""Names chunks by their content: their rows, and what is made of them.

A worker that finishes a chunk of a plan that has been replaced meanwhile has done the work of every
plan in which the same rows are asked for in the same way, wherever in the CSV they are by then.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from collage_core.contract.chunk import Chunk
from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.picture_rules import PICTURE_RULES
from collage_core.covers.chunking import ChunkSpan

_DIGITS = 24

_HOW_TO_WORK = {"max_workers", "timeout", "max_retries"}
"""Fields of the configuration that decide how covers are fetched, and not what is made of them."""

_ROUND = re.compile(r"-r[0-9]+$")


def name_chunks(spans: Iterable[ChunkSpan], plan: Manifest) -> list[Chunk]:
    """The chunks at these spans, with their ids. The chunks that `plan` has itself do not count.

    The id is a digest of the chunk's bytes and of everything in the plan that changes what is made
    of them: the pictures, where they are written, and the version of the picture rules. It does
    not depend on the place in the CSV, on the CSV's ETag, or on how covers are fetched. Of equal
    chunks, which only rows without a creator can be, all but the first get a number.
    """
    made_of_rows = _made_of_rows(plan)
    seen: Counter[str] = Counter()
    chunks = []
    for span in spans:
        digest = hashlib.sha256(f"{span.sha256}{made_of_rows}".encode()).hexdigest()[:_DIGITS]
        seen[digest] += 1
        chunks.append(
            Chunk(
                chunk_id=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}",
                byte_range=span.byte_range,
                rows=span.rows,
                creators=span.creators,
                first_line=span.first_line,
                rows_sha256=span.sha256,
                first_creator=span.first_creator,
                last_creator=span.last_creator,
            )
        )
    return chunks


def keep_rounds(chunks: Iterable[Chunk], earlier: Iterable[Chunk]) -> Sequence[Chunk]:
    """The chunks, each with the name that it has in an earlier plan in which it was done again.

    Such a chunk has the number of its round at the end of its id, `-r2` for the second one.
    """
    rounds = {_ROUND.sub("", chunk.chunk_id): chunk.chunk_id for chunk in earlier}
    return [replace(chunk, chunk_id=rounds.get(chunk.chunk_id, chunk.chunk_id)) for chunk in chunks]


def _made_of_rows(plan: Manifest) -> str:
    config = to_json(plan.config)
    # Only where it is set: a chunk that becomes collages has the id that it had before.
    kept = {"keep_only": True} if plan.keep_only else {}
    return json.dumps(
        {
            "pictures": {name: config[name] for name in config.keys() - _HOW_TO_WORK},
            "cell_size": plan.cell_size,
            "covers_per_creator": plan.covers_per_creator,
            "by_creator_copies": plan.by_creator_copies,
            "output_prefix": plan.output_prefix,
            "trigger": plan.trigger,
            "window": None if plan.window is None else str(plan.window),
            "picture_rules": PICTURE_RULES,
            **kept,
        },
        sort_keys=True,
    )
