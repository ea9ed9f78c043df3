"""The pages about a run of 60,000 creators in 1,000 chunks: seconds and requests.

`__main__` is the command line and the table, `large_run` the load, `contenders/` who takes part.
"""
