//! The line editor: completion, colour, paste, and a terminal that is always given back as it was.
