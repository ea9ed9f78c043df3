"""Whether all of a picture is there."""
