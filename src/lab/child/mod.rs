//! Processes of this program that run no program of their own: the helper of the private world, and
//! servers that shall be somebody else. Here is only what both need.
pub(super) mod sys;
