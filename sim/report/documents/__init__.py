"""A run as documents that sponsors keep: one page (PDF, PowerPoint), a calendar file, a Gantt chart and a project plan.

They are for people who do not open the report, and are sent on without it: each names the run, and says that no real
patients are behind it. `content` says what they say; the other modules lay it out. Libraries for the formats are the
extra `documents` of the package.
"""
