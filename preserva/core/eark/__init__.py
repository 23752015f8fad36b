"""The E-ARK package in a bag: METS, PREMIS, their layout, and what can be wrong between them."""
