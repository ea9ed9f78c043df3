"""Covers fetched over HTTP, from hosts that are not trusted.

From a URL to a body:

- `fetcher`: a URL to bytes or a reason, with retries.
- `transport`: one GET, with its limits of time and memory, to checked addresses only.
- `sockets`: sockets with a deadline and a limit for the size of the headers.
- `response`: one response. Its end is known exactly, or its connection is closed.
- `header_lines`: headers, read as browsers read them.
- `bodies`: reads bodies within the limits of one body and of all that are held at once.
- `content_codings`: how a body was compressed, and whether it can be decompressed here.
- `redirects`: where a redirect leads, and the cookies that it may need.

When and where a request is made:

- `addresses`: the addresses that a host may be asked at.
- `blocked_hosts`: the hosts that were refused, for one log line.
- `host_gate`: when a host may be asked; all threads go through it.
- `host_pace`: spaces the requests to hosts that have a limit.
- `host_pauses`: hosts that have asked for a pause, and those that go on refusing.
- `host_breaker`: stops asking a host that does not answer.
- `cover_time`: how much time there is for one cover; waiting for its host takes none of it.
- `retry_after`: how long a server asks us to wait.
- `machine`: the clock, the resolver and whatever else a test replaces.
"""
