# Access logs of the buckets, and CloudTrail's. S3 delivers access logs only where its own key encrypts.

resource "aws_s3_bucket" "logs" {
  # checkov:skip=CKV_AWS_145:S3 delivers access logs only where its own key encrypts
  # checkov:skip=CKV2_AWS_62:nobody waits for a log
  # checkov:skip=CKV_AWS_144:logs are no data of the product

  bucket        = local.logs_bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"
    filter {
      prefix = ""
    }
    expiration {
      days = local.limits.retention.access_logs_days
    }
    noncurrent_version_expiration {
      noncurrent_days = local.limits.retention.old_versions_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = local.limits.buckets.temp.abort_uploads_after_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket     = aws_s3_bucket.logs.id
  policy     = local.logs_bucket_policy
  depends_on = [aws_s3_bucket_public_access_block.logs]
}

locals {
  logged_buckets = concat(values(local.buckets), var.mwaa == null ? [] : [local.mwaa_bucket])

  trail     = "${var.prefix}cover-collage"
  trail_arn = "arn:aws:cloudtrail:${var.region}:${local.account}:trail/${local.trail}"

  logs_bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "DenyWithoutTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::${local.logs_bucket}", "arn:aws:s3:::${local.logs_bucket}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "TakeAccessLogsOfTheBuckets"
          Effect    = "Allow"
          Principal = { Service = "logging.s3.amazonaws.com" }
          Action    = "s3:PutObject"
          Resource  = "arn:aws:s3:::${local.logs_bucket}/access/*"
          Condition = {
            ArnLike      = { "aws:SourceArn" = [for bucket in local.logged_buckets : "arn:aws:s3:::${bucket}"] }
            StringEquals = { "aws:SourceAccount" = local.account }
          }
        },
      ],
      [
        for statement in [
          {
            Sid       = "LetTheTrailLook"
            Effect    = "Allow"
            Principal = { Service = "cloudtrail.amazonaws.com" }
            Action    = "s3:GetBucketAcl"
            Resource  = "arn:aws:s3:::${local.logs_bucket}"
            Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
          },
          {
            Sid       = "TakeTheTrailsLogs"
            Effect    = "Allow"
            Principal = { Service = "cloudtrail.amazonaws.com" }
            Action    = "s3:PutObject"
            Resource  = "arn:aws:s3:::${local.logs_bucket}/trail/AWSLogs/${local.account}/*"
            Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
          },
        ] : statement if var.data_events
      ],
    )
  })
}
