"""From a window of covers in MySQL to one CSV in S3: the extract task beside its peers.

`__main__` (the command line) → `servers` (MySQL and S3 for one benchmark) → `load` (one SELECT on
the table that `covers_table` fills) → `participants` (who takes part; their programs are in
`contenders/`) → `race` (runs checked) → `outcome` → `report` and `plot`. `waiting` measures how
long the server alone takes.
"""

import sys

from local.folder import REPO

# Airflow does this in its own processes; this one runs without Airflow.
sys.path.append(str(REPO / "plugins"))
