"""What a deployment is made of: the function's zip, the IAM policies, and the numbers.

Whatever sets up an account reads them here, and the product reads nothing of it.
"""
