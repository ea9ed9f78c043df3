"""Sample covers: creators, their rows in the database, and pictures that can be told apart."""
