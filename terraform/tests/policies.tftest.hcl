# The text of every policy, made with names of AWS's own form and without AWS. What they let through and
# refuse is asked of the embedded AWS in tests/terraform.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  prefix       = "acme-"
  function_zip = "environments/example.tfvars"
}

run "without_options" {
  assert {
    condition = alltrue([
      for policy in values(aws_s3_bucket_policy.data) : [for statement in jsondecode(policy.policy).Statement : statement.Effect] == ["Deny", "Deny"]
    ])
    error_message = "A policy of a bucket gives rights: they belong to roles."
  }

  assert {
    condition = alltrue([
      for policy in values(aws_s3_bucket_policy.data) : jsondecode(policy.policy).Statement[1].Condition == {
        Null            = { "s3:x-amz-server-side-encryption" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "arn:aws:kms:us-east-2:111122223333:key/ours" }
      }
    ])
    error_message = "The buckets must refuse every encryption but that of our key, and only what asks for one."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_s3_bucket_policy.data), [aws_s3_bucket_policy.logs], values(aws_sqs_queue_policy.tls), [aws_sns_topic_policy.alarms]) :
      jsondecode(policy.policy).Statement[0].Effect == "Deny"
      && jsondecode(policy.policy).Statement[0].Principal == "*"
      && contains(["s3:*", "sqs:*", "sns:Publish"], jsondecode(policy.policy).Statement[0].Action)
      && jsondecode(policy.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } }
    ])
    error_message = "A bucket, a queue or the topic may be reached without TLS."
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : statement.Sid] == ["DenyWithoutTls", "TakeAccessLogsOfTheBuckets"]
    error_message = "The bucket of logs takes more than access logs, or none."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[1].Condition == {
      ArnLike      = { "aws:SourceArn" = ["arn:aws:s3:::acme-tiktok-image-input", "arn:aws:s3:::acme-tiktok-image-output", "arn:aws:s3:::acme-tiktok-image-temp"] }
      StringEquals = { "aws:SourceAccount" = "111122223333" }
    }
    error_message = "Other buckets may write access logs into ours, or ours may not."
  }

  assert {
    condition     = aws_iam_role.function.assume_role_policy == file("../deploy/policies/function_trust.json")
    error_message = "Somebody else than deploy/policies says who is the function."
  }

  assert {
    condition = toset(flatten([
      for policy in values(aws_iam_role_policy.function) : [for statement in jsondecode(policy.policy).Statement : statement.Action]
      ])) == toset(concat(
      flatten([for statement in jsondecode(file("../deploy/policies/function.json")).Statement : statement.Action]),
      ["kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents"],
    ))
    error_message = "The function may do something else than deploy/policies says, and write its log and use the key."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function["use-key"].policy).Statement[0].Resource == ["arn:aws:kms:us-east-2:111122223333:key/ours"]
    error_message = "The function may use another key than ours."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.airflow["airflow"].policy).Statement : statement.Resource if contains(statement.Action, "lambda:InvokeFunction")
    ] == [["arn:aws:lambda:us-east-2:111122223333:function:acme-collage-worker:live"]]
    error_message = "Airflow must invoke the version that works, and no other."
  }

  # The account's own policies give all other rights to it. CloudWatch Logs encrypts each group in its own
  # name ("Encrypt log data in CloudWatch Logs using KMS"), and CloudWatch what it sends to the topic.
  assert {
    condition = {
      for statement in jsondecode(aws_kms_key.data.policy).Statement : statement.Sid => [statement.Effect, statement.Principal, statement.Action, try(statement.Condition, null)]
      } == {
      LetPoliciesOfThisAccountGiveRights = ["Allow", { AWS = "arn:aws:iam::111122223333:root" }, "kms:*", null]
      EncryptLogs = [
        "Allow", { Service = "logs.us-east-2.amazonaws.com" }, ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-2:111122223333:log-group:*" } },
      ]
      LetAlarmsSpeak = [
        "Allow", { Service = "cloudwatch.amazonaws.com" }, ["kms:Decrypt", "kms:GenerateDataKey*"],
        { StringEquals = { "aws:SourceAccount" = "111122223333" } },
      ]
    }
    error_message = "The key may be used by others than this account, its logs and its alarms, or not by these."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function["use-key"].policy).Statement : statement.Action] == [["kms:Decrypt", "kms:GenerateDataKey"]]
    error_message = "The function may do more with the key than S3 asks for in its name."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["write-logs"].policy).Statement : [statement.Action, statement.Resource]] == [
      [["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:us-east-2:111122223333:log-group:/aws/lambda/acme-collage-worker:*"]]
    ]
    error_message = "The function may write other logs than its own, or not its own."
  }

  assert {
    condition     = aws_lambda_permission.input_bucket.source_arn != null && aws_lambda_permission.input_bucket.source_account == "111122223333"
    error_message = "Buckets of other accounts may call the function."
  }

  assert {
    condition     = length(aws_mwaa_environment.airflow) + length(aws_cloudtrail.data_events) + length(aws_s3_bucket_metric.requests) + length(aws_s3_bucket_accelerate_configuration.input) + length(aws_s3_bucket_replication_configuration.output) == 0
    error_message = "Something that costs more was made without being asked for."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7"
    error_message = "The alias does not show the version that was published."
  }

  assert {
    condition     = alltrue([for bucket in values(aws_s3_bucket.data) : !bucket.force_destroy])
    error_message = "`destroy` would delete what is in the buckets."
  }
}

