"""Clinical definitions shared by the recommendations (FX, AC, LV, ET, RF, IM, CM, VA, CX of `clinical.md` section D):
pure, and blind to
FHIR, the clock and the network. Each function names the rule it states."""
