resource "aws_s3_bucket" "mwaa" {
  # checkov:skip=CKV2_AWS_62:an apply rolls its files out
  # checkov:skip=CKV_AWS_144:Terraform writes all that is in it

  count         = local.with_mwaa
  bucket        = local.mwaa_bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_versioning" "mwaa" {
  count  = local.with_mwaa
  bucket = aws_s3_bucket.mwaa[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "mwaa" {
  count  = local.with_mwaa
  bucket = aws_s3_bucket.mwaa[0].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "mwaa" {
  count                   = local.with_mwaa
  bucket                  = aws_s3_bucket.mwaa[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "mwaa" {
  count  = local.with_mwaa
  bucket = aws_s3_bucket.mwaa[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "mwaa" {
  count         = local.with_mwaa
  bucket        = aws_s3_bucket.mwaa[0].id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/mwaa/"

  target_object_key_format {
    partitioned_prefix {
      partition_date_source = "EventTime"
    }
  }

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_lifecycle_configuration" "mwaa" {
  count  = local.with_mwaa
  bucket = aws_s3_bucket.mwaa[0].id

  rule {
    id     = "remove-old-versions"
    status = "Enabled"
    filter {
      prefix = ""
    }
    # Not the version that the environment runs with: that one is the newest until an apply.
    noncurrent_version_expiration {
      noncurrent_days = local.limits.retention.old_versions_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = local.limits.buckets.temp.abort_uploads_after_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.mwaa]
}

resource "aws_s3_bucket_policy" "mwaa" {
  count  = local.with_mwaa
  bucket = aws_s3_bucket.mwaa[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.mwaa[0].arn, "${aws_s3_bucket.mwaa[0].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.mwaa]
}
