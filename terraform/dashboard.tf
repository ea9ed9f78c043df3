# One row for each question: is it running, is it stuck, what fails, what does it cost.

locals {
  # Of the line that the function prints for each chunk that is done.
  of_covers = {
    for name, stat in { placed = "Sum", failed = "Sum", rejected = "Sum", kept = "Sum", collages = "Sum", seconds = "Average", peak_mb = "Maximum" } :
    name => [local.own_metrics, name, "Environment", local.of_deployment.Environment, { stat = stat }]
  }

  of_lambda = {
    for name, stat in {
      Invocations = "Sum", ConcurrentExecutions = "Maximum", Duration = "Maximum"
      Errors      = "Sum", Throttles = "Sum", AsyncEventsDropped = "Sum", DestinationDeliveryFailures = "Sum"
    } :
    name => ["AWS/Lambda", name, "FunctionName", local.function, { stat = stat }]
  }

  of_queue = {
    for name, stat in {
      ApproximateNumberOfMessagesVisible = "Maximum", ApproximateNumberOfMessagesNotVisible = "Maximum", ApproximateAgeOfOldestMessage = "Maximum"
      NumberOfMessagesSent               = "Sum", NumberOfMessagesReceived = "Sum", NumberOfMessagesDeleted = "Sum", NumberOfEmptyReceives = "Sum"
    } :
    name => ["AWS/SQS", name, "QueueName", local.chunk_queue, { stat = stat }]
  }

  # As CloudWatch calls the classes of lifecycles.tf.
  colder_classes = ["StandardIAStorage", "GlacierInstantRetrievalStorage"]

  rows = [
    [
      {
        title   = "Is it running: workers, chunks per five minutes"
        metrics = [local.of_lambda.ConcurrentExecutions, local.of_lambda.Invocations]
      },
      {
        title   = "Is it running: collages per hour"
        metrics = [local.of_covers.collages]
        period  = local.one_hour
      },
      {
        title   = "Is it running: covers per hour, placed and found among kept ones"
        metrics = [local.of_covers.placed, local.of_covers.kept]
        period  = local.one_hour
      },
    ],
    [
      {
        title   = "Is it stuck: chunks that wait, and chunks at work"
        metrics = [local.of_queue.ApproximateNumberOfMessagesVisible, local.of_queue.ApproximateNumberOfMessagesNotVisible]
      },
      {
        title   = "Is it stuck: seconds that the oldest chunk waits"
        metrics = [local.of_queue.ApproximateAgeOfOldestMessage]
        limit   = { label = "alarm", value = local.limits.alarms.oldest_message_seconds }
      },
      {
        title   = "Is it stuck: seconds of a chunk on average, of all its invocations"
        metrics = [local.of_covers.seconds]
      },
    ],
    [
      {
        title   = "What fails: covers per hour, rows that were rejected"
        metrics = [local.of_covers.failed, local.of_covers.rejected]
        period  = local.one_hour
        limit   = { label = "alarm", value = local.limits.alarms.failed_covers_per_hour }
      },
      {
        title = "What fails: messages, tries and those that were given up"
        metrics = [
          [local.own_metrics, "FailedMessages", { stat = "Sum" }],
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.dead_letter_queue, { stat = "Maximum" }],
        ]
      },
      {
        title = "What fails: invocations and events"
        metrics = [
          local.of_lambda.Errors, local.of_lambda.Throttles, local.of_lambda.AsyncEventsDropped, local.of_lambda.DestinationDeliveryFailures,
        ]
      },
    ],
    [
      {
        title   = "What fails soon: milliseconds of the longest invocation"
        metrics = [local.of_lambda.Duration]
        limit   = { label = "timeout", value = local.limits.function.timeout_seconds * 1000 }
      },
      {
        title   = "What fails soon: MB of the largest worker"
        metrics = [local.of_covers.peak_mb]
        limit   = { label = "memory of the function", value = local.limits.function.memory_mb }
      },
    ],
    [
      {
        title = "What does it cost: GB-seconds of Lambda per hour, without cold starts"
        metrics = [
          ["AWS/Lambda", "Duration", "FunctionName", local.function, { stat = "Sum", id = "milliseconds", visible = false }],
          [{ expression = "milliseconds / 1000 * ${local.limits.function.memory_mb} / 1024", label = "GB-seconds" }],
        ]
        period = local.one_hour
      },
      {
        title = "What does it cost: requests to the queue per hour"
        metrics = [
          local.of_queue.NumberOfMessagesSent, local.of_queue.NumberOfMessagesReceived, local.of_queue.NumberOfMessagesDeleted, local.of_queue.NumberOfEmptyReceives,
        ]
        period = local.one_hour
      },
      {
        title = "What does it cost: bytes in the buckets, by class"
        metrics = [
          for pair in concat(setproduct(["input", "output", "temp"], ["StandardStorage"]), setproduct(["input", "output"], local.colder_classes)) :
          ["AWS/S3", "BucketSizeBytes", "BucketName", local.buckets[pair[0]], "StorageType", pair[1], { stat = "Average" }]
        ]
        period = local.one_day
      },
      {
        title = "What does it cost: objects in the buckets"
        metrics = [
          for bucket in values(local.buckets) :
          ["AWS/S3", "NumberOfObjects", "BucketName", bucket, "StorageType", "AllStorageTypes", { stat = "Average" }]
        ]
        period = local.one_day
      },
    ],
  ]

  about_dashboard = join(" ", [
    "**${var.prefix}cover-collage, ${local.of_deployment.Environment}.** A run is judged by its books, on its page in Airflow.",
    "What each metric means, and which search says more: `docs/monitoring.md`. What a month costs: `docs/costs.md`.",
  ])
}

resource "aws_cloudwatch_dashboard" "collages" {
  dashboard_name = "${var.prefix}cover-collage"

  dashboard_body = jsonencode({
    widgets = concat(
      [{ type = "text", x = 0, y = 0, width = 24, height = 2, properties = { markdown = local.about_dashboard, background = "transparent" } }],
      flatten([
        for number, row in local.rows : [
          for place, chart in row : {
            type   = "metric"
            x      = floor(24 / length(row)) * place
            y      = 2 + 6 * number
            width  = floor(24 / length(row))
            height = 6
            properties = {
              title       = chart.title
              region      = var.region
              period      = try(chart.period, local.five_minutes)
              view        = "timeSeries"
              metrics     = chart.metrics
              annotations = { horizontal = [for limit in [try(chart.limit, null)] : limit if limit != null] }
              yAxis       = { left = { min = 0 } }
            }
          }
        ]
      ]),
    )
  })
}
