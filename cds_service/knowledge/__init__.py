"""Codes, numbers and sources as data, with the typed loaders that check them when the service starts.

Not yet clinically reviewed.
"""

from typing import Final

from cds_service.knowledge.data import data_directory, digest

KNOWLEDGE_VERSION: Final = f"vcf@0.1.0+sha256:{digest(data_directory())[:12]}"
"""Names the content of all data files; stamped on every response, so that an answer can be traced to its basis."""
