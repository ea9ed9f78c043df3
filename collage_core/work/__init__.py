"""The work on one chunk: its covers loaded, composed, written and accounted for."""
