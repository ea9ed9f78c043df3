# Each alarm says what to look at. None speaks of what ends well by itself: a worker that stops before
# its time is over and goes on in another message is the rule, not a fault.

locals {
  own_metrics   = local.metrics.METRICS_NAMESPACE
  of_deployment = { Environment = local.metrics.METRICS_ENVIRONMENT }

  of_chunks       = { QueueName = local.chunk_queue }
  of_dead_letters = { QueueName = local.dead_letter_queue }
  of_function     = { FunctionName = local.function }
  five_minutes    = 300
  one_hour        = 3600
  one_day         = 86400

  alarms = merge(local.pipeline_alarms, local.cover_alarms, local.bucket_size_alarms, local.request_alarms)

  pipeline_alarms = {
    dead-letters = {
      about     = "Messages are in the dead-letter queue. `cover_collage_redrive` names what failed and sends it again."
      namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", of = local.of_dead_letters
      statistic = "Maximum", above = 0, period = local.five_minutes
    }
    oldest-message = {
      about     = "A message has waited for long: the function is stuck, throttled or switched off."
      namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", of = local.of_chunks
      statistic = "Maximum", above = local.limits.alarms.oldest_message_seconds, period = local.five_minutes
    }
    failed-messages = {
      about     = "Messages failed. The function's log says why, in lines `Message … failed`."
      namespace = local.own_metrics, metric = "FailedMessages", of = {}
      statistic = "Sum", above = 0, period = local.five_minutes
    }
    errors = {
      about     = "The function crashed, ran out of time or of memory. Its log says which."
      namespace = "AWS/Lambda", metric = "Errors", of = local.of_function
      statistic = "Sum", above = 0, period = local.five_minutes
    }
    throttles = {
      about     = "The account has too few concurrent executions left for the function."
      namespace = "AWS/Lambda", metric = "Throttles", of = local.of_function
      statistic = "Sum", above = 0, period = local.five_minutes
    }
    dropped-events = {
      about     = "Lambda gave up events of uploads. Those that it could send are in the dead-letter queue."
      namespace = "AWS/Lambda", metric = "AsyncEventsDropped", of = local.of_function
      statistic = "Sum", above = 0, period = local.five_minutes
    }
    lost-events = {
      about     = "Lambda could not send an event to the dead-letter queue: housekeeping starts its CSV later."
      namespace = "AWS/Lambda", metric = "DestinationDeliveryFailures", of = local.of_function
      statistic = "Sum", above = 0, period = local.five_minutes
    }
    near-timeout = {
      about     = "A worker did not stop in time to go on in another message."
      namespace = "AWS/Lambda", metric = "Duration", of = local.of_function
      statistic = "Maximum", period = local.five_minutes
      # Milliseconds; ten times the per cent of a second.
      above = local.limits.function.timeout_seconds * local.limits.alarms.duration_percent * 10
    }
  }

  # Of the line that the function prints for each chunk that is done (docs/monitoring.md).
  cover_alarms = {
    failed-covers = {
      about     = "More covers than usual failed. The summary of the run and its page in Airflow say why and what to do."
      namespace = local.own_metrics, metric = "failed", of = local.of_deployment
      statistic = "Sum", above = local.limits.alarms.failed_covers_per_hour, period = local.one_hour
    }
    memory = {
      about     = "A worker has used nearly all of the function's memory: give it more, or fewer downloads at a time."
      namespace = local.own_metrics, metric = "peak_mb", of = local.of_deployment
      statistic = "Maximum", period = local.five_minutes
      above     = local.limits.function.memory_mb * local.limits.alarms.memory_percent / 100
    }
  }

  # S3 measures once a day, and each class of storage by itself.
  bucket_size_alarms = {
    for name, bucket in local.buckets : "${name}-bucket-size" => {
      about     = "Bucket ${bucket} holds more than ${local.limits.alarms.bucket_gb} GB in class Standard: look at its lifecycle."
      namespace = "AWS/S3", metric = "BucketSizeBytes", of = { BucketName = bucket, StorageType = "StandardStorage" }
      statistic = "Average", above = local.limits.alarms.bucket_gb * pow(1000, 3), period = local.one_day
    }
  }

  request_alarms = {
    for pair in setproduct(keys(local.buckets), ["4xxErrors", "5xxErrors"]) :
    "${pair[0]}-bucket-${lower(pair[1])}" => {
      about     = "S3 answers requests to ${local.buckets[pair[0]]} with ${pair[1]}: the access logs name them."
      namespace = "AWS/S3", metric = pair[1], of = { BucketName = local.buckets[pair[0]], FilterId = local.request_filter }
      statistic = "Sum", above = local.limits.alarms.refused_requests, period = local.five_minutes
    } if var.request_metrics
  }
  request_filter = "EntireBucket"
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  for_each            = local.alarms
  alarm_name          = "${var.prefix}cover-collage-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_s3_bucket_metric" "requests" {
  for_each = { for name, bucket in aws_s3_bucket.data : name => bucket if var.request_metrics }
  bucket   = each.value.id
  name     = local.request_filter
}
