"""What the operators know about the deployment: the shared settings and the connections' names."""

import os

from collage_core.settings import Settings

AWS_CONNECTION = "aws_default"
"""Airflow connection for S3 and SQS; without one, AWS's own chain of credentials is used."""

COVERS_CONNECTION = "covers_mysql"
"""Airflow connection of the MySQL database that has the covers."""


def read_settings() -> Settings:
    """The settings in this process's environment. Raises SettingError naming a wrong one."""
    return Settings.from_env(os.environ)
