"""From covers on a server to one collage per creator: the core beside its peers.

`__main__` (the command line) → `load` (covers on a server: `covers`, `server`) → `participants`
(who takes part; their programs are in `contenders/`) → `race` (runs checked, collages compared by
`likeness`) → `report` with `cost` and `plot`. `memory` and `growth` vary the load, `cells`
measures the sizes of cells, `looks` the options of pictures, `kept` what keeping covers costs and
gives.
"""
