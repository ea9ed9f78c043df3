"""The one-machine twin: the whole system on loopback, without Docker or an AWS account.

Production has S3, SQS and Lambda, a MySQL server, an Airflow with its metadata database,
and covers on the internet. The twin has a working stand-in for each of them, and keeps
everything it writes in one folder. Nothing in the product imports this package or asks
whether it runs here: only endpoints, credentials and settings differ.

Read `twin` first: it is the order in which things start.

- `__main__`: the command line, which `make` calls.
- `twin`: what starts in which order, and how to reach it.

Processes:

- `supervisor`: starts, watches and stops them.
- `programs`: one process as data and as a section of supervisor's configuration.
- `leftovers`: ends processes that outlived their supervisor.

Services:

- `ministack`: the embedded AWS.
- `provision`: creates its buckets, queues, IAM and function.
- `policies`: the IAM policies of `deploy/policies/` with the twin's names.
- `package`: builds the function's zip for this machine.
- `mysql`: a private MariaDB with the table of covers.
- `covers_table`: that table and its users as SQL.
- `postgres`: Airflow's metadata database.
- `airflow`: Airflow's processes and their environment.
- `connections`: Airflow's connections to AWS and MySQL.
- `airflow_api`: a small client of Airflow's REST API.
- `covers`: the cover server as a service of the twin.
- `cover_server`: serves the sample covers, with latency and faults.

Shared by all of them:

- `folder`: where the twin keeps its files.
- `certificate`: what servers on loopback show to clients that speak TLS.
- `ports`: free loopback ports, remembered from start to start.
- `credentials`: generated passwords and keys.
- `environment`: the environment variables that processes inherit.
- `settings`: the product's settings in the twin.
- `loopback`: a GET to a server of the twin that ignores proxies.
- `errors`: the error that is shown to users of the twin.

Beside the twin:

- `options_page`: draws the pictures of docs/options.md.
"""
