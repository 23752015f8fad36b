"""The union catalogue's exchange: OAI-PMH both ways, ResourceSync."""
