# The three buckets of the product. Their policies, lifecycles and events have files of their own.

resource "aws_s3_bucket" "data" {
  # checkov:skip=CKV2_AWS_62:only uploads to the input bucket are anybody's business
  # checkov:skip=CKV_AWS_144:the variable replica gives the output bucket a copy; CSVs and temp objects come from elsewhere

  for_each      = local.buckets
  bucket        = each.value
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_versioning" "data" {
  # Not temp: what is there can be made again, and old versions would only cost money.
  for_each = { for name, bucket in aws_s3_bucket.data : name => bucket if name != "temp" }
  bucket   = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  for_each = aws_s3_bucket.data
  bucket   = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  for_each                = aws_s3_bucket.data
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "data" {
  for_each = aws_s3_bucket.data
  bucket   = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "data" {
  for_each      = aws_s3_bucket.data
  bucket        = each.value.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/${each.key}/"

  target_object_key_format {
    partitioned_prefix {
      partition_date_source = "EventTime"
    }
  }

  # S3 asks whether it may write there.
  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_accelerate_configuration" "input" {
  count  = var.transfer_acceleration ? 1 : 0
  bucket = aws_s3_bucket.data["input"].id
  status = "Enabled"
}
