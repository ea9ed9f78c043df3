locals {
  function_log_group = "/aws/lambda/${local.function}"
}

resource "aws_cloudwatch_log_group" "function" {
  name              = local.function_log_group
  retention_in_days = local.limits.retention.log_group_days
  kms_key_id        = aws_kms_key.data.arn
}

# The function answers that a message failed, so Lambda counts no error: the line is the only sign. The
# colon leaves out the line that names a folder `failed/` when a message is given up (docs/monitoring.md).
resource "aws_cloudwatch_log_metric_filter" "failed_messages" {
  name           = "${var.prefix}failed-messages"
  log_group_name = aws_cloudwatch_log_group.function.name
  pattern        = "\"Message\" \"failed:\""

  metric_transformation {
    namespace = local.own_metrics
    name      = "FailedMessages"
    value     = "1"
  }
}
