"""Recipes: what is made of the covers of one creator. One folder per product."""
