"""What comes after the last chunk: the books added up, summaries and statistics published."""
