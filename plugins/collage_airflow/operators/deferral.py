"""How long a task may be deferred when no triggerer takes care of its trigger.

A trigger's own deadline is looked at in the triggerer alone. Without a `timeout` of the deferral,
which Airflow's scheduler looks at, a task whose triggerer is dead is deferred for ever.
"""

from datetime import timedelta

TRIGGERER_SLACK = timedelta(minutes=10)
"""What a deferral's timeout adds to the moment at which its trigger should fire at the latest.

A triggerer that is restarted, or that takes over from a dead one, needs a minute or two.
"""

NO_TRIGGERER = (
    "no triggerer ended this task's deferral in time: see that one is alive (`airflow triggerer`; "
    "Airflow's home page shows its health)"
)
"""What is wrong, and the mend, when the scheduler had to."""
