"""A CSV in no order, the same one each time."""

import random

CREATORS = 15_000


def covers_csv(lines: int) -> str:
    """A cover CSV of `lines` lines, the header included."""
    chance = random.Random(1)  # noqa: S311  the same file each time
    rows = [
        f"créateur {chance.randrange(CREATORS):05d},https://cdn.example/obj/{number:08d}.jpeg"
        f"?x-signature={'a' * 30},2026-10-{chance.randrange(1, 29):02d} "
        f"{chance.randrange(24):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}\n"
        for number in range(lines - 1)
    ]
    return "creator_name,cover_url,updated_at\n" + "".join(rows)
