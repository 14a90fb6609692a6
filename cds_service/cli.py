"""The `vcf-cds` command. stdout is data, stderr is messages; exit 0 answered, 1 refused or found, 2 usage, 3
environment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import orjson

from cds_service import settings as configuration
from cds_service.app import check_content, check_site, today
from cds_service.check import telling
from cds_service.check.asking import BARE_HOOKS, bare, from_file
from cds_service.check.ehr import DEADLINE_MS, Ehr, Unusable
from cds_service.check.finding import Found, find
from cds_service.errors import RequestError, SettingsError
from cds_service.fhir.client.client import FhirClient
from cds_service.fhir.client.tokens import Token
from cds_service.fhir.record import bare_id
from cds_service.hooks import explain as explaining
from cds_service.hooks.invoke import Evaluated, judge, respond
from cds_service.hooks.offer import offered_services
from cds_service.hooks.requests import HookRequest, hook_of, read_request
from cds_service.hooks.responses import operation_outcome, to_json
from cds_service.hooks.services import HOOKS, Service
from cds_service.knowledge.errors import ContentError
from cds_service.reports import read_report, reading_to_json
from cds_service.reports.trace import trace
from cds_service.reports.view import report_view
from cds_service.samples import bundles, folder, sample_request, written
from cds_service.settings import Settings

ANSWERED, REFUSED, USAGE, ENVIRONMENT = 0, 1, 2, 3
_COLUMNS = 100
"""Of the marked text, where there is no terminal to ask."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()  # here, so that a reader who has gone is noticed here
        return code
    except BrokenPipeError:  # an OSError too, so it stands first
        return _seen_enough()
    except OSError as error:
        return _say(f"cannot read or write: {error.strerror}", ENVIRONMENT)


def _run(options: argparse.Namespace) -> int:
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (SettingsError, ContentError) as error:
        return _say(str(error), ENVIRONMENT)
    except RequestError as error:
        _print(operation_outcome(error.code, str(error), error.expression))
        return _say(str(error), REFUSED)


