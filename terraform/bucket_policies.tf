# What is refused whoever asks. Rights are given to roles alone: see roles of the function and Airflow.

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
      Statement = [
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
      ]
    })
  }
}
