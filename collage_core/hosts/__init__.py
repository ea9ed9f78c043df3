"""Which hosts and addresses may be asked."""
