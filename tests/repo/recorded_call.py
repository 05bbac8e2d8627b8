"""The head of the conversation that the tests of merging change, as far as no two of them write it differently."""

RECORD = "records/interactions/2026/03/20260310-7f3kq2.yaml"
HEAD = """\
id: 20260310-7f3kq2
template: service
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
ended_at: 2026-03-10T14:45:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
"""
# Stands above the head in files that an editor is to check.
EDITOR_LINE = "# yaml-language-server: $schema=../../../../schemas/service.schema.json\n"
