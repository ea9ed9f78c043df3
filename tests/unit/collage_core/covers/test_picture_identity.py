import time
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collage_core.covers.cover_url import is_cover_url
from collage_core.covers.picture_identity import _picture_of_any, picture_of
from collage_core.covers.signing.recognition import SCHEMES
from collage_core.covers.signing.scheme import SigningScheme
from tests.support.strategies import urls

TOS = "/tos-alisg-p-0037/oAlimCZ2PQysYxr~tplv-photomode-image:720:720.jpeg"
MAC = "0123456789abcdef0123456789abcdef"
OTHER_MAC = "fedcba9876543210fedcba9876543210"
JWT, OTHER_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1cmwi.c2ln", "eyJhbGciOiJIUzI1NiJ9.eyJ1cmwj.b3Ro"

SAME = {
    # --- TikTok and ByteDance: the path alone
    "a mirror signed it": (
        f"https://p16-sign-va.tiktokcdn.com{TOS}?x-expires=1652475600&x-signature=oM5W%3D",
        f"https://p77-sign-va.tiktokcdn.com{TOS}?x-expires=1652475600&x-signature=fzlN%3D",
    ),
    "signed again, with TikTok's parameters of 2025": (
        (
            f"https://p16-common-sign.tiktokcdn-us.com{TOS}?dr=9640&refresh_token=afcd991c"
            "&x-expires=1761112800&x-signature=oW%2BqI%3D&t=4d5b0474&ps=13740610&shp=a5d48078"
            "&shcp=81f88b70&idc=useast8"
        ),
        (
            f"https://p19-common-sign.tiktokcdn-us.com{TOS}?dr=14579&refresh_token=96ca26b9"
            "&x-expires=1757512800&x-signature=0G6a%3D&t=5f5b0474&ps=933b5bde&shp=a5d48079"
            "&shcp=b59d6b55&idc=my2"
        ),
    ),
    "Douyin's parameters": (
        (
            f"https://p3-sign.douyinpic.com{TOS}?x-expires=1639530000&x-signature=P446%3D"
            "&from=4257465056&s=PackSourceEnum_DOUYIN_REFLOW&se=false&sh=&sc=&l=2021&biz_tag=aweme"
        ),
        f"https://p6-sign.douyinpic.com{TOS}?lk3s=b59d6b55&x-expires=1748170800&x-signature=SB14",
    ),
    "an unknown parameter of TikTok": (
        f"https://a.example{TOS}?x-expires=1&x-signature=a&new=1&x-tos-algorithm=v2",
        f"https://a.example{TOS}?x-expires=2&x-signature=b&nonce=7",
    ),
    "the signature before its expiry": (
        f"https://a.example{TOS}?x-signature=a&x-expires=1",
        f"https://a.example{TOS}?x-expires=1&x-signature=a",
    ),
    "the signature's names in capitals": (
        f"https://a.example{TOS}?X-Expires=1&X-Signature=a",
        f"https://b.example{TOS}?x-expires=2&x-signature=b",
    ),
    "a name with an escaped hyphen": (
        f"https://a.example{TOS}?x%2Dexpires=1&x%2dsignature=a",
        f"https://b.example{TOS}?x-expires=2&x-signature=b",
    ),
    "an escaped tilde in TikTok's path": (
        "https://a.example/obj/a%7Etplv%2dx.jpeg?x-expires=1&x-signature=a",
        "https://b.example/obj/a~tplv-x.jpeg?x-expires=2&x-signature=b",
    ),
    "the ampersands of a page's source": (
        f"https://a.example{TOS}?dr=1&amp;x-expires=1&amp;x-signature=a",
        f"https://b.example{TOS}?dr=2&amp;x-expires=2&amp;x-signature=b",
    ),
    "Azure's expiry and resource alone": (
        "https://a.blob.core.windows.net/c/1.jpg?se=2026-10-14T08%3A30%3A00Z&sr=b&sig=a%3D",
        "https://a.blob.core.windows.net/c/1.jpg?sig=b%3D&se=2026-11-14T08%3A30%3A00Z&sr=c",
    ),
    "Azure's window of time alone": (
        "https://a.blob.core.windows.net/c/1.jpg?st=2026-10-13&se=2026-10-14&spr=https&sig=a",
        "https://a.blob.core.windows.net/c/1.jpg?st=2026-11-13&se=2026-11-14&sig=b",
    ),
    "ByteDance's signature of an origin": (
        (
            f"https://p0-xtjj-private.juejin.cn{TOS}?policy=eyJ2&rk3s=e9&x-orig-authkey=f32326"
            "&x-orig-expires=1752402280&x-orig-sign=BApk%3D"
        ),
        (
            f"https://p9-xtjj-private.juejin.cn{TOS}?policy=eyJ3&rk3s=f6&x-orig-authkey=f32326"
            "&x-orig-expires=1765244479&x-orig-sign=dDZ%2B"
        ),
    ),
    "a fragment behind TikTok's signature": (
        f"https://a.example{TOS}?x-expires=1&x-signature=a#x",
        f"https://b.example{TOS}?x-expires=2&x-signature=b",
    ),
    # --- other signatures: host, path and parameters that are not part of the signature
    "S3, Signature Version 4": (
        (
            "https://b.s3.amazonaws.com/1.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F1"
            "&X-Amz-Date=20261014T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
            "&X-Amz-Security-Token=t&X-Amz-Signature=aa"
        ),
        (
            "https://b.s3.amazonaws.com/1.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=B%2F2"
            "&X-Amz-Date=20261015T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=bb"
        ),
    ),
    "X-AMZ- in other capitals": (
        "https://b.example/1.jpg?X-AMZ-Signature=aa&x-amz-date=1",
        "https://b.example/1.jpg?x-amz-signature=bb&X-Amz-Date=2",
    ),
    "an unsigned address of the same object": (
        "https://b.s3.amazonaws.com/1.jpg?X-Amz-Signature=aa&X-Amz-Date=1",
        "https://b.s3.amazonaws.com/1.jpg",
    ),
    "S3, Signature Version 2": (
        "https://b.s3.amazonaws.com/1.jpg?AWSAccessKeyId=A&Expires=1&Signature=a%2B",
        "https://b.s3.amazonaws.com/1.jpg?AWSAccessKeyId=B&Expires=2&Signature=b",
    ),
    "CloudFront with a canned policy": (
        "https://d1.cloudfront.net/1.jpg?size=l&Expires=1&Signature=a&Key-Pair-Id=K1",
        (
            "https://d1.cloudfront.net/1.jpg?Expires=2&Signature=b&Key-Pair-Id=K2&size=l"
            "&Hash-Algorithm=SHA256"
        ),
    ),
    "CloudFront with a policy of one's own": (
        "https://d1.cloudfront.net/1.jpg?Policy=a&Signature=a&Key-Pair-Id=K",
        "https://d1.cloudfront.net/1.jpg?Policy=b&Signature=b&Key-Pair-Id=K",
    ),
    "Google Cloud Storage, V4": (
        "https://storage.googleapis.com/b/1.jpg?X-Goog-Algorithm=G&X-Goog-Date=1&X-Goog-Signature=a",
        "https://storage.googleapis.com/b/1.jpg?X-Goog-Algorithm=G&X-Goog-Date=2&X-Goog-Signature=b",
    ),
    "Google Cloud Storage, V2": (
        "https://storage.googleapis.com/b/1.jpg?GoogleAccessId=a@b&Expires=1&Signature=a",
        "https://storage.googleapis.com/b/1.jpg?GoogleAccessId=a%40b&Expires=2&Signature=b",
    ),
    "Google Cloud CDN, for a prefix": (
        "https://m.example/1.jpg?URLPrefix=a&Expires=1&KeyName=k&Signature=a",
        "https://m.example/1.jpg?URLPrefix=b&Expires=2&KeyName=l&Signature=b",
    ),
    "Azure, a service's signature": (
        (
            "https://a.blob.core.windows.net/c/1.jpg?sv=2022-11-02&st=2026-01-01&se=2026-01-02&sr=b"
            "&sp=r&spr=https&sig=a%3D"
        ),
        (
            "https://a.blob.core.windows.net/c/1.jpg?sp=r&st=2026-02-01&se=2026-02-02&spr=https"
            "&sv=2022-11-02&sr=b&sig=b%3D"
        ),
    ),
    "Azure, an account's signature": (
        "https://a.blob.core.windows.net/c/1.jpg?sv=2022-11-02&ss=b&srt=o&sp=r&se=1&sig=a",
        "https://a.blob.core.windows.net/c/1.jpg?sv=2024-11-04&ss=bf&srt=co&sp=rl&se=2&sip=1&sig=b",
    ),
    "Azure, a user's delegation": (
        (
            "https://a.blob.core.windows.net/c/1.jpg?skoid=1&sktid=1&skt=1&ske=1&sks=b&skv=1&sv=2"
            "&se=1&sr=b&sp=r&sig=a"
        ),
        (
            "https://a.blob.core.windows.net/c/1.jpg?skoid=2&sktid=1&skt=2&ske=2&sks=b&skv=2&sv=2"
            "&se=2&sr=b&sp=r&sig=b"
        ),
    ),
    "Akamai, hdnts": (
        f"https://a.example/1.jpg?hdnts=st=1~exp=2~acl=/*~hmac={MAC}",
        f"https://a.example/1.jpg?hdnts=st%3D3~exp%3D4~acl%3D%2F*~hmac%3D{OTHER_MAC}",
    ),
    "Akamai, hdnea beside the name of the picture": (
        f"https://a.example/i?id=1&hdnea=exp=2~acl=/*~hmac={MAC}",
        f"https://a.example/i?hdnea=exp=3~acl=/*~hmac={OTHER_MAC}&id=1",
    ),
    "Akamai, under a name of one's own": (
        f"https://a.example/1.jpg?mytoken=exp=2~acl=/*~hmac={MAC}",
        f"https://a.example/1.jpg?mytoken=exp=3~acl=/*~hmac={OTHER_MAC}",
    ),
    "Cloudinary's token": (
        f"https://a.example/1.jpg?__cld_token__=exp=2~acl=%2fa%2f*~hmac={MAC}",
        f"https://a.example/1.jpg?__cld_token__=exp=3~acl=%2fa%2f*~hmac={OTHER_MAC}",
    ),
    "Akamai's token as a folder": (
        f"https://a.example/exp=1~acl=%2f*~hmac={MAC}/c/1.jpg",
        f"https://a.example/exp=2~acl=%2F*~hmac={OTHER_MAC}/c/1.jpg",
    ),
    "Bunny's token as a folder": (
        "https://a.b-cdn.net/bcdn_token=abc&expires=1598024587&token_path=%2Fc%2F/c/1.jpg",
        "https://a.b-cdn.net/bcdn_token=xyz&expires=1698024587&token_path=%2Fc%2F/c/1.jpg",
    ),
    "Bunny's token": (
        "https://a.b-cdn.net/1.jpg?token=abc&token_path=%2F&expires=1598024587",
        "https://a.b-cdn.net/1.jpg?token=xyz&token_path=%2F&expires=1698024587",
    ),
    "Fastly's token": (
        f"https://a.example/i?id=1&token=1598024587_{MAC}",
        f"https://a.example/i?id=1&token=1698024587_{OTHER_MAC}",
    ),
    "Cloudflare's token": (
        "https://a.example/1.jpg?verify=1484063787-9JQB8vP1z0yc5DEBnH6JGWM3mBmvIeMrnnxFi3WtJLE%3D",
        "https://a.example/1.jpg?verify=1484069999-1JQB8vP1z0yc5DEBnH6JGWM3mBmvIeMrnnxFi3WtJLE%3D",
    ),
    "Alibaba OSS, V1": (
        "https://b.aliyuncs.com/1.jpg?OSSAccessKeyId=a&Expires=1&Signature=a&security-token=x",
        "https://b.aliyuncs.com/1.jpg?OSSAccessKeyId=a&Expires=2&Signature=b",
    ),
    "Alibaba OSS, V4": (
        "https://b.aliyuncs.com/1.jpg?x-oss-signature-version=OSS4&x-oss-date=1&x-oss-signature=a",
        "https://b.aliyuncs.com/1.jpg?x-oss-signature-version=OSS4&x-oss-date=2&x-oss-signature=b",
    ),
    "Alibaba CDN's auth_key": (
        f"https://a.example/1.jpg?auth_key=1444435200-0-0-{MAC}",
        f"https://a.example/1.jpg?auth_key=1444435201-0-0-{OTHER_MAC}",
    ),
    "Tencent CDN, type D": (
        f"https://a.example/1.jpg?sign={MAC}&t=1582791032",
        f"https://a.example/1.jpg?sign={OTHER_MAC}&t=5e577978",
    ),
    "Tencent COS": (
        "https://a.myqcloud.com/1.jpg?q-sign-algorithm=sha1&q-ak=a&q-sign-time=1%3B2&q-signature=a",
        "https://a.myqcloud.com/1.jpg?q-sign-algorithm=sha1&q-ak=b&q-sign-time=3;4&q-signature=b",
    ),
    "Instagram, whose path and media number name the picture": (
        (
            "https://scontent.cdninstagram.com/v/t51/1_n.jpg?stp=dst-jpg_e35&_nc_ht=a&_nc_cat=108"
            "&_nc_ohc=_pb&edm=APs&ccb=7-5&ig_cache_key=MzA5%3D.2-ccb7-5&oh=00_AfA&oe=649023AC&_nc_sid=d"
        ),
        (
            "https://scontent.cdninstagram.com/v/t51/1_n.jpg?stp=dst-jpg_e35&_nc_cat=105"
            "&ig_cache_key=MzA5%3D.2-ccb7-5&ccb=7-6&efg=eyJ&_nc_gid=I&oh=00_Af2&oe=69D5BBC5"
        ),
    ),
    "a profile picture of Facebook": (
        "https://platform-lookaside.fbsbx.com/platform/profilepic/?asid=1&ext=1744021382&hash=AbY",
        "https://platform-lookaside.fbsbx.com/platform/profilepic/?asid=1&ext=1844021382&hash=AeS",
    ),
    "Discord, with its last ampersand": (
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=65f00000&is=65e00000&hm=aa&",
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=66f00000&is=66e00000&hm=bb",
    ),
    "Supabase's signed objects": (
        f"https://a.supabase.co/storage/v1/object/sign/b/1.png?token={JWT}",
        f"https://a.supabase.co/storage/v1/object/sign/b/1.png?token={OTHER_JWT}",
    ),
    "a plain sig": ("https://a.example/1.jpg?sig=a", "https://a.example/1.jpg?sig=b"),
    "a plain signature, an expiry and a time of signing": (
        "https://a.example/1.jpg?id=7&expires=1&t=1700000000&signature=a",
        "https://a.example/1.jpg?id=7&expires=2&t=1800000000&signature=b",
    ),
    "token, exp and hmac": (
        "https://a.example/1.jpg?token=a&exp=1&hmac=a",
        "https://a.example/1.jpg?hmac=b&exp=2&token=b",
    ),
    "a sign that is long enough for one": (
        f"https://a.example/i?id=1&sign={MAC}&nonce=1",
        f"https://a.example/i?id=1&sign={OTHER_MAC}&nonce=2",
    ),
    "TikTok's signature over a folder, whose query names the picture": (
        "https://www.tiktok.com/api/img/?itemId=1&x-expires=1&x-signature=a",
        "https://www.tiktok.com/api/img/?itemId=1&x-expires=2&x-signature=b",
    ),
    "a signature that stands twice": (
        "https://a.example/1.jpg?sig=a&sig=b",
        "https://a.example/1.jpg?sig=c",
    ),
    # --- ways to write one URL
    "another order of parameters": (
        "https://a.example/i?id=1&w=2",
        "https://a.example/i?w=2&id=1",
    ),
    "capitals in scheme and host": ("HTTPS://A.Example/1.jpg", "https://a.example/1.jpg"),
    "http and https": ("http://a.example/1.jpg", "https://a.example/1.jpg"),
    "the default port of https": ("https://a.example:443/1.jpg", "https://a.example/1.jpg"),
    "the default port of http, with a zero in front": (
        "http://a.example:080/1.jpg",
        "http://a.example/1.jpg",
    ),
    "a port that is left out": ("https://a.example:/1.jpg", "https://a.example/1.jpg"),
    "the dot of a full name": ("https://a.example./1.jpg", "https://a.example/1.jpg"),
    "an IPv6 address in capitals": ("http://[2001:DB8::1]:80/1", "http://[2001:db8::1]/1"),
    "full width, capitals and combining accents in a host": (
        "https://BU\u0308CHER\u3002example/1.jpg",
        "https://xn--bcher-kva.example/1.jpg",
    ),
    "a fragment": ("https://a.example/1.jpg#a", "https://a.example/1.jpg#b"),
    "no path and the root": ("https://a.example?id=1", "https://a.example/?id=1"),
    "no query and an empty one": ("https://a.example/1.jpg", "https://a.example/1.jpg?"),
    "empty places between ampersands": (
        "https://a.example/i?&id=1&&w=2&",
        "https://a.example/i?id=1&w=2",
    ),
    "an empty value with and without its sign": (
        "https://a.example/i?id",
        "https://a.example/i?id=",
    ),
    "escapes in small letters": ("https://a.example/a%2fb?n=%c3", "https://a.example/a%2Fb?n=%C3"),
    "escapes of what needs none": (
        "https://a.example/%61%2Db?%69d=%31",
        "https://a.example/a-b?id=1",
    ),
    "letters beyond ASCII, escaped or not": (
        "https://a.example/é?n=ü",
        "https://a.example/%C3%A9?n=%c3%bc",
    ),
    "a bar, escaped or not": ("https://a.example/i?s=a|b", "https://a.example/i?s=a%7Cb"),
}

