"""The programs that are measured, each with the requests that it has made, which `counted` prints.

A look at a run: `look` (what `wait` does), `heads` (a script with a HEAD for each chunk that is not
done), `one_sensor` (an S3KeySensor of all keys), `mapped_sensors` (one for each chunk).
All chunks sent: `dispatch` (the task's), `one_by_one` (send_message), `batches` (the requests alone
that cannot be spared).
"""
