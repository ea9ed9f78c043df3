"""What a DAG run asks for, and the names of its run.

- `identity`: the names of the run that belongs to a DAG run.
- `schedules`: the schedules of all DAGs, side by side.
- `keeping`: the schedule of a DAG that only keeps covers, and which rows its runs look at.
- `request`: everything a DAG run asks for: names, window, and how to make the collages.
- `dispatch_way`: whether its chunks go over the queue or directly.
- `conf`: checks the conf of a triggered run for keys that mean nothing.
- `window`: the time window of the covers.
- `presets`: windows by their names, and a window cut into months or days.
- `intake`: the CSV of a manual run, read and put in order.
- `sources`: whether a manual run takes a window or a CSV, and of which creators.
"""
