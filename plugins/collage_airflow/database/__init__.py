"""The database that holds the covers: reached, proved complete, and asked."""
