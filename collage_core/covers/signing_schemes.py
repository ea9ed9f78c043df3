"""How URLs are signed: the table of the schemes, and which of them a URL has.

It is a part of the contract (docs/contracts.md, "Which two URLs are one cover"): a new row
changes which covers are one, and so does a new name in an old row.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_UNIX_TIME = r"[1-9][0-9]{9}(?:[0-9]{3})?"
"""In seconds or milliseconds."""
_TIME = re.compile(_UNIX_TIME)
_ISO_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T(?:[0-9:.Z]|%3A)*)?"
_MD5 = r"[0-9a-fA-F]{32}"
_JWS = r"[\w-]+\.[\w-]+\.[\w-]+"  # RFC 7515, section 7.1
_MAC = r"(?:[\w+/=~.-]|%[0-9A-F]{2}){16,}"
"""Long enough for a signature: `sign=leo` names a picture."""

_HAS_EXTENSION = r"\.[A-Za-z0-9]{2,5}$"
"""A path that names a file: in `/download?token=…` the token may be all that names one."""


class Parameter(NamedTuple):
    """A parameter of a query, as it stands there in its normal spelling."""

    name: str
    value: str
    plain_name: str
    """As schemes have it: in lower case."""


@dataclass(frozen=True, slots=True)
class SigningScheme:
    """How URLs of one family are signed. Names of parameters are in lower case."""

    family: str
    source: str
    """Where the names come from."""
    by: dict[str, re.Pattern[str] | None]
    """The parameters that must all be there, and what the value of each must look like.

    None: not empty. The first name is the one that the scheme is looked up by.
    """
    signature: frozenset[str]
    """All parameters that a new signature changes."""
    prefixes: tuple[str, ...]
    """Beginnings of further names that it changes."""
    times: frozenset[str]
    """Names that belong to the signature if their value is a Unix time."""
    where: re.Pattern[str] | None
    """What must be found in host and path; None: anything."""
    path_alone: bool
    """Whether the path names the picture, whatever the host and the other parameters."""

    def has_signed(self, location: str, values: dict[str, str]) -> bool:
        """Whether a URL is signed like this, by its host and path and its plain parameters."""
        if self.where and not self.where.search(location):
            return False
        for name, form in self.by.items():
            value = values.get(name)
            if value is None or not (form.fullmatch(value) if form else value):
                return False
        return True

    def changes(self, parameter: Parameter) -> bool:
        """Whether a new signature changes this parameter."""
        name = parameter.plain_name
        return (
            name in self.signature
            or (bool(self.prefixes) and name.startswith(self.prefixes))
            or (name in self.times and bool(_TIME.fullmatch(parameter.value)))
        )


def _scheme(  # noqa: PLR0913 - a row of the table
    family: str,
    source: str,
    *,
    by: str,
    also: str = "",
    prefixes: tuple[str, ...] = (),
    times: str = "",
    values: dict[str, str] | None = None,
    where: str = "",
    path_alone: bool = False,
) -> SigningScheme:
    patterns = {name: re.compile(value, re.ASCII) for name, value in (values or {}).items()}
    return SigningScheme(
        family=family,
        source=source,
        by={name: patterns.get(name) for name in by.split()},
        signature=frozenset(f"{by} {also}".split()),
        prefixes=prefixes,
        times=frozenset(times.split()),
        where=re.compile(where) if where else None,
        path_alone=path_alone,
    )


_GENERIC = (
    "token sig signature sign hmac x-signature x-expires exp expires expire expiry "
    "expiration expires_at expires_in nonce"
)
_GENERIC_TIMES = "t ts time timestamp date st iat nbf e"
_AZURE_RESOURCE = "b|bv|bs|c|d|f|s"
_AZURE = (
    "sv ss srt sr sp se st spr sip si sig skoid sktid skt ske sks skv skdutid sduoid "
    "saoid suoid scid sdd ses"
)

SCHEMES: tuple[SigningScheme, ...] = (
    # --- ByteDance: mirrors (p16-sign-va, p77-sign-sg, ...) hand out the same path.
    _scheme(
        "TikTok and Douyin images",
        "cover URLs in public answers of TikTok's web API, 2021 to 2026",
        by="x-signature x-expires",
        also="dr refresh_token t ps shp shcp idc biz_tag from s se sh sc l lk3s rk3s nonce",
        prefixes=("x-tos-",),
        values={"x-signature": ".*", "x-expires": ".*"},
        path_alone=True,
    ),
    _scheme(
        "ByteDance images behind an origin's signature",
        "image URLs of juejin.cn and byteintl.net, 2024 to 2026",
        by="x-orig-sign x-orig-expires",
        also="x-orig-authkey policy lk3s rk3s",
        path_alone=True,
    ),
    _scheme(
        "Volcengine TOS",
        "https://www.volcengine.com/docs/6349/74839",
        by="x-tos-signature",
        also="x-tos-algorithm x-tos-credential x-tos-date x-tos-expires x-tos-signedheaders "
        "x-tos-security-token x-tos-policy",  # not x-tos-process, which makes another picture
    ),
    # --- object stores and clouds
    _scheme(
        "S3, Signature Version 4",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
        by="x-amz-signature",
        prefixes=("x-amz-",),
    ),
    _scheme(
        "S3, Signature Version 2",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html",
        by="awsaccesskeyid signature",
        also="expires x-amz-security-token",
    ),
    _scheme(
        "CloudFront",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
        "private-content-signed-urls.html",
        by="key-pair-id signature",
        also="expires policy hash-algorithm",
    ),
    _scheme(
        "Google Cloud Storage, V4",
        "https://cloud.google.com/storage/docs/authentication/signatures",
        by="x-goog-signature",
        prefixes=("x-goog-",),
    ),
    _scheme(
        "Google Cloud Storage, V2",
        "https://cloud.google.com/storage/docs/access-control/signed-urls-v2",
        by="googleaccessid signature",
        also="expires",
    ),
    _scheme(
        "Google Cloud CDN and Media CDN",
        "https://cloud.google.com/cdn/docs/using-signed-urls",
        by="keyname signature",
        also="expires urlprefix",
    ),
    _scheme(
        "Azure Storage SAS",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
        by="sig sv",
        also=_AZURE,
    ),
    _scheme(
        "Azure Storage SAS before 2012, without a version",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
        by="sig se sp",
        also=_AZURE,
    ),
    *(
        _scheme(
            "Azure Storage SAS, whatever else is left out",
            "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
            by=f"sig {beside}",
            also=_AZURE,
            values=values,
        )
        for beside, values in (
            ("se", {"se": _ISO_TIME}),
            ("sr se", {"sr": _AZURE_RESOURCE}),
            ("sr sp", {"sr": _AZURE_RESOURCE}),
            ("se spr", {"spr": r"https(?:(?:,|%2C)http)?"}),
        )
    ),
    _scheme(
        "Alibaba OSS, V1",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls",
        by="ossaccesskeyid signature",
        also="expires security-token",
    ),
    _scheme(
        "Alibaba OSS, V4 and V2",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls",
        by="x-oss-signature",
        also="x-oss-signature-version x-oss-credential x-oss-access-key-id x-oss-date "
        "x-oss-expires x-oss-additional-headers x-oss-security-token",  # not x-oss-process
    ),
    _scheme(
        "Tencent COS",
        "https://www.tencentcloud.com/document/product/436/7778",
        by="q-signature",
        also="q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list "
        "x-cos-security-token",
    ),
    _scheme(
        "Huawei OBS",
        "https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0011.html",
        by="accesskeyid signature",
        also="expires x-obs-security-token",
    ),
    _scheme(
        "OpenStack Swift",
        "https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html",
        by="temp_url_sig temp_url_expires",
        also="temp_url_prefix temp_url_ip_range",
    ),
    _scheme(
        "Supabase Storage",
        "https://supabase.com/docs/guides/storage/serving/downloads",
        by="token",
        values={"token": _JWS},
        where=r"/(?:object|image)/sign/",
    ),
    # --- content delivery networks
    *(
        _scheme("Akamai", "https://github.com/akamai/edgeauth-token-python", by=name)
        for name in ("hdnts", "hdnea", "hdntl", "__token__", "__gda__")
    ),
    *(
        _scheme(
            "Bunny, KeyCDN and those like them",
            "https://docs.bunny.net/docs/cdn-token-authentication "
            "https://www.keycdn.com/support/secure-token",
            by=f"token {expiry}",
            also="token_path token_countries token_countries_blocked token_ver",
            values={expiry: _UNIX_TIME},
            where=_HAS_EXTENSION,
        )
        for expiry in ("expires", "expire", "exp")
    ),
    _scheme(
        "Fastly",
        "https://www.fastly.com/documentation/solutions/tutorials/token-authentication/",
        by="token",
        values={"token": rf"{_UNIX_TIME}_(?:0x)?[0-9a-fA-F]{{32,}}"},
    ),
    _scheme(
        "Cloudflare",
        "https://developers.cloudflare.com/waf/custom-rules/use-cases/configure-token-authentication/",
        by="verify",
        values={"verify": rf"{_UNIX_TIME}-{_MAC}"},
    ),
    _scheme(
        "CDN77",
        "https://client.cdn77.com/support/knowledgebase/cdn-resource/how-do-i-set-up-secure-token",
        by="secure",
        values={"secure": rf"[\w-]{{22}}(?:==|%3D%3D)?(?:,|%2C){_UNIX_TIME}"},
    ),
    _scheme(
        "Alibaba CDN, type A",
        "https://www.alibabacloud.com/help/en/cdn/user-guide/type-a-signing",
        by="auth_key",
        values={"auth_key": rf"[0-9]{{10}}-\w*-\w*-{_MD5}"},
    ),
    _scheme(
        "Tencent CDN, type A",
        "https://www.tencentcloud.com/document/product/228/35222",
        by="sign",
        values={"sign": rf"[0-9a-fA-F]{{8,10}}-\w*-\w*-{_MD5}"},
    ),
    _scheme(
        "Tencent CDN, type D",
        "https://www.tencentcloud.com/document/product/228/35225",
        by="sign t",
        values={"sign": _MD5, "t": r"[0-9a-fA-F]{8,10}"},
    ),
    _scheme(
        "Wangsu",
        "wsSecret and wsTime of its anti-leech links",
        by="wssecret wstime",
    ),
    _scheme(
        "Qiniu",
        "https://developer.qiniu.com/kodo/1202/download-token",
        by="token e",
        values={"token": r"[\w-]+(?::|%3A)(?:[\w=-]|%3D)+", "e": _UNIX_TIME},
    ),
    _scheme(
        "nginx secure_link",
        "https://nginx.org/en/docs/http/ngx_http_secure_link_module.html",
        by="md5 expires",
        values={"md5": r"[\w-]{22}(?:==|%3D%3D)?", "expires": _UNIX_TIME},
    ),
    _scheme(
        "nginx secure_link, named as in its first examples",
        "https://nginx.org/en/docs/http/ngx_http_secure_link_module.html",
        by="st e",
        values={"st": r"[\w-]{22}(?:==|%3D%3D)?", "e": _UNIX_TIME},
    ),
    _scheme(
        "imgix",
        "https://docs.imgix.com/en-US/getting-started/setup/securing-assets",
        by="s expires",
        values={"s": _MD5, "expires": _UNIX_TIME},
    ),
    _scheme(
        "ImageKit",
        "https://imagekit.io/docs/media-delivery-basic-security",
        by="ik-s",
        also="ik-t",
    ),
    # --- platforms
    _scheme(
        "Instagram and Facebook",
        # Kept: ig_cache_key, which has the media's number, and stp, which crops and scales.
        "media URLs of Meta's public pages, 2019 to 2026; oe is a hexadecimal Unix time",
        by="oh oe",
        also="ccb edm efg",
        prefixes=("_nc_",),
    ),
    _scheme(
        "Facebook profile pictures",
        "profilepic URLs of Facebook's Graph API, 2019 to 2025",
        by="ext hash",
        values={"ext": _UNIX_TIME},
        where=r"^(?:[^/]*\.)?fbsbx\.com/",
    ),
    _scheme(
        "LinkedIn",
        "image URLs of media.licdn.com",
        by="t e",
        also="v",
        values={"e": _UNIX_TIME},
        where=r"^(?:[^/]*\.)?licdn\.com/",
    ),
    _scheme(
        "Discord",
        "https://docs.discord.com/developers/reference#signed-attachment-cdn-urls",
        by="hm ex is",
    ),
    _scheme(
        "Weibo",
        "image and video URLs of sinaimg.cn and sinastorage.com",
        by="ssig expires",
        also="kid",
    ),
    _scheme(
        "GitHub's private images",
        "image URLs of private-user-images.githubusercontent.com",
        by="jwt",
        values={"jwt": _JWS},
    ),
    # --- what names itself a signature
    _scheme(
        "Symfony",
        "https://symfony.com/doc/current/routing.html#signing-uris",
        by="_hash _expiration",
    ),
    *(
        _scheme(
            "frameworks and services of one's own",
            "https://laravel.com/docs/urls#signed-urls "
            "https://developers.cloudflare.com/images/manage-images/serve-images/serve-private-images/",
            by=name,
            also=_GENERIC,
            times=_GENERIC_TIMES,
            values={"sign": _MAC},
        )
        for name in ("signature", "sig", "hmac", "x-signature", "sign")
    ),
)
"""All signing schemes. Several may be found in one URL: then the parameters of all are left out."""

TOKEN = re.compile(r"(?:ip|st|exp|acl|url)(?:=|%3D).*~hmac(?:=|%3D)\w+", re.ASCII)
"""Akamai's token and Cloudinary's: each property chooses the name of the parameter itself.

