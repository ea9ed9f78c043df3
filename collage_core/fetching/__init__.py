"""From a URL to bytes or a reason: whatever the web answers, in bounded bytes and time."""
