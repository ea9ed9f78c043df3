"""Sample covers: creators, their rows in the database, and distinguishable pictures.

`creators` have `rows`, which `seed` puts into the database. Their `urls` lead to `images`, each a
`poster` with a `mark` by which a cell is recognised.
"""
