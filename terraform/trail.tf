resource "aws_cloudtrail" "data_events" {
  # checkov:skip=CKV2_AWS_10:who read what is looked up in the bucket of logs; a log group would cost by the GB

  count                         = var.data_events ? 1 : 0
  name                          = local.trail
  s3_bucket_name                = aws_s3_bucket.logs.id
  s3_key_prefix                 = "trail"
  enable_log_file_validation    = true
  include_global_service_events = false

  event_selector {
    include_management_events = false

    data_resource {
      type   = "AWS::S3::Object"
      values = [for bucket in aws_s3_bucket.data : "${bucket.arn}/"]
    }
  }

  depends_on = [aws_s3_bucket_policy.logs]
}
