variable "mwaa" {
  description = <<-TEXT
    An environment of MWAA, which takes half an hour to create; null: Airflow runs elsewhere.
    - subnet_ids, security_group_ids: two private subnets, and what may reach it.
    - files: the folder that `make package-mwaa` writes.
    - airflow_version: what everything is tested with is the default.
    - webserver_access: PRIVATE_ONLY or PUBLIC_ONLY.
    - airflow_options: options of Airflow's own, such as the backend of secrets.
    - connection_secret_arn: the secret of the connection `covers_mysql`, which the environment may read.
  TEXT
  type = object({
    subnet_ids            = list(string)
    security_group_ids    = list(string)
    files                 = optional(string, "../dist/mwaa")
    airflow_version       = optional(string, "3.3.1")
    environment_class     = optional(string, "mw1.small")
    max_workers           = optional(number, 5)
    webserver_access      = optional(string, "PRIVATE_ONLY")
    airflow_options       = optional(map(string), {})
    connection_secret_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.mwaa == null || length(try(var.mwaa.subnet_ids, [])) == 2
    error_message = "MWAA takes two subnets, in two availability zones."
  }

  validation {
    condition     = var.mwaa == null || try(contains(["PRIVATE_ONLY", "PUBLIC_ONLY"], var.mwaa.webserver_access), false)
    error_message = "webserver_access is PRIVATE_ONLY or PUBLIC_ONLY."
  }

  validation {
    condition     = var.mwaa == null || try(fileexists("${var.mwaa.files}/plugins.zip"), false)
    error_message = "There is no plugins.zip in that folder. Write it with `make package-mwaa`."
  }
}

variable "allow_forget" {
  description = "Whether the environment of MWAA may delete all that is kept of a creator. Set it for as long as that takes."
  type        = bool
  default     = false
}
