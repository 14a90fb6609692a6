"""From FHIR to plain facts: the vocabulary (`model`), its logic (`truth`, `fact`), and one extractor a topic."""
