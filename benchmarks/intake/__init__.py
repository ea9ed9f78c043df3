"""A CSV from outside read, checked and put in order: the core beside the usual script.

`__main__` is the command line and the table, `covers_csv` the load, `contenders/` who takes part.
"""
