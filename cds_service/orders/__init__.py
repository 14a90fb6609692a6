"""FHIR R4 that leaves the service: the draft orders of suggestions, and the assessment questionnaire."""
