"""Property tests find the same examples on every machine, and are not timed on a busy one."""

from hypothesis import settings

settings.register_profile("repo", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("repo")
