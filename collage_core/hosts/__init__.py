"""Which hosts and addresses may be asked for covers.

- `allowed_hosts`: what an entry of the allow-list may be.
- `request_headers`: the headers that some hosts ask for.
- `host_limits`: the most requests per second that some hosts get.
- `by_host`: settings that give hosts, or globs of hosts, a value.
- `address_blocks`: which IP addresses are public, private, or never asked.
- `host_names`: host names in ASCII, converted as browsers do it.
"""
