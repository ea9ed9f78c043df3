"""Text on pictures: names in most scripts, shortened to fit, without boxes for missing letters.

- `scripts`: text to what is drawn from left to right: Arabic joined, Hebrew from its end.
- `fonts`: which font draws which letter.
- `line`: one line of text, measured, shortened and drawn.
"""
