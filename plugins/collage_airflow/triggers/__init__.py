"""What a deferred task waits for, in the triggerer.

- `receipts`: fires when every chunk of a run has its receipt, or when something is to be done.
- `watch`: what a look at a run gives: lines for the log, and the event.
- `lines`: the lines of the log.
- `run_folder`: reads the run's folder and its queue, without blocking the triggerer.
"""
