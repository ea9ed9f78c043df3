"""Decodes covers to cells, and draws cells as collages."""
