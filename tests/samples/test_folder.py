"""`sample-patients --out DIR`: the same files for the same day, and nobody else's file is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds_service import cli
from cds_service.samples import cases

DAY, LATER = "2026-11-20", "2026-12-01"


def out(folder: Path, day: str = DAY) -> int:
    """The exit code of the command."""
    return cli.main(["sample-patients", "--out", str(folder), "--as-of", day])


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_bundle_a_request_and_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files a case, the index and a README; stdout is left to data."""
    assert out(tmp_path / "new" / "folder") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "58 files written" in said.err
    written = files(tmp_path / "new" / "folder")
    expected = {f"{name}.{kind}.json" for name in cases() for kind in ("bundle", "request")}
    assert set(written) == expected | {"index.json", "README.md"}
    index = json.loads(written["index.json"])
    assert index["asOf"] == DAY
    assert [entry["id"] for entry in index["cases"]] == list(cases())
    for entry in index["cases"]:
        case = cases()[entry["id"]]
        assert (entry["patientId"], entry["hook"], entry["cards"]) == (case.patient_id, case.hook, dict(case.cards))
        request = json.loads(written[f"{case.id}.request.json"])
        assert (request["hook"], request["context"]["patientId"]) == (entry["hook"], entry["patientId"])
        bundle = json.loads(written[f"{case.id}.bundle.json"])
        assert bundle["entry"][0]["resource"]["id"] == entry["patientId"]
    assert "not clinically reviewed" in written["README.md"].decode()


def test_written_twice_the_files_are_the_same(tmp_path: Path) -> None:
    """The same day gives the same bytes."""
    assert out(tmp_path) == 0
    before = files(tmp_path)
    assert out(tmp_path) == 0
    assert files(tmp_path) == before


def test_files_of_an_earlier_day_are_replaced(tmp_path: Path) -> None:
    """They are the command's own, whatever their date; what it did not write stays beside them."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert out(tmp_path) == 0
    before = files(tmp_path)
    assert out(tmp_path, LATER) == 0
    after = files(tmp_path)
    assert set(after) == set(before)
    assert json.loads(after["index.json"])["asOf"] == LATER
    assert not [name for name in after if name.endswith(".bundle.json") and after[name] == before[name]]
    assert after["notes.txt"] == b"mine"


@pytest.mark.parametrize(
    "name", ["index.json", "README.md", "imaging-caution.bundle.json", "imaging-caution.request.json"]
)
@pytest.mark.parametrize("content", ["", "mine", "[]", '{"resourceType": "Bundle", "id": "other"}'])
def test_what_somebody_else_wrote_is_not_overwritten(
    name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, the name of the file that is in the way, and not one file is written."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert out(tmp_path) == 3
    assert name in capsys.readouterr().err
    assert files(tmp_path) == {name: content.encode()}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A name that leads elsewhere is taken, even when nothing is there."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "index.json").symlink_to(tmp_path / "elsewhere.json")
    assert out(folder) == 3
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_file_in_place_of_the_folder_is_an_error_of_the_environment(tmp_path: Path) -> None:
    """Exit 3, as for every file that cannot be written."""
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    assert out(tmp_path / "taken") == 3
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_without_an_option_it_lists_the_patients(capsys: pytest.CaptureFixture[str]) -> None:
    """stdout is the index as a table, stderr says what the options do; exit 0."""
    assert cli.main(["sample-patients", "--as-of", DAY]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert len(lines) == len(cases())
    for line, case in zip(lines, cases().values(), strict=True):
        patient, hook, *cards = line.replace(",", "").split()
        assert (patient, hook, cards) == (case.patient_id, case.hook, list(case.cards))
    assert "--load" in said.err
    assert "--out" in said.err


def test_load_and_out_exclude_each_other(tmp_path: Path) -> None:
    """Usage, exit 2."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sample-patients", "--out", str(tmp_path), "--load", "http://127.0.0.1:1/fhir"])
    assert stopped.value.code == 2
    assert not files(tmp_path)
