"""`vcf-cds check`: plays an EHR against a live FHIR server, and tells what was asked, what was missing and which cards
came.

``asking`` makes the CDS Hooks request, ``ehr`` hands it to the service's core, ``finding`` looks for patients,
``telling`` writes it down. Every byte goes through ``fhir.client``, as in the service; nothing is logged or kept.
"""
