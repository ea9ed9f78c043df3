"""Runs that a person has to approve before anything is sent.

- `planned`: what `plan` says of a run, as `approve` gets it.
- `question`: whether a run asks, why, and the question in words.
- `approved_backfill`: the Variable that says that a whole backfill was approved.
- `not_approved`: the error of a run that was refused, or that nobody answered.
"""
