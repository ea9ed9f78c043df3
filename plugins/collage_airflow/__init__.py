"""Airflow's half of the product: one module per operator, and what the operators share."""
