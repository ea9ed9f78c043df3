"""What the operators know about the deployment: the settings and the names of the connections."""

import os

from collage_core.settings import Settings

AWS_CONNECTION = "aws_default"
"""Airflow connection for S3 and SQS; without it, AWS's own credential chain is used."""

COVERS_CONNECTION = "covers_mysql"
"""Airflow connection of the MySQL database that has the covers."""


def read_settings() -> Settings:
    """The settings in this process's environment. Raises SettingError naming a wrong one."""
    return Settings.from_env(os.environ)
