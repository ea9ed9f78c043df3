# What AWS would answer, with names of its own form.

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}
mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:us-east-2:111122223333:key/ours" }
}
mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/some" }
}
mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::111122223333:policy/some" }
}
mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:us-east-2:111122223333:some", url = "https://sqs.us-east-2.amazonaws.com/111122223333/some" }
}
mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-2:111122223333:some" }
}
mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::some" }
}
mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:us-east-2:111122223333:function:acme-collage-worker", version = "7" }
}
mock_resource "aws_lambda_invocation" {
  defaults = { result = "{\"ok\": true}" }
}
mock_resource "aws_lambda_alias" {
  defaults = { arn = "arn:aws:lambda:us-east-2:111122223333:function:acme-collage-worker:live" }
}
