"""The id of the request that is worked on, the same in all its log lines."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Set for each update; "-" outside of any."""
