"""The creators of the sample: ordinary names, and every difficult kind seen in production."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SampleCreator:
    """A creator and how many good covers each month has."""

    name: str
    main: int
    """Covers in the demo's month."""
    earlier: int = 0
    """Covers in the month before."""
    later: int = 0
    """Covers in the month after."""

    @property
    def covers(self) -> int:
        """The number of all covers, which is also the number of the newest. The oldest is 1."""
        return self.earlier + self.main + self.later


CREATORS = (
    # More covers than a grid of 35 has cells.
    SampleCreator("mira.cooks", 80, 20),
    SampleCreator("trailrunner_tom", 72),
    SampleCreator("dailydogs", 64, 30),
    SampleCreator("paper_and_ink", 58),
    SampleCreator("nightbus.stories", 51, 12),
    SampleCreator("the_slow_loaf", 46),
    SampleCreator("ceramics-with-jo", 43),
    SampleCreator("balcony.garden", 41, 9),
    SampleCreator("two_wheels_one_map", 38),
    SampleCreator("vinylroom", 37),
    SampleCreator("kitchen_physics", 36),
    # Exactly one grid, and a little less.
    SampleCreator("exactly.thirtyfive", 35, 35),
    SampleCreator("onemissing", 34),
    SampleCreator("tinyhouse_ola", 31),
    SampleCreator("sketch.a.day", 31, 30),
    SampleCreator("coldwaterclub", 29),
    SampleCreator("learn_to_whistle", 27),
    SampleCreator("retro_pixels", 24),
    SampleCreator("grandmas.buttons", 22, 6),
    SampleCreator("lighthouse_keeper", 20),
    SampleCreator("violin4beginners", 18),
    SampleCreator("stationery_haul", 16, 4),
    SampleCreator("cloudspotting", 14),
    SampleCreator("row_seven", 7),
    SampleCreator("row_eight", 8),
    SampleCreator("one_hit_wonder", 1),
    # On the first and the last second of a month, on both sides of its borders.
    SampleCreator("month.border", 2, earlier=1, later=1),
    # All covers are gone.
    SampleCreator("ghost.account", 3),
    # The same creator in a collation that is not binary.
    SampleCreator("Ana", 9),
    SampleCreator("ana", 8),
    SampleCreator("aná", 7),  # the accent is part of the letter
    SampleCreator("ana\u0301", 6),  # the accent is a character of its own
    # Names that are not valid file names, need quotes in a CSV, or are not ASCII.
    SampleCreator("Studio 9 & Friends", 12),
    SampleCreator("🎨 color lab 🦊", 11),
    SampleCreator("👩‍👩‍👧 family.vlog", 5),
    SampleCreator("either/or", 6),
    SampleCreator("..", 3),
    SampleCreator("../../etc/passwd", 2),
    SampleCreator('comma, "quote"', 4),
    SampleCreator("100%_legit?x=1#top", 5),
    SampleCreator("=SUM(A1:A9)", 3),
    SampleCreator("CON", 2),
    SampleCreator("日本語のカバー", 8),
    SampleCreator("مطبخ ليلى", 6),
    SampleCreator("x" * 255, 2),
    SampleCreator("ж" * 200, 2),  # 400 bytes
)

BY_NAME = {creator.name: index for index, creator in enumerate(CREATORS)}
"""The index of a creator, which is in its covers' marks and URLs."""
