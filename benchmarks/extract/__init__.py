"""From a window of covers in MySQL to one CSV in S3: the extract task beside its peers.

Read `__main__.py` first: it starts the servers, fills the table, and runs the contenders.
"""

import sys

from local.folder import REPO

# Airflow does this in its own processes; the one that starts the contenders is without Airflow.
sys.path.append(str(REPO / "plugins"))
