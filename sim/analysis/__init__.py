"""From event logs to measures, tables and intervals."""
