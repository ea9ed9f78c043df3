"""Keeping: each cover is fetched while its URL lives, proved usable, and nothing is made of it.

- `recipe`: the recipe that the engine gets.
"""
