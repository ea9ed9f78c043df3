"""Object stores: the interface that the core uses, and a store in folders."""