def _seen_enough() -> int:
    """Whoever read the output (`| head`) has gone. The rest goes nowhere: Python would try it again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return ANSWERED


def _say(message: str, code: int) -> int:
    print(f"vcf-cds: {message}", file=sys.stderr)
    return code


def _print(body: Mapping[str, object]) -> None:
    whole = orjson.loads(to_json(body))  # slices of the request become JSON like the rest
    sys.stdout.write(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode() + "\n")


def _show(text: str) -> None:
    """Text with words of a record: it may hold letters that a terminal lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vcf-cds",
        description="CDS Hooks service for vertebral compression fractures. Content not yet clinically reviewed.",
        epilog="Example: vcf-cds evaluate request.json --as-of 2026-11-20",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve over HTTP under gunicorn")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.add_argument("--profile", choices=("demo", "production"))
    serve.set_defaults(command=_serve)

    evaluate = commands.add_parser("evaluate", help="a CDS Hooks request in, the response out")
    _takes_request(evaluate)
    evaluate.add_argument("--service", metavar="ID", help="service id; by default the one for the request's hook")
    evaluate.set_defaults(command=_evaluate)

    explain = commands.add_parser("explain", help="every recommendation with its criteria, evidence and citation")
    _takes_request(explain)
    explain.add_argument("--json", action="store_true", help="JSON instead of a table")
    explain.set_defaults(command=_explain)

    report = commands.add_parser("read-report", help="radiology text in, findings per vertebral level out")
    report.add_argument("file", metavar="FILE", help="a text file, - for standard input")
    report.add_argument("--json", action="store_true", help="JSON instead of the marked text")
    report.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colors in the marked text; auto: on a terminal, unless NO_COLOR is set",
    )
    report.set_defaults(command=_read_report)

    validate = commands.add_parser("validate", help="check content and site file without starting")
    validate.set_defaults(command=_validate)

    sample = commands.add_parser("sample-request", help="a made-up request, dated relative to today")
    sample.add_argument("--as-of", type=_date, metavar="DATE")
    sample.set_defaults(command=_sample_request)

    patients = commands.add_parser("sample-patients", help="made-up patients, one for each card, for a FHIR server")
    target = patients.add_mutually_exclusive_group()
    target.add_argument("--load", type=_base, metavar="FHIR_BASE", help="put them on this server (VCF_TOKEN: a token)")
    target.add_argument("--out", type=Path, metavar="DIR", help="write bundles, requests and an index into this folder")
    patients.add_argument("--as-of", type=_date, metavar="DATE", help="the day they are made for; by default today")
    patients.set_defaults(command=_sample_patients)

    check = commands.add_parser(
        "check",
        help="play an EHR against a live FHIR server",
        description="Runs a hook of this service for patients of a FHIR server, as an EHR that sends fhirServer and no"
        " prefetch, and prints what was asked, what was missing, and the cards. Nothing is written there.",
    )
    check.add_argument("base", type=_base, metavar="FHIR_BASE", help="the server; it counts as allowed")
    whom = check.add_mutually_exclusive_group(required=True)
    whom.add_argument("--patient", type=_patient, metavar="ID", help="for this patient")
    whom.add_argument("--find", action="store_true", help="for patients with a vertebral fracture on record")
    check.add_argument("--limit", type=_number(1, 1000), default=5, metavar="N", help="patients of --find; 5")
    check.add_argument("--hook", choices=HOOKS, metavar="H", help=f"{', '.join(BARE_HOOKS)}; others need --request")
    check.add_argument("--request", metavar="FILE", help="take hook, orders and the rest of the context from a request")
    check.add_argument("--token", type=_dash, metavar="-", help="read a token from standard input; else VCF_TOKEN")
    check.add_argument(
        "--deadline-ms", type=_number(10, 60_000), default=DEADLINE_MS, metavar="N", help="time for reading; 15000"
    )
    check.add_argument("--as-of", type=_date, metavar="DATE", help="judge as of this day; by default today")
    check.add_argument("--json", action="store_true", help="JSON instead of text")
    check.set_defaults(command=_check)
    return parser


def _takes_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a request in JSON, - for standard input")
    parser.add_argument(
        "--as-of", type=_date, metavar="DATE", help="judge as of this day (YYYY-MM-DD); by default today"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("use a date, YYYY-MM-DD") from None


def _base(text: str) -> str:
    try:
        return configuration.base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _patient(text: str) -> str:
    found = bare_id(text)
    if found is None:
        raise argparse.ArgumentTypeError("use the id of a Patient")
    return found


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"use a whole number from {least} to {most}")
        return int(text)

    return read


def _dash(text: str) -> str:
    if text != "-":  # and it is not repeated: it may be the token itself
        raise argparse.ArgumentTypeError("give - and the token on standard input: others can see the arguments")
    return text


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _judged(
    options: argparse.Namespace, service_id: str | None
) -> tuple[Service, HookRequest, Settings, Evaluated, date]:
    settings = configuration.load()
    check_site(settings)
    body = _bytes(options.file)
    services = offered_services()
    service = services.get(service_id) if service_id else services.for_hook(hook_of(body))
    request = read_request(service, body)
    as_of = options.as_of or today(settings)
    evaluated = judge(service, request, settings, as_of=as_of, client=FhirClient(settings))
    return service, request, settings, evaluated, as_of


def _evaluate(options: argparse.Namespace) -> int:
    service, request, settings, evaluated, _ = _judged(options, options.service)
    _print(respond(service, request, settings, evaluated))
    return ANSWERED


def _explain(options: argparse.Namespace) -> int:
    *_, evaluated, as_of = _judged(options, None)
    if options.json:
        _print(explaining.explanation(evaluated, as_of))
    else:
        print(explaining.table(evaluated, as_of))
    return ANSWERED


