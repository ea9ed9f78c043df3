# The numbers and names that the other files use. What can be read from deploy/ is read from there.

locals {
  deploy = "${path.module}/../deploy"
  limits = jsondecode(file("${local.deploy}/limits.json"))

  known_settings = [
    for line in split("\n", file("${local.deploy}/settings.env")) : split("=", line)[0] if can(regex("^[A-Z_]+=", line))
  ]

  policies = "${local.deploy}/policies"

  buckets = {
    input  = "${var.prefix}tiktok-image-input"
    output = "${var.prefix}tiktok-image-output"
    temp   = "${var.prefix}tiktok-image-temp"
  }
  logs_bucket = "${var.prefix}tiktok-image-logs"
  mwaa_bucket = "${var.prefix}tiktok-image-mwaa"

  chunk_queue       = "${var.prefix}collage-chunks"
  dead_letter_queue = "${var.prefix}collage-chunks-dlq"
  function          = "${var.prefix}collage-worker"
  live              = "live"

  account = data.aws_caller_identity.current.account_id

  # The function's name is in the namespace, so that two deployments of one account never add up. An
  # empty value in `settings` means the default, as everywhere: here it is the one below.
  metrics = merge({
    METRICS_NAMESPACE   = "CoverCollage/${local.function}"
    METRICS_ENVIRONMENT = var.environment
  }, { for name, value in var.settings : name => value if startswith(name, "METRICS_") && trimspace(value) != "" })

  # They may hold secrets, which plans and outputs of deployments must not show.
  secret_settings = {
    for name, value in var.settings : name => sensitive(value) if name == "REQUEST_HEADERS"
  }

  # What the function and Airflow must agree on, and the metrics that alarms and dashboard read.
  settings = merge(var.settings, local.secret_settings, local.metrics, {
    INPUT_BUCKET         = local.buckets.input
    OUTPUT_BUCKET        = local.buckets.output
    TEMP_BUCKET          = local.buckets.temp
    CHUNK_QUEUE_URL      = aws_sqs_queue.chunks.url
    FUNCTION_CONCURRENCY = tostring(local.limits.queue_mapping.maximum_concurrency)
  })

  # Airflow asks and invokes the version that works.
  airflow_settings = merge(local.settings, {
    FUNCTION_NAME = "${local.function}:${local.live}"
  })
}
