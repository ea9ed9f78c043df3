"""The one-machine twin: the whole system on loopback, without Docker or an AWS account.

Production has S3, SQS and Lambda, a MySQL server, an Airflow with its metadata database,
and covers all over the internet. The twin has a working substitute for each of them, and
keeps everything it writes in one folder. The product does not import this package and does
not check whether it runs in the twin: only endpoints, credentials and settings differ.

Read `twin.py` first: it has the order in which things start.
"""