https://github.com/akamai/edgeauth-token-python
"""

PATH_TOKEN = re.compile(r"/(?:(?:bcdn_token|edge-cache-token)=[^/]*|[^/]*~hmac=[0-9a-fA-F]+)(?=/)")
"""The folder in which Akamai, Bunny and Media CDN put a token that holds for relative links.

https://docs.bunny.net/docs/cdn-token-authentication
https://cloud.google.com/media-cdn/docs/generate-signatures
"""


def _by_first_name() -> dict[str, list[SigningScheme]]:
    index = defaultdict(list)
    for scheme in SCHEMES:
        index[next(iter(scheme.by))].append(scheme)
    return dict(index)


_BY_FIRST_NAME = _by_first_name()


def schemes_of(location: str, parameters: Iterable[Parameter]) -> list[SigningScheme]:
    """The schemes by which a URL is signed; `location` is its host and path."""
    values = {parameter.plain_name: parameter.value for parameter in parameters}
    return [
        scheme
        for name in values
        if name in _BY_FIRST_NAME
        for scheme in _BY_FIRST_NAME[name]
        if scheme.has_signed(location, values)
    ]


def is_token(parameter: Parameter) -> bool:
    """Whether the value says of itself that it is a signature, whatever the parameter's name."""
    return "hmac" in parameter.value and bool(TOKEN.fullmatch(parameter.value))


def without_token(path: str) -> str:
    """A path without the folder that is its signature."""
    return PATH_TOKEN.sub("", path) if "token=" in path or "hmac=" in path else path
