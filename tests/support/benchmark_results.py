"""A result to start from."""

from benchmarks.collage.race import CollageResult

OURS = CollageResult(
    title="collage_core, 64 downloads",
    name="ours-64",
    creators=10,
    covers=350,
    seconds=2.0,
    cpu_seconds=3.5,
    start_seconds=0.3,
    start_cpu_seconds=0.3,
    peak_mb=170,
    idle_mb=60,
    server_cpu_seconds=0.1,
)