run "with_all_options" {
  variables {
    data_events           = true
    request_metrics       = true
    transfer_acceleration = true
    alarm_emails          = ["on-call@example.com"]
    settings              = { KEEP_COVERS_DAYS = "12", REQUEST_HEADERS = "it's s3cret" }
    allow_forget          = true
    uploaders             = ["arn:aws:iam::444455556666:role/exports"]
    replica               = { bucket_arn = "arn:aws:s3:::copy", key_arn = "arn:aws:kms:us-west-2:111122223333:key/theirs" }
    mwaa = {
      subnet_ids            = ["subnet-11111111", "subnet-22222222"]
      security_group_ids    = ["sg-33333333"]
      files                 = "tests/mwaa"
      connection_secret_arn = "arn:aws:secretsmanager:us-east-2:111122223333:secret:covers_mysql"
    }
  }

  assert {
    condition     = length([for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : statement if try(statement.Principal.Service, "") == "cloudtrail.amazonaws.com" && statement.Condition == { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:us-east-2:111122223333:trail/acme-cover-collage" } }]) == 2
    error_message = "The bucket of logs must take the logs of our trail, and of no other."
  }

  assert {
    condition = {
      for name, policy in aws_s3_bucket_policy.data : name => [
        for statement in jsondecode(policy.policy).Statement : [statement.Principal, statement.Action, statement.Resource] if statement.Effect == "Allow"
      ]
      } == {
      input = [[
        { AWS = ["arn:aws:iam::444455556666:role/exports"] },
        ["s3:PutObject", "s3:AbortMultipartUpload"],
        ["arn:aws:s3:::acme-tiktok-image-input/csv-files/*", "arn:aws:s3:::acme-tiktok-image-input/manual-uploads/*"],
      ]]
      output = []
      temp   = []
    }
    error_message = "Another account may do more than upload CSVs, or may not."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.data.policy).Statement : [statement.Principal, statement.Action, statement.Condition] if statement.Sid == "EncryptCsvsOfOtherAccounts"
      ] == [[
        { AWS = ["arn:aws:iam::444455556666:role/exports"] },
        ["kms:GenerateDataKey", "kms:Decrypt"],
        { StringEquals = { "kms:ViaService" = "s3.us-east-2.amazonaws.com" } },
    ]]
    error_message = "Another account may use the key for something else than its uploads, or may not."
  }

  assert {
    condition     = contains(jsondecode(aws_s3_bucket_policy.logs.policy).Statement[1].Condition.ArnLike["aws:SourceArn"], "arn:aws:s3:::acme-tiktok-image-mwaa")
    error_message = "The environment's bucket cannot deliver its access logs."
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.mwaa[0].policy).Statement : [statement.Effect, statement.Principal, statement.Action, statement.Resource, statement.Condition]] == [
      ["Deny", "*", "s3:*", ["arn:aws:s3:::some", "arn:aws:s3:::some/*"], { Bool = { "aws:SecureTransport" = "false" } }]
    ]
    error_message = "The environment's bucket may be reached without TLS."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.mwaa)) == toset(["airflow", "use-key", "forget"])
    error_message = "The environment has other policies than it was given."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.mwaa[0].policy).Statement : statement.Resource if contains(statement.Action, "secretsmanager:GetSecretValue")
    ] == [["arn:aws:secretsmanager:us-east-2:111122223333:secret:covers_mysql"]]
    error_message = "The environment may read another secret than that of its connection."
  }

  assert {
    condition     = length([for name in keys(aws_cloudwatch_metric_alarm.alarms) : name if strcontains(name, "xxerrors")]) == 6
    error_message = "There must be an alarm on 4xx and one on 5xx for each bucket."
  }

  assert {
    condition     = jsonencode(local.expire_after_days.temp) == jsonencode({ "processing/" = 7, "debug/" = 7, "downloads/" = 12 })
    error_message = "Covers are kept for another time than the setting says."
  }

  assert {
    condition     = issensitive(aws_lambda_function.worker.environment[0].variables["REQUEST_HEADERS"]) && !issensitive(aws_lambda_function.worker.environment[0].variables["KEEP_COVERS_DAYS"])
    error_message = "A plan shows headers for hosts, or hides other settings."
  }

  assert {
    condition     = strcontains(aws_s3_object.startup[0].content, "export REQUEST_HEADERS='it'\"'\"'s s3cret'\n")
    error_message = "Airflow does not get the headers for hosts."
  }

  assert {
    condition     = strcontains(aws_s3_object.startup[0].content, "export FUNCTION_NAME='acme-collage-worker:live'\n")
    error_message = "Airflow does not invoke the version that works."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.replication[0].policy).Statement : statement.Sid => statement.Resource
      } == {
      FindWhatIsToBeCopied   = ["arn:aws:s3:::acme-tiktok-image-output"]
      ReadVersions           = ["arn:aws:s3:::acme-tiktok-image-output/*"]
      WriteCopies            = ["arn:aws:s3:::copy/*"]
      ReadWhatOurKeyEncrypts = ["arn:aws:kms:us-east-2:111122223333:key/ours"]
      EncryptCopies          = ["arn:aws:kms:us-west-2:111122223333:key/theirs"]
    }
    error_message = "Replication reads or writes elsewhere than it should."
  }

  # As S3 needs them to copy objects that KMS encrypts ("Setting up permissions for live replication",
  # "Replicating encrypted objects"), without ObjectOwnerOverrideToBucketOwner: the copy is ours.
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.replication[0].policy).Statement : statement.Sid => statement.Action
      } == {
      FindWhatIsToBeCopied   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
      ReadVersions           = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
      WriteCopies            = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
      ReadWhatOurKeyEncrypts = ["kms:Decrypt"]
      EncryptCopies          = ["kms:Encrypt", "kms:GenerateDataKey"]
    }
    error_message = "Replication has other rights than S3 needs to copy."
  }

  assert {
    condition = jsondecode(aws_iam_role.replication[0].assume_role_policy).Statement == [
      { Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sts:AssumeRole", Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } } }
    ]
    error_message = "Somebody else than S3, for this account, may replicate."
  }

  # What MWAA itself needs of its role ("Amazon MWAA execution role"). No statement gives rights to our
  # buckets and queues: those are in deploy/policies.
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.mwaa[0].policy).Statement : statement.Sid => [statement.Action, try(statement.Resource, statement.NotResource)]
      } == {
      ReportThatItIsAlive = [["airflow:PublishMetrics"], ["arn:aws:airflow:us-east-2:111122223333:environment/acme-cover-collage"]]
      ReadDagsPluginsAndRequirements = [
        ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketVersioning"],
        ["arn:aws:s3:::acme-tiktok-image-mwaa", "arn:aws:s3:::acme-tiktok-image-mwaa/*"],
      ]
      # IAM knows no resource for these two, nor for the metrics below.
      SeeThatNothingIsPublic = [["s3:GetAccountPublicAccessBlock", "s3:GetBucketPublicAccessBlock"], ["*"]]
      WriteAndShowLogsOfTasks = [
        [
          "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents",
          "logs:GetLogRecord", "logs:GetLogGroupFields", "logs:GetQueryResults",
        ],
        ["arn:aws:logs:us-east-2:111122223333:log-group:airflow-acme-cover-collage-*"],
      ]
      WriteMetricsAndFindLogs = [["cloudwatch:PutMetricData", "logs:DescribeLogGroups"], ["*"]]
      # Its queue and the key of that are in accounts of AWS, whose numbers nobody knows.
      UseTheQueueOfWorkersWhichIsInAnAccountOfAws = [
        [
          "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
          "sqs:ReceiveMessage", "sqs:SendMessage",
        ],
        ["arn:aws:sqs:us-east-2:*:airflow-celery-*"],
      ]
      UseAwsKeyOfThatQueue = [
        ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"],
        ["arn:aws:kms:*:111122223333:key/*"],
      ]
      ReadTheConnectionToTheDatabase = [["secretsmanager:GetSecretValue"], ["arn:aws:secretsmanager:us-east-2:111122223333:secret:covers_mysql"]]
    }
    error_message = "The environment has other rights than MWAA needs."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.mwaa[0].policy).Statement : statement.Condition if statement.Sid == "UseAwsKeyOfThatQueue"] == [
      { StringLike = { "kms:ViaService" = ["sqs.us-east-2.amazonaws.com"] } }
    ]
    error_message = "The environment may use keys of other accounts without SQS."
  }

  assert {
    condition = jsondecode(aws_iam_role.mwaa[0].assume_role_policy).Statement == [
      { Effect = "Allow", Principal = { Service = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"] }, Action = "sts:AssumeRole" }
    ]
    error_message = "Somebody else than MWAA may be the environment."
  }

  assert {
    condition     = alltrue([for dag in fileset("../dags", "*.py") : contains(keys(aws_s3_object.dags), dag)])
    error_message = "A DAG was not uploaded."
  }
}

run "everybody_is_no_uploader" {
  command = plan
  variables {
    uploaders = ["*"]
  }
  expect_failures = [var.uploaders]
}

run "all_roles_of_an_account_are_no_uploader" {
  command = plan
  variables {
    uploaders = ["arn:aws:iam::444455556666:role/*"]
  }
  expect_failures = [var.uploaders]
}

run "a_replica_is_a_bucket_and_a_key" {
  command = plan
  variables {
    replica = { bucket_arn = "copy", key_arn = "arn:aws:kms:us-west-2:111122223333:key/theirs" }
  }
  expect_failures = [var.replica]
}

run "no_covers_are_kept" {
  variables {
    settings = { KEEP_COVERS_DAYS = "0" }
  }

  assert {
    condition     = !contains(keys(local.expire_after_days.temp), "downloads/")
    error_message = "There is a rule for what is not kept."
  }
}

run "a_setting_that_follows_from_others_is_refused" {
  command = plan
  variables {
    settings = { INPUT_BUCKET = "mine" }
  }
  expect_failures = [var.settings]
}

run "a_misspelled_setting_is_refused" {
  command = plan
  variables {
    settings = { DEFUALT_ROWS = "3" }
  }
  expect_failures = [var.settings]
}

run "a_prefix_that_no_bucket_can_have_is_refused" {
  command = plan
  variables {
    prefix = "Acme_"
  }
  expect_failures = [var.prefix]
}

run "an_environment_without_its_files_is_refused" {
  command = plan
  variables {
    mwaa = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"], files = "nowhere" }
  }
  expect_failures = [var.mwaa]
}
