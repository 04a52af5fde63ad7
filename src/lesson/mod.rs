//! Content: lessons, glossary, cards, and where they come from. Never runs anything.
