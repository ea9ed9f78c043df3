# One key encrypts the buckets, the logs, the function's settings and the alarms' topic.

resource "aws_kms_key" "data" {
  description             = "Cover collages of ${var.environment}: buckets, logs, settings, alarms"
  enable_key_rotation     = true
  deletion_window_in_days = var.force_destroy ? 7 : local.limits.retention.deleted_key_days
  policy                  = local.key_policy
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.prefix}cover-collage"
  target_key_id = aws_kms_key.data.key_id
}

locals {
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "LetPoliciesOfThisAccountGiveRights"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${local.account}:log-group:*" }
        }
      },
      {
        Sid       = "LetAlarmsSpeak"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      ], [
      for uploaders in [sort(var.uploaders)] : {
        # Decrypt is for uploads in parts. They may use the key through S3 alone.
        Sid       = "EncryptCsvsOfOtherAccounts"
        Effect    = "Allow"
        Principal = { AWS = uploaders }
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      } if length(uploaders) > 0
    ])
  })

  # Whoever reads and writes the buckets needs it. With bucket keys, S3 asks once for many objects.
  use_key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadAndWriteWhatTheKeyEncrypts"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.data.arn]
      },
    ]
  })
}
