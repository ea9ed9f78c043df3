"""The documents that Airflow, SQS and the workers exchange, one per file."""
