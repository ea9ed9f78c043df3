# The function prints its metrics where the alarms and the dashboard look for them, whatever is set.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  prefix       = "acme-"
  environment  = "staging"
  function_zip = "environments/example.tfvars"
}

run "by_the_names_of_the_deployment" {
  # As in a copy of deploy/settings.env: empty means the default.
  variables {
    settings = { METRICS_NAMESPACE = "", METRICS_ENVIRONMENT = " " }
  }

  assert {
    condition = (
      aws_lambda_function.worker.environment[0].variables.METRICS_NAMESPACE == "CoverCollage/acme-collage-worker"
      && aws_lambda_function.worker.environment[0].variables.METRICS_ENVIRONMENT == "staging"
    )
    error_message = "The function does not print its metrics under the names of its deployment."
  }
}

run "as_it_is_set" {
  variables {
    settings = { METRICS_NAMESPACE = "Ours", METRICS_ENVIRONMENT = "blue" }
  }

  assert {
    condition = (
      aws_lambda_function.worker.environment[0].variables.METRICS_NAMESPACE == "Ours"
      && aws_lambda_function.worker.environment[0].variables.METRICS_ENVIRONMENT == "blue"
    )
    error_message = "What is set does not reach the function."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.alarms) : alarm.namespace == "Ours" || startswith(alarm.namespace, "AWS/")
      ]) && alltrue([
      for name in ["failed-covers", "memory"] : aws_cloudwatch_metric_alarm.alarms[name].dimensions == tomap({ Environment = "blue" })
    ])
    error_message = "The alarms wait for metrics that the function does not print."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.failed_messages.metric_transformation[0].namespace == "Ours"
    error_message = "Failed messages are counted elsewhere."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.collages.dashboard_body, "[\"Ours\",\"placed\",\"Environment\",\"blue\"") && !strcontains(aws_cloudwatch_dashboard.collages.dashboard_body, "CoverCollage/")
    error_message = "The dashboard shows metrics that the function does not print."
  }
}
