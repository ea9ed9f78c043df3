"""Deploys a release to an account, and takes it back: the commands of `docs/deploy.md`.

- `__main__`: the commands and their arguments.
- `environment`: one environment, such as `staging`: the two files that describe it.
- `new_environment`: writes them from the example.
- `state_bucket`: the bucket of Terraform's state.
- `terraform`: runs Terraform for one environment.
- `function`: the versions of the function: asked, and moved to.
- `errors`: the error for a version that does not work.
- `setting_up`: `scripts/setup_infrastructure.sh`.
- `deploying`: `make deploy` and `scripts/deploy.sh`.
- `rolling_back`: `make rollback`.

`rights.json` has the rights of whoever deploys.
"""
