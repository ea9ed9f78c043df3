"""Recipes: what is made of the covers of one creator. One folder for each product."""
