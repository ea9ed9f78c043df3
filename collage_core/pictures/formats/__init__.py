"""How files of pictures are built: readers of their parts, each within a limited number of steps.

- `limits`: counts the parts of a file, and the error for a file that has too many.
- `jpeg_scans`: how many times a progressive JPEG draws its picture.
- `png_chunks`: a PNG as browsers read it, without the broken chunks beside its picture.
- `avif_frames`: how many pixels are really coded in an AVIF.
- `av1_sequence`: the size of the pictures in an AV1 stream.
- `exif_directory`: how much data EXIF would make Pillow copy.
"""
