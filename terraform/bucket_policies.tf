# What is refused whoever asks. Rights are given to roles alone: see roles of the function and Airflow.
# Only other accounts, whose roles have no policy here, may be let in to upload CSVs.

resource "aws_s3_bucket_policy" "data" {
  for_each = aws_s3_bucket.data
  bucket   = each.value.id
  policy   = local.bucket_policies[each.key]

  # Both change what S3 takes as a public policy.
  depends_on = [aws_s3_bucket_public_access_block.data]
}

locals {
  bucket_policies = {
    for name, bucket in local.buckets : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat([
        {
          Sid       = "DenyWithoutTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::${bucket}", "arn:aws:s3:::${bucket}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          # Without a header S3 takes the bucket's own key, so a request without one is welcome. The
          # negated comparison holds for a request that names no key: it refuses AES256 and `aws:kms`
          # with AWS's own key, too.
          Sid       = "DenyAnotherEncryption"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = ["arn:aws:s3:::${bucket}/*"]
          Condition = {
            Null            = { "s3:x-amz-server-side-encryption" = "false" }
            StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.data.arn }
          }
        },
        ], [
        for uploaders in [sort(var.uploaders)] : {
          Sid       = "TakeCsvsOfOtherAccounts"
          Effect    = "Allow"
          Principal = { AWS = uploaders }
          Action    = ["s3:PutObject", "s3:AbortMultipartUpload"]
          Resource  = [for folder in ["csv-files", "manual-uploads"] : "arn:aws:s3:::${bucket}/${folder}/*"]
        } if name == "input" && length(uploaders) > 0
      ])
    })
  }
}
