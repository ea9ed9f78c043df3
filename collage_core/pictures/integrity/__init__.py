"""Whether a picture is complete.

- `jpeg_end`: whether a JPEG was cut off, and whether only its end marker is missing.
- `jpeg_restarts`: whether all restart markers of a JPEG are there.
- `png_data`: whether the compressed data of a PNG is complete and its checksum right.
"""
