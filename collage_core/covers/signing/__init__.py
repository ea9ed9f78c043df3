"""How URLs are signed, and which signatures a URL has.

`recognition` finds the schemes of a URL in three tables, `platforms`, `clouds` and `cdns`, whose
rows are built by `scheme`. The tables are a part of the contract (docs/contracts.md, "Which two
URLs are one cover"): a new row changes which covers are the same, and so does a new name in an
old row.

`expiry` reads when a signed URL expires. That is no part of the contract: it only saves requests.
"""
