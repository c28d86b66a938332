"""What an answer says: its kinds, and the grammar that reads it, in LaTeX or plain text."""
