"""The programs that are measured: `ours` (the core), `every_pair` (a join without order), `reading`
(only reads the indexes).
"""
