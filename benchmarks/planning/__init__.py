"""A run of 2 million rows is planned against the packs of 40 days: which packs each chunk reads.

`__main__` is the command line and the table, `kept_days` the load, `contenders/` who takes part.
"""
