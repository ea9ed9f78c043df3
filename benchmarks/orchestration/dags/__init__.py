"""What Airflow runs here: `dispatch_and_wait` (the product's), `mapped_tasks` (the usual way)."""
