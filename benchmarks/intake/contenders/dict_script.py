"""The usual script: dicts, sorted twice. It checks nothing and reads no dates.

Run as `python -m benchmarks.intake.contenders.dict_script COVERS.csv`.
"""

import csv
import io
import pathlib
import sys

if __name__ == "__main__":
    data = pathlib.Path(sys.argv[1]).read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    rows.sort(key=lambda row: row["updated_at"], reverse=True)
    rows.sort(key=lambda row: row["creator_name"])
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writerows(rows)
    out.getvalue().encode()