DIFFERENT = {
    "Azure's short names beside a signature that is not Azure's": (
        "https://a.example/i?sig=a&se=north&sp=1",
        "https://a.example/i?sig=a&se=south&sr=wide",
    ),
    "TikTok's own stable address": (
        "https://www.tiktok.com/api/img/?itemId=7549141001416396054&location=0&aid=1988",
        "https://www.tiktok.com/api/img/?itemId=7549141001416396055&location=0&aid=1988",
    ),
    "Instagram's own stable address": (
        "https://lookaside.instagram.com/seo/google_widget/crawler/?media_id=1",
        "https://lookaside.instagram.com/seo/google_widget/crawler/?media_id=2",
    ),
    "an id in the query": ("https://a.example/i?id=1", "https://a.example/i?id=2"),
    "a query without names": ("https://a.example/i?1", "https://a.example/i?2"),
    "one path on two hosts": ("https://a.example/1.jpg", "https://b.example/1.jpg"),
    "one path on two ports": ("https://a.example:8443/1.jpg", "https://a.example:9443/1.jpg"),
    "the other scheme's port": ("https://a.example:80/1.jpg", "https://a.example/1.jpg"),
    "a query and none": ("https://a.example/i?id=1", "https://a.example/i"),
    "a second parameter": ("https://a.example/i?id=1&page=2", "https://a.example/i?id=1"),
    "capitals in the path": ("https://a.example/A.jpg", "https://a.example/a.jpg"),
    "capitals in a name": ("https://a.example/i?ID=1", "https://a.example/i?id=1"),
    "a slash and an escaped slash": ("https://a.example/a/b", "https://a.example/a%2Fb"),
    "two slashes and one, which are two objects in S3": (
        "https://a.example/a//b",
        "https://a.example/a/b",
    ),
    "dots in the path, which are a name in S3": ("https://a.example/a/../b", "https://a.example/b"),
    "a plus and an escaped one": ("https://a.example/i?n=a+b", "https://a.example/i?n=a%2Bb"),
    "an ampersand and an escaped one": (
        "https://a.example/i?n=a&b=",
        "https://a.example/i?n=a%26b=",
    ),
    "the order of parameters of one name": (
        "https://a.example/i?id=1&id=2",
        "https://a.example/i?id=2&id=1",
    ),
    "a semicolon, which separates nothing": (
        "https://a.example/i?id=1;sig=a",
        "https://a.example/i?id=1;sig=b",
    ),
    "a signature in the fragment": (
        f"https://a.example{TOS}#?x-expires=1&x-signature=a",
        f"https://b.example{TOS}#?x-expires=1&x-signature=a",
    ),
    "a signature in the path": (
        "https://a.example/x-expires=1&x-signature=a",
        "https://b.example/x-expires=1&x-signature=a",
    ),
    "TikTok's paths": (
        f"https://a.example{TOS}?x-expires=1&x-signature=a",
        f"https://a.example{TOS}.webp?x-expires=1&x-signature=a",
    ),
    "TikTok's signature over a folder": (
        "https://www.tiktok.com/api/img/?itemId=1&x-expires=1&x-signature=a",
        "https://www.tiktok.com/api/img/?itemId=2&x-expires=1&x-signature=a",
    ),
    "an expiry that nothing signs": (
        "https://a.example/i?x-expires=1",
        "https://a.example/i?x-expires=2",
    ),
    "a name that only ends like a signature": (
        "https://a.example/i.jpg?max-signature=a&x-expires=1",
        "https://b.example/i.jpg?max-signature=a&x-expires=1",
    ),
    "x-signature alone, on two hosts": (
        "https://a.example/1.jpg?x-signature=a",
        "https://b.example/1.jpg?x-signature=a",
    ),
    "x-signature alone, beside an id": (
        "https://a.example/i?x-signature=a&id=1",
        "https://a.example/i?x-signature=a&id=2",
    ),
    "S3's objects in two buckets": (
        "https://a.s3.amazonaws.com/1.jpg?X-Amz-Signature=a",
        "https://b.s3.amazonaws.com/1.jpg?X-Amz-Signature=a",
    ),
    "S3's versions of an object": (
        "https://a.s3.amazonaws.com/1.jpg?versionId=1&X-Amz-Signature=a",
        "https://a.s3.amazonaws.com/1.jpg?versionId=2&X-Amz-Signature=a",
    ),
    "S3's parameters without a signature": (
        "https://a.example/i?X-Amz-Date=1",
        "https://a.example/i?X-Amz-Date=2",
    ),
    "what CloudFront passes on": (
        "https://d1.cloudfront.net/i?id=1&Expires=1&Signature=a&Key-Pair-Id=K",
        "https://d1.cloudfront.net/i?id=2&Expires=1&Signature=a&Key-Pair-Id=K",
    ),
    "CloudFront's policy without a signature": (
        "https://a.example/i?Policy=1",
        "https://a.example/i?Policy=2",
    ),
    "Azure's names without a signature": (
        "https://a.example/i?se=1&sp=2&sv=3&sr=4",
        "https://a.example/i?se=1&sp=5&sv=3&sr=4",
    ),
    "Azure's names beside a signature that is not Azure's": (
        "https://a.example/i?sp=1&sig=a",
        "https://a.example/i?sp=2&sig=a",
    ),
    "Azure's snapshots": (
        "https://a.blob.core.windows.net/c/1.jpg?snapshot=1&sv=2&sig=a",
        "https://a.blob.core.windows.net/c/1.jpg?snapshot=2&sv=2&sig=a",
    ),
    "Alibaba's and Volcengine's processing": (
        "https://a.aliyuncs.com/1.jpg?x-oss-process=image%2Fcrop,x_0&x-oss-signature=a",
        "https://a.aliyuncs.com/1.jpg?x-oss-process=image%2Fcrop,x_9&x-oss-signature=a",
    ),
    "Instagram's numbers of media": (
        "https://scontent.cdninstagram.com/v/i.jpg?ig_cache_key=MzA5&oh=a&oe=649023AC",
        "https://scontent.cdninstagram.com/v/i.jpg?ig_cache_key=MzA6&oh=a&oe=649023AC",
    ),
    "a media_id beside Meta's signature": (
        "https://lookaside.fbsbx.com/i/?media_id=1&oh=a&oe=649023AC",
        "https://lookaside.fbsbx.com/i/?media_id=2&oh=a&oe=649023AC",
    ),
    "Meta's parameters without a signature": (
        "https://a.example/i?_nc_cat=1&ccb=1",
        "https://a.example/i?_nc_cat=2&ccb=1",
    ),
    "profiles of Facebook": (
        "https://platform-lookaside.fbsbx.com/p/?asid=1&ext=1744021382&hash=AbY",
        "https://platform-lookaside.fbsbx.com/p/?asid=2&ext=1744021382&hash=AbY",
    ),
    "a hash that names a file of some extension": (
        "https://a.example/i?hash=abc&ext=jpg",
        "https://a.example/i?hash=abd&ext=jpg",
    ),
    "a token alone": ("https://a.example/1.jpg?token=a", "https://a.example/1.jpg?token=b"),
    "a t alone": ("https://a.example/1.jpg?t=1700000000", "https://a.example/1.jpg?t=1700000001"),
    "an exp alone": ("https://a.example/1.jpg?exp=1", "https://a.example/1.jpg?exp=2"),
    "a nonce alone": ("https://a.example/1.jpg?nonce=1", "https://a.example/1.jpg?nonce=2"),
    "a token that names the download": (
        "https://a.example/download?token=a&expires=1598024587",
        "https://a.example/download?token=b&expires=1598024587",
    ),
    "a JWT that may hold the moment of a thumbnail": (
        f"https://image.mux.com/x/thumbnail.jpg?token={JWT}",
        f"https://image.mux.com/x/thumbnail.jpg?token={OTHER_JWT}",
    ),
    "a moment of a video beside a signature": (
        "https://a.example/thumbnail.jpg?t=12&sig=a",
        "https://a.example/thumbnail.jpg?t=13&sig=a",
    ),
    "a sign of the zodiac": ("https://a.example/i?sign=leo", "https://a.example/i?sign=virgo"),
    "a signature without a value": (
        "https://a.example/i?token=a&sig=",
        "https://a.example/i?token=b&sig=",
    ),
    "what comes behind a token in the path": (
        f"https://a.example/exp=1~hmac={MAC}/1.jpg",
        f"https://a.example/exp=1~hmac={MAC}/2.jpg",
    ),
    "an md5 that names the picture": (
        f"https://a.example/i?md5={MAC}&expires=1598024587",
        f"https://a.example/i?md5={OTHER_MAC}&expires=1598024587",
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_two_urls_of_one_picture_have_one_key(one: str, other: str) -> None:
    assert is_cover_url(one)
    assert is_cover_url(other)
    assert picture_of(one) == picture_of(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_two_urls_that_may_be_two_pictures_have_two_keys(one: str, other: str) -> None:
    assert is_cover_url(one)
    assert is_cover_url(other)
    assert picture_of(one) != picture_of(other)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (f"https://p16.example{TOS}?x-expires=1&x-signature=a", TOS),
        (
            "https://www.tiktok.com/api/img/?itemId=7&location=0&aid=1988",
            "www.tiktok.com/api/img/?aid=1988&itemId=7&location=0",
        ),
        ("https://p16.example/obj/a.jpg?x-expires=1&sig=2", "p16.example/obj/a.jpg"),
        (
            "https://b.s3.amazonaws.com/1.jpg?versionId=7&X-Amz-Signature=a",
            "b.s3.amazonaws.com/1.jpg?versionId=7",
        ),
        ("http://H:8080/a.jpg#top", "h:8080/a.jpg"),
        ("http://h/a%2bb//c?é", "h/a%2Bb//c?%C3%A9="),
        ("http://h", "h/"),
    ],
)
def test_stored_keys_stay_valid(url: str, key: str) -> None:
    assert picture_of(url) == key


# --- laws

_unreserved = st.text("abzAZ019-_.~", min_size=1, max_size=12)
_own = st.lists(st.tuples(_unreserved.map("own_{}".format), _unreserved), max_size=4)
_SAMPLES = [
    "b",
    "c",
    "https",
    "https%2Chttp",
    "2026-10-14",
    "2026-10-14T08:30:00Z",
    "abc",
    "x-y_z",
    "1598024587",
    "1698024587",
    MAC,
    OTHER_MAC,
    JWT,
    OTHER_JWT,
    "ak:c2ln",
    "ak%3Ac2lo%3D",
    f"1598024587_{MAC}",
    f"1698024587_{OTHER_MAC}",
    f"1598024587-0-0-{MAC}",
    f"1698024587-r1-7-{OTHER_MAC}",
    "_e4Nc3iduzkWRm01TBBNYw",
    "Xe4Nc3iduzkWRm01TBBNYw%3D%3D",
    "_e4Nc3iduzkWRm01TBBNYw,1598024587",
    "Xe4Nc3iduzkWRm01TBBNYw==%2C1698024587",
]
"""Values of signatures; each form that a scheme asks for is met by two of them."""

_WHERE = {
    "Supabase Storage": "https://a.example/object/sign/1.jpg",
    "Facebook profile pictures": "https://lookaside.fbsbx.com/1.jpg",
    "LinkedIn": "https://media.licdn.com/1.jpg",
}


def _signature(scheme: SigningScheme) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Parameters with which the scheme may sign a URL, in any order."""
    fitting = {
        name: [value for value in _SAMPLES if form is None or form.fullmatch(value)]
        for name, form in scheme.required.items()
    }
    needed = [st.tuples(st.just(name), st.sampled_from(fitting[name])) for name in fitting]
    # With both of these TikTok's scheme would be there as well.
    others = {"x-signature"} | ({"x-expires"} if "x-signature" in scheme.required else set())
    further = sorted(scheme.signature - set(scheme.required) - others) or ["own_0"]
    may = st.tuples(st.sampled_from(further), st.sampled_from(_SAMPLES))
    return st.tuples(*needed, *[may] * (further != ["own_0"])).map(list).flatmap(st.permutations)


def _url(base: str, parameters: list[tuple[str, str]]) -> str:
    query = "&".join(f"{name}={value}" for name, value in parameters)
    return f"{base}?{query}" if query else base


@given(st.sampled_from(SCHEMES), _own, st.data())
def test_signing_a_url_again_keeps_its_key(
    scheme: SigningScheme, own: list[tuple[str, str]], data: st.DataObject
) -> None:
    base = _WHERE.get(scheme.family, "https://a.example/c/1.jpg")
    place = data.draw(st.integers(0, len(own)))
    one, other = data.draw(_signature(scheme)), data.draw(_signature(scheme))
    key = picture_of(_url(base, [*own, *one]))
    assert picture_of(_url(base, [*own[:place], *other, *own[place:]])) == key
    assert key in (picture_of(_url(base, own)), "/c/1.jpg")


@pytest.mark.parametrize(
    "scheme", SCHEMES, ids=lambda scheme: f"{scheme.family}: {[*scheme.required]}"
)
def test_each_part_of_a_signature_may_change(scheme: SigningScheme) -> None:
    base = _WHERE.get(scheme.family, "https://a.example/c/1.jpg")
    values = {
        name: [value for value in _SAMPLES if form is None or form.fullmatch(value)]
        for name, form in scheme.required.items()
    }
    assert all(len(fitting) >= 2 for fitting in values.values())
    old = {name: fitting[0] for name, fitting in values.items()}
    new = {name.upper(): fitting[-1] for name, fitting in values.items()}
    assert picture_of(_url(base, [*old.items()])) == picture_of(_url(base, [*new.items()]))
    for name in scheme.required:
        unsigned = {**old, "own": "1"}
        del unsigned[name]
        assert "own=1" in picture_of(_url(base, [*unsigned.items()]))


@pytest.mark.parametrize(
    "scheme", SCHEMES, ids=lambda scheme: f"{scheme.family}: {[*scheme.required]}"
)
def test_the_source_of_each_scheme_is_named(scheme: SigningScheme) -> None:
    assert len(scheme.source) > 20
    assert all(name == name.lower() for name in scheme.signature | scheme.times)


@given(urls, _unreserved, _unreserved)
def test_another_parameter_of_an_unsigned_url_is_another_picture(
    url: str, name: str, value: str
) -> None:
    url = url.partition("#")[0]
    longer = f"{url}{'&' if '?' in url else '?'}own_{name}={value}"
    assert picture_of(longer) != picture_of(url)


@given(st.text("abc/?&=#%2fF~.:-é\u3002\ud800 amp;x-signature=x-expires=sig=hmac", max_size=60))
def test_the_fast_path_for_tiktok_agrees_with_the_general_one(rest: str) -> None:
    for url in (f"https://a.example/{rest}", f"https://a{rest}?x-expires=1&x-signature=a"):
        assume(is_cover_url(url))
        assert picture_of(url) == _picture_of_any(url)


@given(
    st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=20),
    st.text(st.characters(min_codepoint=0x21, exclude_characters="\x7f"), max_size=60),
)
def test_no_cover_url_is_without_a_key(host: str, rest: str) -> None:
    url = f"http://{host}/{rest}"
    assume(is_cover_url(url))
    assert picture_of(url)
    assert picture_of(f"https://a.example/{quote(rest, errors='surrogatepass')}")


@pytest.mark.parametrize(
    "unit",
    [
        "&",
        "a&",
        "=&",
        "sig=a&",
        "%",
        "%2f",
        "é",
        "st=~exp=~acl=~hmac=",
        "token=a.a.a.",
        "x-signature=a&x-expires=1&",
        "ext=1&hash=2&",
        "/~hmac=",
        "/bcdn_token=",
        "#?x-signature",
        "1-1-",
    ],
)
def test_a_url_of_64_kib_takes_proportionate_time(unit: str) -> None:
    long = unit * (64 * 1024 // len(unit))
    before = time.process_time()
    for url in (f"https://a.example/{long}", f"https://a.example/i?id=1&sig=a&{long}"):
        picture_of(url)
    # Some 50 ms; a step for each pair of characters would be four thousand million of them.
    assert time.process_time() - before < 2
