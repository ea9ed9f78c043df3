resource "aws_iam_role" "mwaa" {
  count = local.with_mwaa
  name  = local.mwaa_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"] }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "mwaa" {
  for_each   = var.mwaa == null ? [] : toset(concat(["airflow", "use-key"], var.allow_forget ? ["forget"] : []))
  role       = aws_iam_role.mwaa[0].name
  policy_arn = aws_iam_policy.airflow[each.value].arn
}

# What MWAA itself needs of the role that it runs Airflow with.
resource "aws_iam_role_policy" "mwaa" {
  count  = local.with_mwaa
  name   = "environment"
  role   = aws_iam_role.mwaa[0].id
  policy = local.mwaa_policy
}

locals {
  mwaa_bucket_arn = "arn:aws:s3:::${local.mwaa_bucket}"

  mwaa_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ReportThatItIsAlive"
          Effect   = "Allow"
          Action   = ["airflow:PublishMetrics"]
          Resource = ["arn:aws:airflow:${var.region}:${local.account}:environment/${local.mwaa_name}"]
        },
        {
          Sid      = "ReadDagsPluginsAndRequirements"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketVersioning"]
          Resource = [local.mwaa_bucket_arn, "${local.mwaa_bucket_arn}/*"]
        },
        {
          # MWAA does not start where it cannot see these.
          Sid      = "SeeThatNothingIsPublic"
          Effect   = "Allow"
          Action   = ["s3:GetAccountPublicAccessBlock", "s3:GetBucketPublicAccessBlock"]
          Resource = ["*"]
        },
        {
          Sid    = "WriteAndShowLogsOfTasks"
          Effect = "Allow"
          Action = [
            "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents",
            "logs:GetLogRecord", "logs:GetLogGroupFields", "logs:GetQueryResults",
          ]
          Resource = ["arn:aws:logs:${var.region}:${local.account}:log-group:airflow-${local.mwaa_name}-*"]
        },
        {
          Sid      = "WriteMetricsAndFindLogs"
          Effect   = "Allow"
          Action   = ["cloudwatch:PutMetricData", "logs:DescribeLogGroups"]
          Resource = ["*"]
        },
        {
          Sid    = "UseTheQueueOfWorkersWhichIsInAnAccountOfAws"
          Effect = "Allow"
          Action = [
            "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
            "sqs:ReceiveMessage", "sqs:SendMessage",
          ]
          Resource = ["arn:aws:sqs:${var.region}:*:airflow-celery-*"]
        },
        {
          Sid         = "UseAwsKeyOfThatQueue"
          Effect      = "Allow"
          Action      = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"]
          NotResource = ["arn:aws:kms:*:${local.account}:key/*"]
          Condition   = { StringLike = { "kms:ViaService" = ["sqs.${var.region}.amazonaws.com"] } }
        },
      ],
      [
        for arn in compact([try(var.mwaa.connection_secret_arn, null)]) : {
          Sid      = "ReadTheConnectionToTheDatabase"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [arn]
        }
      ],
    )
  })
}
