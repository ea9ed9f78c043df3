# The rights of Airflow, as managed policies: for the environment of mwaa.tf, or any Airflow of yours.

resource "aws_iam_policy" "airflow" {
  for_each = {
    airflow = templatefile("${local.policies}/airflow.json", merge(local.function_policy_names, {
      function_arn = aws_lambda_alias.live.arn
    }))
    forget  = templatefile("${local.policies}/forget.json", local.function_policy_names)
    use-key = local.use_key_policy
  }
  name   = "${var.prefix}cover-collage-${each.key}"
  policy = each.value
}
