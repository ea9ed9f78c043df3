"""The domain: cover rows in, collages and books out. No AWS, no Airflow."""
