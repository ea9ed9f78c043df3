"""Colours: what the numbers of a picture mean, and how they are converted to sRGB.

What a file says:

- `of_file`: the one entry point for all formats.
- `png_colour`: the colour chunks of a PNG.
- `jpeg_profile`: the ICC profile of a JPEG, which may come in several segments.
- `avif_colour`: the colour boxes of an AVIF.
- `av1_colour`: the colours in the header of an AV1 stream.
- `icc_profile`: reads ICC profiles, and writes one for a colour space.
- `spaces`: colour spaces by their numbers in ITU-T H.273 (CICP).
- `matrices`: converts between the primaries of a colour space and CIE XYZ.

To sRGB:

- `conversion`: SDR pictures, through LittleCMS.
- `tone_mapping`: HDR pictures.
"""
