"""What a deployment is made of: the function's zip, the files for MWAA, IAM policies, numbers.

Anything that sets up an account reads them here. The product reads none of them.

- `limits`: the numbers of `limits.json`, checked against what AWS accepts.
- `iam`: the policies of `policies/`, filled in with the names of one deployment.
- `lambda_zip`: builds the function's zip (`make package`).
- `bytecode`: compiles its modules, so that a cold start does not.
- `mwaa`: writes the three files that MWAA takes (`make package-mwaa`).
- `settings_file`: reads a file of the product's settings, such as `settings.env`.
- `reproducible_zip`: writes a zip whose bytes depend only on the files in it.
- `release/`: deploys a release, and takes it back (`make deploy`, `make rollback`).
- `errors`: the error for a file here that cannot be used.
"""
