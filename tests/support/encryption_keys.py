"""How people write that a connection to MySQL is to be encrypted, in whatever driver's words."""

import json
from typing import Any
from urllib.parse import urlencode

KEYS: dict[str, Any] = {
    # MySQL's and MariaDB's client options, as they stand in their manuals and otherwise
    "ssl-mode": "REQUIRED",
    "sslmode": "require",
    "sslMode": "VERIFY_CA",
    "SSL_MODE": "REQUIRED",
    "Ssl_Mode": "REQUIRED",
    "ssl.mode": "REQUIRED",
    "ssl mode": "REQUIRED",
    " ssl_mode": "REQUIRED",
    "SSL": "true",
    "ssl-ca": "/path/ca.pem",
    "ssl_ca": "/path/ca.pem",
    "SSL_CA": "/path/ca.pem",
    "sslca": "/path/ca.pem",
    "ssl_capath": "/path",
    "ssl_cert": "/path/cert.pem",
    "ssl_key": "/path/key.pem",
    "ssl_cipher": "AES256-SHA",
    "ssl_crl": "/path/crl.pem",
    "ssl_crlpath": "/path",
    "ssl-verify-server-cert": "1",
    "ssl_fips_mode": "ON",
    "tls_version": "TLSv1.3",
    "tls-ciphersuites": "TLS_AES_256_GCM_SHA384",
    "require_secure_transport": "ON",
    "MYSQL_OPT_SSL_MODE": "REQUIRED",
    # PyMySQL, mysql-connector-python, aiomysql, SQLAlchemy, Django
    "ssl_disabled": "false",
    "ssl_verify_cert": "true",
    "ssl_verify_identity": "true",
    "ssl_check_hostname": "true",
    "check_hostname": "true",
    "ssl_context": "default",
    "tls": "true",
    "TLS": "true",
    "tls_versions": "TLSv1.2,TLSv1.3",
    "connect_args": {"ssl": {"ca": "/path/ca.pem"}},
    "connectArgs": {"connect_timeout": 3},
    "options": {"ssl": {"ca": "/path/ca.pem"}},
    "OPTIONS": '{"ssl": {"ca": "/path/ca.pem"}}',
    "client_flag": 2048,
    "client_flags": ["SSL"],
    "read_default_file": "/etc/mysql/my.cnf",
    "read_default_group": "client",
    "defaults_extra_file": "/etc/mysql/my.cnf",
    # Connector/J, MariaDB's Connector/J, Connector/NET
    "useSSL": "true",
    "requireSSL": "true",
    "useTls": "true",
    "verifyServerCertificate": "true",
    "trustServerCertificate": "true",
    "trustCertificateKeyStoreUrl": "file:/path/store",
    "clientCertificateKeyStoreUrl": "file:/path/store",
    "trustStore": "/path/store",
    "keyStore": "/path/store",
    "serverSslCert": "/path/ca.pem",
    "enabledTLSProtocols": "TLSv1.3",
    "CertificateFile": "/path/client.pfx",
    "Encrypt": "true",
    "encryption": "on",
    "secure": "true",
    # libpq, Node, Go, and names that stand inside of `ssl`
    "sslrootcert": "/path/ca.pem",
    "sslcert": "/path/cert.pem",
    "sslkey": "/path/key.pem",
    "rejectUnauthorized": True,
    "reject_unauthorized": {"ssl": True},
    "ca": "/path/ca.pem",
    "CA": "/path/ca.pem",
    "ca_file": "/path/ca.pem",
    "cafile": "/path/ca.pem",
    "capath": "/path",
    "cert": "/path/cert.pem",
    "key": "/path/key.pem",
    "cipher": "AES256-SHA",
    "pem": "/path/ca.pem",
    "x509": "true",
    "root_ca": "/path/authority",
    "rootCA": "/path/authority",
    "ca_bundle": "/path/bundle",
    "server-ca": "/path/authority",
    "pfx": "/path/client",
    "passphrase": "open",
    "sni": "db.example",
    "https": True,
    "flags": 2048,
    "connection_args": {"connect_timeout": 3},
    "connect_kwargs": {"connect_timeout": 3},
    # Keys that say nothing, with a value that does
    "mode": "VERIFY_CA",
    "security-mode": "REQUIRED",
    "mysql": {"mode": "VERIFY_IDENTITY"},
    "connection_mode": "REQUIRED",
    "authority": "/path/global-bundle.pem",
    # Keys that are read, and whose value has another parameter in it
    "charset": "utf8mb4;ssl_mode=REQUIRED",
    "cursor": "SSCursor?ssl=true",
    "note": "uses sslmode=require",
}
"""Keys that Airflow's hook passes over, with a value that people give them."""

VALUES: dict[str, list[Any]] = {
    "ssl_mode": [
        *(
            "",
            " REQUIRED",
            "required",
            "Required",
            "PREFERRED",
            "preferred",
            "VERIFY",
            "verify-full",
        ),
        *("true", "1", None, True, 1, ["REQUIRED"], {"mode": "REQUIRED"}),
    ],
    "ssl": [
        *("", "ca.pem", "yes", "True", "REQUIRED", "1", '"true"', '{"ca": "/path/ca.pem"', "{}"),
        *(None, 1, [], {}, ["/path/ca.pem"], {"ca": None}, {"ca": ""}, {"ca": 5}, {"ca": True}),
        *({"ssl_ca": "/path/ca.pem"}, {"CA": "/path/ca.pem"}, {"ca": "/nowhere/ca.pem"}),
        *({"ca": "/tmp"}, {"capath": "/nowhere"}, {"cert": "/nowhere", "key": "/nowhere"}),
        {"ca": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
        *({"check_hostname": True}, {"verify_mode": True}, {"ssl": {"ca": "/path/ca.pem"}}),
    ],
}
"""What the two keys that are read may not be."""

EXTRAS = [
    *("ssl_mode=REQUIRED", "ssl_mode: REQUIRED", "?ssl_mode=REQUIRED", "ssl", " ", "null", "5"),
    *('"REQUIRED"', '["ssl_mode"]', "{'ssl_mode': 'REQUIRED'}", '{"ssl_mode": "REQUIRED",}'),
    *('{"ssl_mode": "REQUIRED"', '{"ssl_mode": "REQUIRED", "ssl_mode": "DISABLED"}', "true"),
]
"""Extras that are no JSON objects, or not one alone."""


def as_query(extra: dict[str, Any]) -> str:
    """An extra as the parameters of a URI."""
    return urlencode(
        {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in extra.items()
        }
    )
