resource "aws_iam_role" "function" {
  name               = local.function
  assume_role_policy = file("${local.policies}/function_trust.json")
}

resource "aws_iam_role_policy" "function" {
  for_each = {
    least-privilege = templatefile("${local.policies}/function.json", local.function_policy_names)
    use-key         = local.use_key_policy
    write-logs      = local.write_logs_policy
  }
  name   = each.key
  role   = aws_iam_role.function.id
  policy = each.value
}

locals {
  # Without the function's own ARN: it would have to exist before its role.
  function_policy_names = {
    input_bucket          = local.buckets.input
    output_bucket         = local.buckets.output
    temp_bucket           = local.buckets.temp
    queue_arn             = aws_sqs_queue.chunks.arn
    dead_letter_queue_arn = aws_sqs_queue.dead_letters.arn
  }

  write_logs_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteItsLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:${var.region}:${local.account}:log-group:${local.function_log_group}:*"]
      },
    ]
  })
}
