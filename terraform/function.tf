resource "aws_lambda_function" "worker" {
  # checkov:skip=CKV_AWS_116:SQS has a dead-letter queue, and events that fail go there by upload_events.tf
  # checkov:skip=CKV_AWS_117:it fetches covers from the internet and reaches AWS by TLS and its role
  # checkov:skip=CKV_AWS_115:the mapping limits it; with reserved concurrency, throttled messages would count as received
  # checkov:skip=CKV_AWS_272:signing needs a profile of the account; the alias shows what was published
  # checkov:skip=CKV_AWS_50:its log says for each chunk what was done and how long it took

  function_name    = local.function
  description      = "Makes collages of one chunk of covers"
  role             = aws_iam_role.function.arn
  filename         = var.function_zip
  source_code_hash = filebase64sha256(var.function_zip)
  runtime          = local.limits.function.runtime
  handler          = local.limits.function.handler
  architectures    = [local.limits.function.architecture]
  timeout          = local.limits.function.timeout_seconds
  memory_size      = local.limits.function.memory_mb
  kms_key_arn      = aws_kms_key.data.arn
  publish          = true

  environment {
    variables = local.settings
  }

  # Lambda makes a group that keeps its logs for ever when it finds none.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

# A published version is asked before anything calls it: on a first deployment, too, nothing is called
# that does not work. It answers when it reaches all that is named below (docs/contracts.md).
resource "aws_lambda_invocation" "self_check" {
  function_name = aws_lambda_function.worker.function_name
  qualifier     = aws_lambda_function.worker.version
  input         = "{}"
  triggers      = { version = aws_lambda_function.worker.version }

  lifecycle {
    postcondition {
      condition     = try(jsondecode(self.result).ok, false)
      error_message = "Version ${self.qualifier} of ${self.function_name} does not work: ${try(join("; ", [for line in concat(values(jsondecode(self.result).buckets), [jsondecode(self.result).queue]) : line if line != "reachable"]), self.result)}. Fix that, then run `make deploy`. It asks this version again; `terraform apply` does so with -replace=aws_lambda_invocation.self_check."
    }
  }

  depends_on = [
    aws_iam_role_policy.function,
    aws_s3_bucket_policy.data,
    aws_s3_bucket_public_access_block.data,
    aws_s3_bucket_server_side_encryption_configuration.data,
    aws_sqs_queue_policy.tls,
  ]
}

# What works: SQS, S3 and Airflow all call it, so moving it is the whole of a release. It is made for the
# first version and then moved by `make deploy` and `make rollback`: an apply undoes neither.
resource "aws_lambda_alias" "live" {
  name             = local.live
  description      = "The version that works"
  function_name    = aws_lambda_function.worker.function_name
  function_version = aws_lambda_function.worker.version

  lifecycle {
    ignore_changes = [function_version]
  }

  depends_on = [aws_lambda_invocation.self_check]
}

# A chunk continues by a message to the function's own queue (docs/adr/0003).
resource "aws_lambda_function_recursion_config" "worker" {
  function_name  = aws_lambda_function.worker.function_name
  recursive_loop = local.limits.function.recursive_loop
}

resource "aws_lambda_event_source_mapping" "chunks" {
  event_source_arn        = aws_sqs_queue.chunks.arn
  function_name           = aws_lambda_alias.live.arn
  batch_size              = local.limits.queue_mapping.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.limits.queue_mapping.maximum_concurrency
  }

  # Lambda refuses a queue that the function may not read.
  depends_on = [aws_iam_role_policy.function]
}
