"""The one error of this package: content that must not be served.

``ContentError`` is a ``ValueError``: a data file (or a site's override of one) is wrong, the service refuses to start,
and the message names the file, the line and what to change.
"""


class ContentError(ValueError):
    """Shipped or site-supplied content is not usable. The message starts with ``file:line`` where there is one."""
