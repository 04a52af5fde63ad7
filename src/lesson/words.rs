//! Small questions about words: what was meant, and what is kebab-case.

/// The known word that is closest to a mistyped one, if any is close.
pub(super) fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any word of ours: not a slip of the finger, and the distance is quadratic.
    if word.len() > 60 {
        return None;
    }
    let budget = 1 + word.len() / 4;
    let distances = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known));
    let best = distances.filter(|(distance, known)| *distance <= budget && *distance < known.len());
    best.min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// `two-servers`: lower-case letters and digits, joined by single hyphens.
pub(super) fn is_kebab(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.split('-')
        .all(|part| !part.is_empty() && part.chars().all(plain))
}
