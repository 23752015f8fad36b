"""The interface for programs: what people do on the pages, as JSON over HTTP."""
