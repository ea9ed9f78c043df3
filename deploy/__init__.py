"""What a deployment is made of: the function's zip, the IAM policies, and the numbers.

Anything that sets up an account reads them here. The product reads none of them.
"""
