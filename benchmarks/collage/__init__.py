"""From cover URLs to collages: the core's command line beside the usual script."""
