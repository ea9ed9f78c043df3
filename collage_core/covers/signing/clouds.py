"""How object stores and content services of clouds sign URLs."""

from collage_core.covers.signing.scheme import (
    ISO_TIME,
    JWS,
    SigningScheme,
    scheme,
)

_AZURE_RESOURCE = "b|bv|bs|c|d|f|s"
_AZURE = (
    "sv ss srt sr sp se st spr sip si sig skoid sktid skt ske sks skv skdutid sduoid "
    "saoid suoid scid sdd ses"
)

CLOUDS: tuple[SigningScheme, ...] = (
    scheme(
        "Volcengine TOS",
        "https://www.volcengine.com/docs/6349/74839",
        required="x-tos-signature",
        also="x-tos-algorithm x-tos-credential x-tos-date x-tos-expires x-tos-signedheaders "
        "x-tos-security-token x-tos-policy",  # not x-tos-process, which makes another picture
    ),
    scheme(
        "S3, Signature Version 4",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
        required="x-amz-signature",
        prefixes=("x-amz-",),
    ),
    scheme(
        "S3, Signature Version 2",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html",
        required="awsaccesskeyid signature",
        also="expires x-amz-security-token",
    ),
    scheme(
        "CloudFront",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
        "private-content-signed-urls.html",
        required="key-pair-id signature",
        also="expires policy hash-algorithm",
    ),
    scheme(
        "Google Cloud Storage, V4",
        "https://cloud.google.com/storage/docs/authentication/signatures",
        required="x-goog-signature",
        prefixes=("x-goog-",),
    ),
    scheme(
        "Google Cloud Storage, V2",
        "https://cloud.google.com/storage/docs/access-control/signed-urls-v2",
        required="googleaccessid signature",
        also="expires",
    ),
    scheme(
        "Google Cloud CDN and Media CDN",
        "https://cloud.google.com/cdn/docs/using-signed-urls",
        required="keyname signature",
        also="expires urlprefix",
    ),
    scheme(
        "Azure Storage SAS",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
        required="sig sv",
        also=_AZURE,
    ),
    scheme(
        "Azure Storage SAS before 2012, without a version",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
        required="sig se sp",
        also=_AZURE,
    ),
    *(
        scheme(
            "Azure Storage SAS, whatever else is left out",
            "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
            required=f"sig {beside}",
            also=_AZURE,
            values=values,
        )
        for beside, values in (
            ("se", {"se": ISO_TIME}),
            ("sr se", {"sr": _AZURE_RESOURCE}),
            ("sr sp", {"sr": _AZURE_RESOURCE}),
            ("se spr", {"spr": r"https(?:(?:,|%2C)http)?"}),
        )
    ),
    scheme(
        "Alibaba OSS, V1",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls",
        required="ossaccesskeyid signature",
        also="expires security-token",
    ),
    scheme(
        "Alibaba OSS, V4 and V2",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls",
        required="x-oss-signature",
        also="x-oss-signature-version x-oss-credential x-oss-access-key-id x-oss-date "
        "x-oss-expires x-oss-additional-headers x-oss-security-token",  # not x-oss-process
    ),
    scheme(
        "Tencent COS",
        "https://www.tencentcloud.com/document/product/436/7778",
        required="q-signature",
        also="q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list "
        "x-cos-security-token",
    ),
    scheme(
        "Huawei OBS",
        "https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0011.html",
        required="accesskeyid signature",
        also="expires x-obs-security-token",
    ),
    scheme(
        "OpenStack Swift",
        "https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html",
        required="temp_url_sig temp_url_expires",
        also="temp_url_prefix temp_url_ip_range",
    ),
    scheme(
        "Supabase Storage",
        "https://supabase.com/docs/guides/storage/serving/downloads",
        required="token",
        values={"token": JWS},
        where=r"/(?:object|image)/sign/",
    ),
)
