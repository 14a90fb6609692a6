"""FHIR R4 as records send it: lenient reading, one resource at a time. Nothing here decides anything clinical."""
