"""What a DAG run asks for, and what its run is called."""
