"""The programs that are measured, each run in a process of its own.

`command_line` and `worker` run the core, `kept_worker` does with a bucket for packs. Its peers are
`usual_script`, `img2dataset_script`, and `montage_script` and `vips_script`, which share `peer`.
`in_memory` has the bound and the limit.

Those in Python import nothing of the benchmark except `report_work` and each other: what they
load counts as theirs. Each prints a `Work` as its last line.
"""
