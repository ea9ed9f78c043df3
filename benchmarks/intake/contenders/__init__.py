"""The programs that are measured: `ours` (the core) and `dict_script` (the usual script)."""
