"""The collage: which covers are placed, the canvas, and its metadata."""
