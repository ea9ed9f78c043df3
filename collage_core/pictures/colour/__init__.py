"""Colours: what the numbers of a picture mean, and the way from there to sRGB.

`of_file` asks what a file says (`png_colour`, `jpeg_profile`, `avif_colour` with `av1_colour`,
`icc_profile`), in terms of `spaces` and `matrices`; `conversion` and `tone_mapping` go to sRGB.
"""
