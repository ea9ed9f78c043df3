"""Object stores, and what is done with objects in them."""
