# How long the buckets keep things. `cover_collage_housekeeping` compares the rules that remove objects.

locals {
  # Packs of covers stay for as long as the setting says; with 0 none are kept.
  keep_covers_days = tonumber(lookup(
    var.settings, "KEEP_COVERS_DAYS", local.limits.buckets.temp.expire_after_days["downloads/"]
  ))

  expire_after_days = {
    for name, kept in local.limits.buckets : name => {
      for prefix, days in kept.expire_after_days :
      prefix => prefix == "downloads/" ? local.keep_covers_days : days
      if prefix != "downloads/" || local.keep_covers_days > 0
    }
  }

  # Both classes are read at once, as housekeeping and people need it: GLACIER would answer 403 until
  # somebody restores the object. S3 leaves objects below 128 KB where they are.
  colder = {
    input = {
      "archived/" = {
        STANDARD_IA = local.limits.retention.archived_csvs_standard_ia_days
        GLACIER_IR  = local.limits.retention.archived_csvs_glacier_ir_days
      }
    }
    output = {
      "collages/" = {
        STANDARD_IA = local.limits.retention.collages_standard_ia_days
        GLACIER_IR  = local.limits.retention.collages_glacier_ir_days
      }
    }
    temp = {}
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  for_each = aws_s3_bucket.data
  bucket   = each.value.id

  rule {
    id     = "abort-incomplete-uploads"
    status = "Enabled"
    filter {
      prefix = ""
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = local.limits.buckets[each.key].abort_uploads_after_days
    }
  }

  dynamic "rule" {
    for_each = local.expire_after_days[each.key]
    content {
      id     = "expire ${rule.key}"
      status = "Enabled"
      filter {
        prefix = rule.key
      }
      expiration {
        days = rule.value
      }
    }
  }

  dynamic "rule" {
    for_each = local.colder[each.key]
    content {
      id     = "colder ${rule.key}"
      status = "Enabled"
      filter {
        prefix = rule.key
      }
      dynamic "transition" {
        for_each = rule.value
        content {
          storage_class = transition.key
          days          = transition.value
        }
      }
    }
  }

  dynamic "rule" {
    for_each = each.key == "temp" ? [] : [local.limits.retention.old_versions_days]
    content {
      id     = "remove-old-versions"
      status = "Enabled"
      filter {
        prefix = ""
      }
      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
      expiration {
        expired_object_delete_marker = true
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.data]
}
