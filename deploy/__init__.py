"""The parts of a deployment: the function's zip, the IAM policies, and the limits.

Any tool that sets up an account reads them here. The product reads none of them.
"""
