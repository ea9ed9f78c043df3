"""How fast and how lean the collage core is, beside the script that one would write instead."""