def _read_report(options: argparse.Namespace) -> int:
    text = _bytes(options.file).decode("utf-8", "replace")
    if options.json:
        _print(reading_to_json(read_report(text)))
        return ANSWERED
    color = options.color == "always" or (
        options.color == "auto" and sys.stdout.isatty() and not configuration.wants_no_color()
    )
    _show(report_view(trace(text), width=shutil.get_terminal_size((_COLUMNS, 24)).columns, color=color))
    return ANSWERED


def _validate(options: argparse.Namespace) -> int:
    settings = configuration.load()
    for line in check_content(settings):
        print(line)
    return ANSWERED


def _sample_request(options: argparse.Namespace) -> int:
    settings = configuration.load()
    _print(sample_request(options.as_of or today(settings), settings.canonical_base))
    return ANSWERED


def _sample_patients(options: argparse.Namespace) -> int:
    settings = configuration.load()
    as_of, base = options.as_of or today(settings), settings.canonical_base
    if options.load is not None:
        return _load(bundles(as_of, base), options.load)
    if options.out is not None:
        count = folder.write(options.out, written(as_of, base), as_of)
        return _say(f"{count} files written to {options.out}", ANSWERED)
    print(folder.table(written(as_of, base)))
    return _say("--load FHIR_BASE puts them on a server, --out DIR writes them as files", ANSWERED)


def _load(sample: Mapping[str, Mapping[str, object]], base: str) -> int:
    from cds_service.samples.load import Unreachable, load

    refused = False
    try:
        for name, answer in load(sample, base, configuration.bearer_token()):
            print(f"{name}: {answer}", flush=True)
            refused = refused or not answer.loaded
    except Unreachable as error:
        return _say(f"{error}; what is not listed above was not loaded", ENVIRONMENT)
    return REFUSED if refused else ANSWERED


def _check(options: argparse.Namespace) -> int:
    if options.token and options.request == "-":
        return _say("standard input can hold the token or the request, not both", USAGE)
    settings = configuration.load()
    check_site(settings)
    if options.request:
        question = from_file(offered_services(), _bytes(options.request))
        if options.hook not in (None, question.service.hook):
            return _say(f"the request is for {question.service.hook}: leave --hook out", USAGE)
    elif options.hook in (None, *BARE_HOOKS):
        question = bare(offered_services(), options.hook or BARE_HOOKS[0])
    else:
        return _say(f"{options.hook} is about more than a patient: give it with --request FILE", USAGE)
    ehr = Ehr(settings, options.base, _token(options), options.deadline_ms)
    try:
        server = ehr.server()
        found = find(ehr) if options.find else Found((options.patient,))
    except Unusable as error:
        return _say(str(error), ENVIRONMENT if error.out_of_reach else REFUSED)
    as_of = options.as_of or today(settings)
    if options.find:
        _say(telling.of_search(found, options.limit), ANSWERED)
    if not options.json:
        _show(telling.heading(server, question.service.hook, as_of))
    outcomes = []
    for patient_id in found.patients[: options.limit]:
        outcomes.append(ehr.call(question, patient_id, as_of))
        if not options.json:
            _show(telling.summary(outcomes[-1]) if options.find else telling.whole(outcomes[-1], ehr))
    if options.json:
        _print(telling.as_json(ehr, server, question.service.hook, as_of, outcomes))
    return ANSWERED if any(outcome.response for outcome in outcomes) else REFUSED


def _token(options: argparse.Namespace) -> Token | None:
    if options.token is None:
        token = configuration.bearer_token()
    else:
        token = configuration.read_token(sys.stdin.readline(), "standard input")
        if token is None:
            raise SettingsError(["standard input: there is no token on its first line"])
    return Token(token) if token else None


def _serve(options: argparse.Namespace) -> int:
    from cds_service.serve import serve

    chosen = {"VCF_HOST": options.host, "VCF_PORT": options.port, "VCF_PROFILE": options.profile}
    settings = configuration.load(overrides={name: str(value) for name, value in chosen.items() if value is not None})
    serve(settings)
    return ANSWERED


if __name__ == "__main__":
    sys.exit(main())
