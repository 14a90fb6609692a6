"""Reading from the client's FHIR server: whom it may contact (``bases``, ``addresses``), for how long (``sockets``),
how often (``gates``), with which right (``grants``), and what went wrong (``failures``). ``client`` puts it together.
"""
