"""The joint catalogue's exchange: OAI-PMH both ways, ResourceSync."""
