"""The version of the rules by which a chunk message becomes pictures."""

PICTURE_RULES = 2
"""Raise it when the same message and the same covers give other pictures. It is part of every
`chunk_id`, so a run that is planned again after a release with other rules is worked on again.

1: a cover that failed left an empty cell; the number was not yet part of the id. 2: the next newest
cover takes its place.
"""
