"""How platforms sign the URLs of their pictures, and how frameworks sign any URL."""

from collage_core.covers.signing.scheme import (
    JWS,
    MAC,
    UNIX_TIME,
    SigningScheme,
    scheme,
)

_GENERIC = (
    "token sig signature sign hmac x-signature x-expires exp expires expire expiry "
    "expiration expires_at expires_in nonce"
)
_GENERIC_TIMES = "t ts time timestamp date st iat nbf e"

PLATFORMS: tuple[SigningScheme, ...] = (
    scheme(
        "TikTok and Douyin images",
        "cover URLs in public answers of TikTok's web API, 2021 to 2026",
        required="x-signature x-expires",
        also="dr refresh_token t ps shp shcp idc biz_tag from s se sh sc l lk3s rk3s nonce",
        prefixes=("x-tos-",),
        values={"x-signature": ".*", "x-expires": ".*"},
        path_alone=True,
    ),
    scheme(
        "ByteDance images behind an origin's signature",
        "image URLs of juejin.cn and byteintl.net, 2024 to 2026",
        required="x-orig-sign x-orig-expires",
        also="x-orig-authkey policy lk3s rk3s",
        path_alone=True,
    ),
    scheme(
        "Instagram and Facebook",
        # Kept: ig_cache_key, which has the media's number, and stp, which crops and scales.
        "media URLs of Meta's public pages, 2019 to 2026; oe is a hexadecimal Unix time",
        required="oh oe",
        also="ccb edm efg",
        prefixes=("_nc_",),
    ),
    scheme(
        "Facebook profile pictures",
        "profilepic URLs of Facebook's Graph API, 2019 to 2025",
        required="ext hash",
        values={"ext": UNIX_TIME},
        where=r"^(?:[^/]*\.)?fbsbx\.com/",
    ),
    scheme(
        "LinkedIn",
        "image URLs of media.licdn.com",
        required="t e",
        also="v",
        values={"e": UNIX_TIME},
        where=r"^(?:[^/]*\.)?licdn\.com/",
    ),
    scheme(
        "Discord",
        "https://docs.discord.com/developers/reference#signed-attachment-cdn-urls",
        required="hm ex is",
    ),
    scheme(
        "Weibo",
        "image and video URLs of sinaimg.cn and sinastorage.com",
        required="ssig expires",
        also="kid",
    ),
    scheme(
        "GitHub's private images",
        "image URLs of private-user-images.githubusercontent.com",
        required="jwt",
        values={"jwt": JWS},
    ),
    scheme(
        "Symfony",
        "https://symfony.com/doc/current/routing.html#signing-uris",
        required="_hash _expiration",
    ),
    *(
        scheme(
            "frameworks and services of one's own",
            "https://laravel.com/docs/urls#signed-urls "
            "https://developers.cloudflare.com/images/manage-images/serve-images/serve-private-images/",
            required=name,
            also=_GENERIC,
            times=_GENERIC_TIMES,
            values={"sign": MAC},
        )
        for name in ("signature", "sig", "hmac", "x-signature", "sign")
    ),
)
