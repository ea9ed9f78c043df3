"""Sample covers: creators, their rows in the database, and pictures that can be distinguished.

- `creators`: ordinary names, and every awkward kind.
- `rows`: two months of covers, with the faults of real data.
- `seed`: puts the rows into the database.
- `urls`: the URLs of the covers, and what the cover server reads from them.
- `images`: a cover as a file: its kind, size and bytes.
- `poster`: draws a cover.
- `mark`: a mark on each cover, by which a cell of a collage is recognised.
"""
