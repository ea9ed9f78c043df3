"""The one-machine twin: the whole system on loopback, without Docker or an AWS account.

Production has S3, SQS and Lambda, a MySQL server, an Airflow with its metadata database,
and the internet full of covers. The twin has a stand-in for each that really works, and
keeps everything it writes in one folder. Nothing in the product imports this package, and
nothing there asks whether it runs here: only endpoints, credentials and settings differ.

Read `twin.py` first: it is the order in which things start.
"""
