"""Which hosts and addresses covers may be fetched from."""
