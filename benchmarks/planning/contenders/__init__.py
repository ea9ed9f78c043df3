"""Who takes part: the core, a join without order, and what only reads the indexes."""
