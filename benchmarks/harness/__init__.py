"""What all tracks share: starting contenders in turns, measuring them, reporting the figures.

`contender` (a program that takes part), `race` (contenders in turns) → `result` (what one took,
and the best of several rounds) → `measure` with `launcher` (time and memory of a program).
`buckets` serves S3 to them.
For the output: `report`, `table`, `plot`, `options` (where to write the figures), `errors`.
Contenders import `measure` and count what they load as theirs, so this file imports nothing.
"""
