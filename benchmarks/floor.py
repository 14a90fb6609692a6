"""The floor: a service that reads the body as JSON, looks at nothing, and answers one fixed card.

It runs under the service's own server options, so what the service costs beyond it is the service's own work.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import orjson
from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication

from cds_service import logs
from cds_service import settings as configuration
from cds_service.serve import options, serve

ANSWER: Final = {
    "cards": [
        {
            "uuid": "8c8e4f4a-3c58-4a0f-9a43-8d3a7d4a2f11",
            "summary": "A fixed card",
            "indicator": "info",
            "detail": "The same for every body.",
            "source": {"label": "The floor"},
        }
    ]
}


def floor() -> Flask:
    """The application: as little as a CDS service in Flask can do."""
    app = Flask(__name__)

    @app.post("/cds-services/<service_id>")
    def answer(service_id: str) -> Response:
        orjson.loads(request.get_data())
        return Response(orjson.dumps(ANSWER), mimetype="application/json")

    return app


class _Untuned(BaseApplication):
    """gunicorn with the service's options but for the hook that warms a worker up and settles its garbage."""

    def load_config(self) -> None:
        chosen = options(configuration.load(), floor())
        for name, value in chosen.items():
            if name != "post_worker_init":
                self.cfg.set(name, value)

    def load(self) -> Any:
        return floor()


def main(arguments: list[str]) -> None:
    """Serve the floor, with ``untuned`` without the garbage collector's settings; does not return."""
    if arguments == ["untuned"]:
        logs.to_stream()
        _Untuned().run()
    else:
        serve(configuration.load(), floor())


if __name__ == "__main__":
    main(sys.argv[1:])
