# One environment. `scripts/setup_infrastructure.sh NAME --prefix …` copies this file: the values below
# work as they are, so uncomment and change what you need, then `make deploy ENV=NAME`.

# In front of every name. Names of buckets are unique in all of AWS.
prefix = "acme-"
region = "us-east-2"

# The tag `Environment` of all parts.
environment = "production"

# Who is told of alarms. Each address gets a mail and has to confirm it.
# alarm_emails = ["on-call@example.com"]

# Any setting of README.md, for the function and Airflow alike.
# settings = {
#   ALLOWED_SOURCE_HOSTS = "covers.example.com"
#   KEEP_COVERS_DAYS     = "40"
# }

# Roles of other accounts that may upload CSVs:
# uploaders = ["arn:aws:iam::111122223333:role/exports"]

# What costs more:
# transfer_acceleration = true
# request_metrics       = true
# data_events           = true

# Airflow in MWAA:
# mwaa = {
#   subnet_ids            = ["subnet-11111111", "subnet-22222222"]
#   security_group_ids    = ["sg-33333333"]
#   connection_secret_arn = "arn:aws:secretsmanager:us-east-2:111122223333:secret:airflow/connections/covers_mysql-AbCdEf"
# }

# A copy of the output bucket in another region:
# replica = {
#   bucket_arn = "arn:aws:s3:::acme-collages-copy"
#   key_arn    = "arn:aws:kms:us-west-2:111122223333:key/11111111-2222-3333-4444-555555555555"
# }
