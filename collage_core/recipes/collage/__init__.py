"""The collage: the newest covers of a creator on one canvas, with a thumbnail and metadata.

- `recipe`: the recipe that the engine gets.
- `selection`: which covers are placed: each picture once, the newest first.
- `geometry`: the size of the canvas, and the box of each cell.
- `captions`: what is written on it: labels and a title.
- `lettering`: draws that.
- `canvas`: cells to a collage and its thumbnail.
- `about`: what is embedded into both: creator, run, window and an alt text.
- `metadata`: which cover is in which cell, and why others were not placed.
- `trial`: a collage of sample covers, which shows that all libraries and fonts are there.
"""
