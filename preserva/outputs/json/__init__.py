"""The documents that `preserva VERB --json` prints, as `schemas/output.schema.json` describes them.

One function for each verb, from its result to its document; the same in every language. The verb
itself adds the fields `schema_version` and `command`.
"""
