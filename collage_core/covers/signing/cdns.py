"""How content delivery networks sign URLs."""

from collage_core.covers.signing.scheme import (
    HAS_EXTENSION,
    MAC,
    MD5,
    UNIX_TIME,
    SigningScheme,
    scheme,
)

AKAMAI_TOKENS = ("hdnts", "hdnea", "hdntl", "__token__", "__gda__")
"""The names that Akamai gives its tokens, unless a customer chooses another one."""

CDNS: tuple[SigningScheme, ...] = (
    *(
        scheme("Akamai", "https://github.com/akamai/edgeauth-token-python", required=name)
        for name in AKAMAI_TOKENS
    ),
    *(
        scheme(
            "Bunny, KeyCDN and those like them",
            "https://docs.bunny.net/docs/cdn-token-authentication "
            "https://www.keycdn.com/support/secure-token",
            required=f"token {expiry}",
            also="token_path token_countries token_countries_blocked token_ver",
            values={expiry: UNIX_TIME},
            where=HAS_EXTENSION,
        )
        for expiry in ("expires", "expire", "exp")
    ),
    scheme(
        "Fastly",
        "https://www.fastly.com/documentation/solutions/tutorials/token-authentication/",
        required="token",
        values={"token": rf"{UNIX_TIME}_(?:0x)?[0-9a-fA-F]{{32,}}"},
    ),
    scheme(
        "Cloudflare",
        "https://developers.cloudflare.com/waf/custom-rules/use-cases/configure-token-authentication/",
        required="verify",
        values={"verify": rf"{UNIX_TIME}-{MAC}"},
    ),
    scheme(
        "CDN77",
        "https://client.cdn77.com/support/knowledgebase/cdn-resource/how-do-i-set-up-secure-token",
        required="secure",
        values={"secure": rf"[\w-]{{22}}(?:==|%3D%3D)?(?:,|%2C){UNIX_TIME}"},
    ),
    scheme(
        "Alibaba CDN, type A",
        "https://www.alibabacloud.com/help/en/cdn/user-guide/type-a-signing",
        required="auth_key",
        values={"auth_key": rf"[0-9]{{10}}-\w*-\w*-{MD5}"},
    ),
    scheme(
        "Tencent CDN, type A",
        "https://www.tencentcloud.com/document/product/228/35222",
        required="sign",
        values={"sign": rf"[0-9a-fA-F]{{8,10}}-\w*-\w*-{MD5}"},
    ),
    scheme(
        "Tencent CDN, type D",
        "https://www.tencentcloud.com/document/product/228/35225",
        required="sign t",
        values={"sign": MD5, "t": r"[0-9a-fA-F]{8,10}"},
    ),
    scheme(
        "Wangsu",
        "wsSecret and wsTime of its anti-leech links",
        required="wssecret wstime",
    ),
    scheme(
        "Qiniu",
        "https://developer.qiniu.com/kodo/1202/download-token",
        required="token e",
        values={"token": r"[\w-]+(?::|%3A)(?:[\w=-]|%3D)+", "e": UNIX_TIME},
    ),
    scheme(
        "nginx secure_link",
        "https://nginx.org/en/docs/http/ngx_http_secure_link_module.html",
        required="md5 expires",
        values={"md5": r"[\w-]{22}(?:==|%3D%3D)?", "expires": UNIX_TIME},
    ),
    scheme(
        "nginx secure_link, named as in its first examples",
        "https://nginx.org/en/docs/http/ngx_http_secure_link_module.html",
        required="st e",
        values={"st": r"[\w-]{22}(?:==|%3D%3D)?", "e": UNIX_TIME},
    ),
    scheme(
        "imgix",
        "https://docs.imgix.com/en-US/getting-started/setup/securing-assets",
        required="s expires",
        values={"s": MD5, "expires": UNIX_TIME},
    ),
    scheme(
        "ImageKit",
        "https://imagekit.io/docs/media-delivery-basic-security",
        required="ik-s",
        also="ik-t",
    ),
)
