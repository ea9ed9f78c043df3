output "buckets" {
  description = "The names of the buckets: input, output and temp."
  value       = local.buckets
}

output "chunk_queue_url" {
  description = "The setting CHUNK_QUEUE_URL."
  value       = aws_sqs_queue.chunks.url
}

output "function" {
  description = "The function, the version that was published last, and the alias by which it is called."
  value = {
    name      = aws_lambda_function.worker.function_name
    published = aws_lambda_function.worker.version
    live_arn  = aws_lambda_alias.live.arn
  }
}

output "airflow_settings" {
  description = "The product's settings for Airflow, by their names."
  value       = local.airflow_settings
  sensitive   = true # `terraform output airflow_settings` shows them all the same
}

output "airflow_policy_arns" {
  description = "Policies for the role of an Airflow: `airflow` and `use-key`, and `forget` for as long as somebody is to be forgotten."
  value       = { for name, policy in aws_iam_policy.airflow : name => policy.arn }
}

output "alarms_topic_arn" {
  description = "Where alarms go."
  value       = aws_sns_topic.alarms.arn
}

output "key_arn" {
  description = "The key of all that is kept."
  value       = aws_kms_key.data.arn
}

output "airflow_url" {
  description = "Airflow's pages, if this made an environment of MWAA."
  value       = try(aws_mwaa_environment.airflow[0].webserver_url, null)
}
