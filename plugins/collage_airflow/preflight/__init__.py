"""Every reason why a run could not succeed, found before it begins."""
