# The environment takes the version of each file that it is told, so a changed file is rolled out by the
# apply that uploads it. DAG files are read again without that. Nothing is uploaded of a release whose
# function does not answer.

locals {
  with_mwaa = var.mwaa == null ? 0 : 1
  mwaa_name = "${var.prefix}cover-collage"
  dags      = "${path.module}/../dags"

  mwaa_files = {
    plugins      = "plugins.zip"
    requirements = "requirements.txt"
  }

  # The settings that Terraform knows, and not those of `make package-mwaa`: so both sides agree.
  startup_script = join("", concat(
    ["#!/usr/bin/env bash\n# Written by Terraform: change its variable `settings`.\n"],
    [for name, value in local.airflow_settings : "export ${name}='${replace(value, "'", "'\"'\"'")}'\n"],
  ))
}

resource "aws_s3_object" "dags" {
  for_each    = var.mwaa == null ? [] : fileset(local.dags, "**/*.py")
  bucket      = aws_s3_bucket.mwaa[0].id
  key         = "dags/${each.value}"
  source      = "${local.dags}/${each.value}"
  source_hash = filemd5("${local.dags}/${each.value}")
  depends_on  = [aws_s3_bucket_versioning.mwaa, aws_s3_bucket_server_side_encryption_configuration.mwaa, aws_lambda_invocation.self_check]
}

resource "aws_s3_object" "mwaa" {
  for_each    = var.mwaa == null ? {} : local.mwaa_files
  bucket      = aws_s3_bucket.mwaa[0].id
  key         = each.value
  source      = "${var.mwaa.files}/${each.value}"
  source_hash = filemd5("${var.mwaa.files}/${each.value}")
  depends_on  = [aws_s3_bucket_versioning.mwaa, aws_s3_bucket_server_side_encryption_configuration.mwaa, aws_lambda_invocation.self_check]
}

resource "aws_s3_object" "startup" {
  count      = local.with_mwaa
  bucket     = aws_s3_bucket.mwaa[0].id
  key        = "startup.sh"
  content    = local.startup_script
  depends_on = [aws_s3_bucket_versioning.mwaa, aws_s3_bucket_server_side_encryption_configuration.mwaa, aws_lambda_invocation.self_check]
}

resource "aws_mwaa_environment" "airflow" {
  count                 = local.with_mwaa
  name                  = local.mwaa_name
  airflow_version       = var.mwaa.airflow_version
  environment_class     = var.mwaa.environment_class
  max_workers           = var.mwaa.max_workers
  webserver_access_mode = var.mwaa.webserver_access
  execution_role_arn    = aws_iam_role.mwaa[0].arn

  source_bucket_arn                = aws_s3_bucket.mwaa[0].arn
  dag_s3_path                      = "dags/"
  plugins_s3_path                  = aws_s3_object.mwaa["plugins"].key
  plugins_s3_object_version        = aws_s3_object.mwaa["plugins"].version_id
  requirements_s3_path             = aws_s3_object.mwaa["requirements"].key
  requirements_s3_object_version   = aws_s3_object.mwaa["requirements"].version_id
  startup_script_s3_path           = aws_s3_object.startup[0].key
  startup_script_s3_object_version = aws_s3_object.startup[0].version_id

  airflow_configuration_options = var.mwaa.airflow_options

  network_configuration {
    subnet_ids         = var.mwaa.subnet_ids
    security_group_ids = var.mwaa.security_group_ids
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = "WARNING"
    }
    scheduler_logs {
      enabled   = true
      log_level = "INFO"
    }
    task_logs {
      enabled   = true
      log_level = "INFO"
    }
    webserver_logs {
      enabled   = true
      log_level = "WARNING"
    }
    worker_logs {
      enabled   = true
      log_level = "INFO"
    }
  }

  depends_on = [aws_iam_role_policy.mwaa, aws_iam_role_policy_attachment.mwaa, aws_s3_object.dags]
}
