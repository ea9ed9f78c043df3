"""Whether a picture is complete and undamaged."""
