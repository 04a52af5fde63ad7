//! Named tests of expressions: `x is refused`.
