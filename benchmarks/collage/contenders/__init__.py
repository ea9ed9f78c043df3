"""The programs that are measured, each run in a process of its own.

Those in Python import nothing of the benchmark but `report_work` and each other: what they
load counts as theirs. Each prints a `Work` as its last line.
"""
