"""The wire tier: both transports against one real TLS server on loopback, without a mock.

The server stands in for every host that the documents declare. urllib3 and aiohttp reach it
through a dialler and a resolver of their own (`dialling`), so the URL, the `Host` header, the
name asked for at the handshake and the check of the certificate are those of production; a
host that no document declares fails that check. `strict` plays a scene in its documented
order, `stage` drives both clients through it, `egress` keeps the process from dialling
anything else.
"""
