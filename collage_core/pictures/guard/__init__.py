"""Limits that reject decompression bombs before decoding.

- `inspection`: the one entry point: looks at a file before a decoder gets it.
- `limits`: counts the parts of a file, and the error for a file that has too many.
- `jpeg_scans`: how many times a progressive JPEG draws its picture.
- `avif_frames`: how many pixels are really coded in an AVIF.
- `av1_sequence`: the size of the pictures in an AV1 stream.
- `exif_directory`: how much data EXIF would make Pillow copy.
"""
