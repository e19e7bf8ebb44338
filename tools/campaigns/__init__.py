"""From a segment to sendable copy: briefs, limits, merge tags, compliance rules, audience files."""
