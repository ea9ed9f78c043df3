# A CSV that is dropped into the input bucket calls the version of the function that works.

resource "aws_lambda_permission" "input_bucket" {
  statement_id   = "input-bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.worker.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.data["input"].arn
  source_account = local.account
}

resource "aws_s3_bucket_notification" "input" {
  bucket = aws_s3_bucket.data["input"].id

  dynamic "lambda_function" {
    for_each = local.limits.upload_events.prefixes
    content {
      id                  = trimsuffix(lambda_function.value, "/")
      lambda_function_arn = aws_lambda_alias.live.arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = lambda_function.value
    }
  }

  # S3 asks whether it may call.
  depends_on = [aws_lambda_permission.input_bucket]
}

resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name                = aws_lambda_function.worker.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_retry_attempts       = local.limits.upload_events.maximum_retry_attempts
  maximum_event_age_in_seconds = local.limits.upload_events.maximum_event_age_seconds

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }

  # Lambda refuses a destination that the function may not send to.
  depends_on = [aws_iam_role_policy.function]
}
