"""From bytes to cells, and from cells to collages.

Three folders have a page of their own: `guard` rejects decompression bombs before decoding,
`integrity` finds pictures with missing parts, and `colour` converts colours to sRGB.

- `imaging`: the bytes of a cover to a cell, and cells to a collage.
- `decoding`: corrections around Pillow's decoding, so that a file looks as in a browser.
- `encoding`: saves a canvas as JPEG.
- `orientation`: which way up a picture is meant, from its EXIF.
- `avif_crop`: the part of an AVIF that is meant to be shown.
- `file_signatures`: what a file that cannot be decoded is, by its first bytes.
- `memory`: makes the C library return freed memory to the system.
"""
