variable "prefix" {
  description = "Stands in front of every name, such as `acme-staging-`. Names of buckets are unique in all of AWS, so choose one that is yours."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,29}-$", var.prefix))
    error_message = "Give at most 31 lower-case letters, digits and hyphens, the last one a hyphen, such as `acme-staging-`."
  }
}

variable "environment" {
  description = "What the deployment is for, as the tag `Environment` of all its parts."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.environment))
    error_message = "Give one word of letters, digits, hyphens and underscores."
  }
}

variable "region" {
  description = "The region of all parts."
  type        = string
  default     = "us-east-2"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give the code of a region, such as `us-east-2`."
  }
}

variable "function_zip" {
  description = "The function's zip, as `make package` writes it."
  type        = string
  default     = "../dist/collage_lambda.zip"

  validation {
    condition     = fileexists(var.function_zip)
    error_message = "There is no such file. Write it with `make package`, or name another one."
  }
}

variable "settings" {
  description = "Settings of the product by their names (README.md), for the function and Airflow alike, such as { ALLOWED_SOURCE_HOSTS = \"covers.example.com\" }."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setintersection(keys(var.settings), [
      "INPUT_BUCKET", "OUTPUT_BUCKET", "TEMP_BUCKET", "CHUNK_QUEUE_URL", "FUNCTION_NAME", "FUNCTION_CONCURRENCY",
    ])) == 0
    error_message = "Leave out the names of buckets, queue and function and FUNCTION_CONCURRENCY: they follow from the other variables and deploy/limits.json."
  }

  validation {
    condition = length(setsubtract(keys(var.settings), local.known_settings)) == 0
    error_message = format(
      "There is no setting %s: deploy/settings.env has the names of all.",
      join(", ", setsubtract(keys(var.settings), local.known_settings)),
    )
  }

  validation {
    condition     = can(tonumber(lookup(var.settings, "KEEP_COVERS_DAYS", "0")))
    error_message = "KEEP_COVERS_DAYS is a number of days."
  }
}

variable "uploaders" {
  description = "ARNs of roles of other accounts that may upload CSVs into the input bucket. Their own policy has to allow it, too: docs/deploy.md."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.uploaders : can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/[^*]+$", arn))])
    error_message = "Each one must be the ARN of a role or a user, such as `arn:aws:iam::111122223333:role/exports`."
  }
}

variable "alarm_emails" {
  description = "Who is told of alarms. Each address has to confirm its subscription."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Each one must be an e-mail address."
  }
}

variable "transfer_acceleration" {
  description = "Whether large CSVs may be uploaded through S3 Transfer Acceleration, which costs more for each GB."
  type        = bool
  default     = false
}

variable "request_metrics" {
  description = "Whether S3 counts requests, with alarms on refused (4xx) and failed (5xx) ones. These are paid metrics, 16 for each bucket."
  type        = bool
  default     = false
}

variable "data_events" {
  description = "Whether CloudTrail records who read and wrote which object, into the bucket of logs. Each event costs."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether `destroy` deletes buckets with all that is in them. For tests: never in production."
  type        = bool
  default     = false
}

variable "replica" {
  description = "A bucket with versioning, in another region, that gets a copy of all collages, and the key there that encrypts them. Null: there is none. Copies and their transfer cost."
  type = object({
    bucket_arn = string
    key_arn    = string
  })
  default = null

  validation {
    condition = var.replica == null || (
      can(regex("^arn:aws:s3:::[a-z0-9.-]+$", var.replica.bucket_arn)) && can(regex("^arn:aws:kms:", var.replica.key_arn))
    )
    error_message = "Give the ARN of a bucket and the ARN of a key."
  }
}
