# One row for each question: is it running, is it stuck, what fails, what does it cost.

locals {
  widgets = [
    {
      title = "Is it running: invocations and workers at once"
      metrics = [
        ["AWS/Lambda", "Invocations", "FunctionName", local.function, { stat = "Sum" }],
        ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", local.function, { stat = "Maximum" }],
      ]
    },
    {
      title = "Is it running: seconds of a worker"
      metrics = [
        ["AWS/Lambda", "Duration", "FunctionName", local.function, { stat = "Average" }],
        ["AWS/Lambda", "Duration", "FunctionName", local.function, { stat = "Maximum" }],
      ]
    },
    {
      title = "Is it stuck: messages that wait and are worked on"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.chunk_queue, { stat = "Maximum" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", local.chunk_queue, { stat = "Maximum" }],
      ]
    },
    {
      title   = "Is it stuck: seconds that the oldest message waits"
      metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", local.chunk_queue, { stat = "Maximum" }]]
    },
    {
      title = "What fails: messages"
      metrics = [
        [local.own_metrics, "FailedMessages", { stat = "Sum" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.dead_letter_queue, { stat = "Maximum" }],
      ]
    },
    {
      title = "What fails: invocations and events"
      metrics = [
        for metric in ["Errors", "Throttles", "AsyncEventsDropped", "DestinationDeliveryFailures"] :
        ["AWS/Lambda", metric, "FunctionName", local.function, { stat = "Sum" }]
      ]
    },
    {
      title   = "What does it cost: milliseconds of all workers"
      metrics = [["AWS/Lambda", "Duration", "FunctionName", local.function, { stat = "Sum" }]]
    },
    {
      title = "What does it cost: bytes in the buckets"
      metrics = [
        for bucket in values(local.buckets) :
        ["AWS/S3", "BucketSizeBytes", "BucketName", bucket, "StorageType", "StandardStorage", { stat = "Average", period = local.one_day }]
      ]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "collages" {
  dashboard_name = "${var.prefix}cover-collage"

  dashboard_body = jsonencode({
    widgets = [
      for number, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (number % 2)
        y      = 6 * floor(number / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = var.region
          period  = local.five_minutes
          view    = "timeSeries"
          metrics = widget.metrics
        }
      }
    ]
  })
}
