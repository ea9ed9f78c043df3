"""How much time and memory it takes to put a CSV from outside in order."""
