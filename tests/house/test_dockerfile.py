"""The Dockerfile keeps its promises (operations 7.1): checked as text, so that no container engine is needed."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from tests.conftest import ROOT


class Instruction(NamedTuple):
    """One instruction of the Dockerfile: its keyword in capitals, and the rest on one line."""

    keyword: str
    rest: str


def instructions() -> list[Instruction]:
    """The instructions in order, comments dropped and continued lines joined."""
    lines = [
        line
        for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    parts = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [Instruction(part[0].upper(), part[1] if len(part) > 1 else "") for part in parts]


def final_stage() -> list[Instruction]:
    """The instructions of the last stage, its FROM first."""
    everything = instructions()
    last = max(index for index, each in enumerate(everything) if each.keyword == "FROM")
    return everything[last:]


def one(keyword: str) -> str:
    """What the last stage says under a keyword that it must hold exactly once."""
    found = [each.rest for each in final_stage() if each.keyword == keyword]
    assert len(found) == 1, f"{keyword}: {found}"
    return found[0]


def test_the_base_is_one_argument() -> None:
    """Both stages stand on ${BASE}, so one build argument pins the image by digest; the head of the file says how."""
    everything = instructions()
    assert everything[0] == Instruction("ARG", "BASE=python:3.13-slim")
    assert [each.rest for each in everything if each.keyword == "FROM"] == ["${BASE} AS build", "${BASE}"]
    assert "--build-arg BASE=python:3.13-slim@sha256:<digest>" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_it_runs_as_a_numeric_user_without_rights() -> None:
    """USER is numeric (so that Kubernetes can check runAsNonRoot) and comes before the entry point."""
    assert one("USER") == "10001:10001"
    keywords = [each.keyword for each in final_stage()]
    assert keywords.index("USER") < keywords.index("ENTRYPOINT")


def test_commands_are_in_exec_form() -> None:
    """ENTRYPOINT, CMD and the health check are JSON arrays: signals reach the service, and no shell is needed."""
    entry = json.loads(one("ENTRYPOINT"))
    command = json.loads(one("CMD"))
    health = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    assert entry == ["/opt/vcf-cds/bin/vcf-cds"]
    assert command[0] == "serve"
    assert command[command.index("--profile") + 1] == "production"
    assert health[0] == "/opt/vcf-cds/bin/python"
    assert "/livez" in health[-1]


def test_the_health_check_asks_the_port_that_is_served() -> None:
    """EXPOSE, the served port and the health check's port are the same."""
    command = json.loads(one("CMD"))
    port = command[command.index("--port") + 1]
    assert one("EXPOSE") == port
    assert f":{port}/livez" in one("HEALTHCHECK")


def test_nothing_is_installed_without_a_hash() -> None:
    """Every pip install of the build is from a hashed lock, or of the wheel just built without dependencies."""
    runs = " && ".join(each.rest for each in instructions() if each.keyword == "RUN")
    installs = [part for part in re.split(r"&&|;", runs) if "pip install" in part]
    assert len(installs) == 3
    assert all("--require-hashes -r" in part or "--no-deps dist/*.whl" in part for part in installs)


def test_the_last_stage_adds_no_tool_and_no_secret() -> None:
    """The last stage runs nothing, adds nothing from outside, and no instruction names a secret (operations 7.1)."""
    assert not [each for each in final_stage() if each.keyword in {"RUN", "ADD", "SHELL"}]
    assert all(each.rest.startswith("--from=build") for each in final_stage() if each.keyword == "COPY")
    assert not [each for each in instructions() if each.keyword == "ADD"]
    declared = " ".join(each.rest for each in instructions() if each.keyword in {"ARG", "ENV"})
    assert not re.search(r"token|secret|passw|key=", declared, re.IGNORECASE)


def test_only_data_is_writable() -> None:
    """/data is the one volume and belongs to the user; no byte code is written at run time (read-only root)."""
    assert one("VOLUME") == "/data"
    assert any(each.keyword == "COPY" and "--chown=10001:10001 /data /data" in each.rest for each in final_stage())
    assert "PYTHONDONTWRITEBYTECODE=1" in one("ENV")


def test_labels_say_what_it_is() -> None:
    """The OCI labels give title, licence, revision and version, and that the content is not reviewed."""
    label = one("LABEL")
    for key in ("title", "description", "licenses", "revision", "version"):
        assert f"org.opencontainers.image.{key}=" in label
    assert "Not clinically reviewed" in label


def test_the_build_context_is_an_allow_list() -> None:
    """.dockerignore leaves everything out but what the Dockerfile copies from the checkout."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        name
        for each in instructions()
        if each.keyword == "COPY" and not each.rest.startswith("--from")
        for name in each.rest.split()[:-1]
    }
    assert lines[0] == "*"
    assert copied == allowed
