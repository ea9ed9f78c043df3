"""Every reason why a run could not succeed, found before it begins: one module per thing asked.

Each probe tells what is wrong in one line that names the thing, its value and how to fix it, and
leaves no trace.
"""
