"""What attachments hold: bytes in, the text or the reason why not out. Which attachments of a report are read, and in
which order, is decided in ``fhir.text`` alone.
"""
