//! Events become text. The one place facts become English, and the one place that sanitises.
