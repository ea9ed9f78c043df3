"""What is made of the covers of one creator."""
