terraform {
  # Since 1.10 the S3 backend locks with a file beside the state, without a table.
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bucket, key and region come with `terraform init -backend-config=…`: a backend reads no variables.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Service     = "cover-collage"
      Environment = var.environment
    }
  }
}

data "aws_caller_identity" "current" {}
