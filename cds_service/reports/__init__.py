"""Radiology reports: text in, findings per vertebral level out (``vcf-cds read-report``)."""

from cds_service.reports.as_json import reading_to_json
from cds_service.reports.findings import Conflict, LevelFinding, ReportReading
from cds_service.reports.reader import read_report

__all__ = ["Conflict", "LevelFinding", "ReportReading", "read_report", "reading_to_json"]
