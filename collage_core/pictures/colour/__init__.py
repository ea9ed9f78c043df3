"""Colours: which colour space a picture has, and its conversion to sRGB.

`of_file` finds the space that a file declares (`png_colour`, `jpeg_profile`, `avif_colour` with
`av1_colour`, `icc_profile`), in terms of `spaces` and `matrices`; `conversion` and `tone_mapping`
convert to sRGB.
"""
